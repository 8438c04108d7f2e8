"""API traffic section: requests, rate limits, response times, cache."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from faxcloud.ui.access import require
from faxcloud.ui.admin.cache import show_cache
from faxcloud.ui.charts.history import Line, history_chart, instants, per_minute
from faxcloud.ui.charts.template import CONFIG, colours
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.figures import follow, show_figures
from faxcloud.ui.widgets.tables import Field, show_table

FAULT = "5"
"""First digit of statuses for server errors."""


def show_traffic(screen: Screen) -> None:
    """Traffic figures and chart, refreshed every half minute, and a table of endpoints that is not."""
    require("metrics.read")
    follow(_show_requests)
    _show_endpoints(screen)
    show_cache(screen)


def _show_requests(screen: Screen) -> None:
    t, c = screen.t, colours(screen)
    snapshot = screen.services.metrics.snapshot()
    requests = snapshot["metrics_summary"]["requests"]
    show_figures(
        "figures-traffic",
        (
            (t("API requests"), t.number(requests["total"]), t("Since this server started.")),
            (t("Under way"), t.number(requests["open"]), t("Including open streams.")),
            (t("Limited"), t.number(requests["limited"]), t("Refused with 429: over the rate limit.")),
            (t("Server errors"), t.number(requests["faults"]), t("Answers with status 500 or higher.")),
            (
                t("95% within"),
                t("{count} ms", count=_ms(requests["p95_seconds"])) if requests["p95_seconds"] else "–",
                t("95% of the answers took no longer than this."),
            ),
        ),
    )
    samples = per_minute(instants(snapshot["history"]), ("requests", "limited", "faults"))
    if len(samples) < 2:
        return
    with st.container(border=True):
        title = t("Requests per minute, last hour")
        st.markdown(f"**{title}**")
        lines = [
            Line("requests", t("Requests"), c.valid),
            Line("limited", t("Limited"), c.warning),
            Line("faults", t("Server errors"), c.invalid),
        ]
        drawn = history_chart(screen, samples, lines, "traffic-chart")
        st.plotly_chart(drawn, theme=None, key="traffic-chart", config=CONFIG, alt=title)


def _show_endpoints(screen: Screen) -> None:
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(t("Endpoints"), anchor=False, width="content")
        st.button(t("Refresh"), icon=":material/refresh:", key="refresh-endpoints", type="tertiary")
    rows = _endpoints(screen.services.metrics.snapshot())
    if not rows:
        st.caption(t("The API has had no request since this server started."))
        return
    fields = [
        Field("endpoint", t("Endpoint"), width="large"),
        Field("requests", t("Requests"), "count"),
        Field("unique_clients", t("Clients"), "count"),
        Field("limited", t("Limited"), "count"),
        Field("faults", t("Server errors"), "count"),
        Field("p50_ms", t("50% within (ms)"), "count", width=130),
        Field("p95_ms", t("95% within (ms)"), "count", width=130),
    ]
    show_table(screen, rows, fields, key="endpoints")


def _endpoints(snapshot: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Table of endpoints: one row each, with requests answered and requests limited."""
    answered, limited = snapshot["endpoints"], snapshot["rate_limiter_stats"]
    rows = []
    for endpoint in sorted({*answered, *limited}):
        each, limits = answered.get(endpoint, {}), limited.get(endpoint, {})
        statuses = each.get("statuses", {})
        rows.append(
            {
                "endpoint": endpoint,
                "requests": each.get("requests", limits.get("total_requests")),
                "unique_clients": limits.get("unique_clients"),
                "limited": limits.get("limited"),
                "faults": sum(count for status, count in statuses.items() if status.startswith(FAULT)),
                "p50_ms": _ms(each.get("p50_seconds")),
                "p95_ms": _ms(each.get("p95_seconds")),
            }
        )
    return sorted(rows, key=lambda row: row["requests"] or 0, reverse=True)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
