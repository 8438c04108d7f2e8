"""Cache section: hit rate and clearing."""

import streamlit as st

from faxcloud.ui.access import can
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.figures import follow, show_figures
from faxcloud.ui.widgets.tables import Field, show_table


def show_cache(screen: Screen) -> None:
    """Cache statistics, refreshed every half minute, and the button that clears the cache."""
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(t("Cache"), anchor=False, width="content")
        if can("cache.clear") and st.button(t("Clear the cache"), icon=":material/mop:", key="clear-cache"):
            _ask_clearing(screen)
    follow(_show)


def _show(screen: Screen) -> None:
    t = screen.t
    stats = screen.services.metrics.snapshot()["cache_stats"]
    show_figures(
        "figures-cache",
        (
            (t("Hits"), t.number(stats["hits"]), t("Results that were already cached.")),
            (t("Misses"), t.number(stats["misses"]), t("Results that had to be computed.")),
            (t("Hit rate"), t.percent(stats["hit_rate"]), None),
            (t("Entries"), t.number(stats["cache_size"]), None),
            (t("Size"), t.bytes(stats["bytes"]), None),
            (t("Evictions"), t.number(stats["evictions"]), t("Entries removed to make room for others.")),
        ),
    )
    held = stats["ttl_seconds"]
    st.caption(
        t(
            "Results are kept for {ttl}, by kind: {kinds}. `FAXCLOUD_CACHE_TTL` sets it.",
            ttl=f"{t.number(held['default'])} s",
            kinds=", ".join(f"{kind} {t.number(held[kind])} s" for kind in held if kind != "default") or "–",
        )
    )
    rows = [{"name": name, **numbers} for name, numbers in stats["dependencies"].items()]
    if rows:
        fields = [
            Field("name", t("Depends on")),
            Field("entries", t("Cached results"), "count"),
            Field("changes", t("Changes"), "count"),
            Field("invalidated", t("Invalidated"), "count"),
        ]
        show_table(screen, rows, fields, key="cache-dependencies", height="content")
    if stats["shared"]:
        st.caption(
            t(
                "Shared with other servers in Redis: hits: {hits}, failed requests: {failures}.",
                hits=stats["shared_hits"],
                failures=stats["shared_failures"],
            )
        )


def _ask_clearing(screen: Screen) -> None:
    t = screen.t
    ask(
        t("Clear the cache?"),
        t("Nothing is lost: the next visitors wait a little longer while results are computed again."),
        t("Clear the cache"),
        lambda: _clear(screen),
    )


def _clear(screen: Screen) -> None:
    screen.services.cache_admin.clear()
