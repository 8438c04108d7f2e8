"""Health section: every check with its reason, and the size of the store."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import N_, Translator
from faxcloud.ui.access import require
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.figures import follow, show_figures

Colour = Literal["green", "blue", "orange", "red"]

STATES: dict[str, tuple[str, str, Colour]] = {
    "healthy": (N_("healthy"), ":material/check_circle:", "green"),
    "warning": (N_("to be noted"), ":material/info:", "blue"),
    "degraded": (N_("degraded"), ":material/warning:", "orange"),
    "unhealthy": (N_("unhealthy"), ":material/error:", "red"),
}
CHECKS = {
    "catalogue": N_("Catalogue"),
    "lake": N_("Fax storage"),
    "disk": N_("Disk"),
    "memory": N_("Memory"),
    "clock": N_("Clock"),
    "backup": N_("Backup"),
    "leases": N_("Work in progress"),
    "deliveries": N_("Deliveries"),
    "redis": N_("Redis"),
}
SAID = (
    N_("It is writable."),
    N_("It is readable."),
    N_("There is none yet: nothing was imported."),
    N_("The disk is full."),
    N_("The disk is nearly full."),
    N_("There is enough space."),
    N_("The machine has hardly any memory left."),
    N_("There is enough memory."),
    N_("This machine's clock is behind earlier entries."),
    N_("It is consistent with earlier entries."),
    N_("No backup has been made with FaxCloud."),
    N_("The last backup is older than 8 days."),
    N_("There is a recent one."),
    N_("A process has claimed work but makes no progress."),
    N_("Work was interrupted; the next start completes or undoes it."),
    N_("No work was interrupted."),
    N_("Webhook messages are not being delivered."),
    N_("Nothing is overdue."),
    N_("Redis does not answer; each server caches and counts on its own."),
    N_("It answers."),
    N_("No answer within 5 seconds."),
)
"""Texts of `services.monitoring.checks`, for the extractor; those of errors stay in English."""


def show_overview(_screen: Screen) -> None:
    """Health checks and figures, refreshed every half minute."""
    require("health.read_in_full")
    follow(_show, "health.read_in_full")


def _show(screen: Screen) -> None:
    t = screen.t
    health = screen.services.health.report(detailed=True)
    snapshot = screen.services.metrics.snapshot()
    _show_figures(screen, snapshot)
    with st.container(border=True, gap="small", key="health"):
        name, icon, colour = STATES[health["status"]]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.header(t("Health"), anchor=False, width="content")
            st.badge(t(name), icon=icon, color=colour)
        for check, found in health["checks"].items():
            _show_check(screen, check, found)
    moment = dt.datetime.fromisoformat(health["timestamp"]).astimezone(screen.running.settings.zone)
    st.caption(
        t(
            "Checked {time}, every 30 seconds while this page is open. FaxCloud {version}.",
            time=f"{moment:%H:%M:%S}",
            version=snapshot["version"],
        )
    )


def _show_check(screen: Screen, check: str, found: Mapping[str, Any]) -> None:
    t = screen.t
    _, icon, colour = STATES[found["status"]]
    detail = found["detail"]
    said = " ".join(filter(None, (in_markdown(t(detail), 300), _facts(screen, found))))
    st.markdown(f":{colour}[{icon}] **{t(CHECKS.get(check, check))}** · {said}")


def _facts(screen: Screen, found: Mapping[str, Any]) -> str:
    t = screen.t
    if "free_bytes" in found:
        return t("{free:bytes} free.", free=found["free_bytes"])
    if "used_percent" in found:
        return t("{share:percent} used.", share=found["used_percent"] / 100)
    if found.get("last_at"):
        return t.datetime(dt.datetime.fromisoformat(found["last_at"]), screen.running.settings.zone) + "."
    if "rows" in found and found["version"] >= 0:
        return t(
            "{rows} faxes, {size:bytes}, version {version}.",
            rows=found["rows"],
            size=found["bytes"],
            version=found["version"],
        )
    return ""


def _show_figures(screen: Screen, snapshot: Mapping[str, Any]) -> None:
    t = screen.t
    summary = snapshot["metrics_summary"]
    values = screen.services.summaries.summary(Filters()).values
    queries = summary["queries"]
    show_figures(
        "figures-overview",
        (
            (t("Uptime"), t.duration(snapshot["uptime"]["seconds"]), t("This server process.")),
            (t("Imports"), _count(t, summary["reports"], "ready"), None),
            (t("Faxes"), t.number(values["faxes"]), None),
            (t("Compliance"), t.percent(values["compliance_rate"]), None),
            (t("Queries"), t.number(queries["queries"]), t("Since this server started.")),
            (t("API requests"), t.number(summary["requests"]["total"]), t("Since this server started.")),
            (
                t("To be delivered"),
                _count(t, summary["deliveries"], "pending"),
                t("Messages to webhooks."),
            ),
        ),
    )


def _count(t: Translator, counts: Mapping[str, int] | None, state: str) -> str:
    """Text of the number of items in a state that should be empty; `counts` is None without a catalogue."""
    return t.number(None if counts is None else counts.get(state, 0))
