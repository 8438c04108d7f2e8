"""How the service is: every check with its reason, and how much there is of what."""

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
    "warning": (N_("worth knowing"), ":material/info:", "blue"),
    "degraded": (N_("degraded"), ":material/warning:", "orange"),
    "unhealthy": (N_("unhealthy"), ":material/error:", "red"),
}
CHECKS = {
    "catalogue": N_("Catalogue"),
    "lake": N_("Lake"),
    "disk": N_("Disk"),
    "memory": N_("Memory"),
    "clock": N_("Clock"),
    "backup": N_("Backup"),
    "leases": N_("Work under way"),
    "deliveries": N_("Deliveries"),
    "redis": N_("Redis"),
}
SAID = (
    N_("It can be written."),
    N_("It can be read."),
    N_("There is none yet: nothing was imported."),
    N_("The disk is full."),
    N_("The disk is nearly full."),
    N_("There is room."),
    N_("The machine has hardly any memory left."),
    N_("There is memory left."),
    N_("This machine's clock disagrees with what was written before."),
    N_("It agrees with what was written before."),
    N_("No backup was ever made with FaxCloud."),
    N_("The last backup is older than 8 days."),
    N_("There is a recent one."),
    N_("A process holds work but does not get on with it."),
    N_("Work was left in the middle; the next start finishes or undoes it."),
    N_("Nothing was left in the middle."),
    N_("Webhooks are not being delivered."),
    N_("Nothing is overdue."),
    N_("Redis is away; every server keeps and counts on its own."),
    N_("It answers."),
    N_("It has not answered within 5 seconds."),
)
"""What `services.monitoring.checks` says, for the translation; an error says something else, in English."""


def show_overview(_screen: Screen) -> None:
    """Health and figures, every half minute."""
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
            st.subheader(t("Health"), anchor=False, width="content")
            st.badge(t(name), icon=icon, color=colour)
        for check, found in health["checks"].items():
            _show_check(screen, check, found)
    moment = dt.datetime.fromisoformat(health["timestamp"]).astimezone(screen.running.settings.zone)
    st.caption(
        t(
            "Looked at {time}, every half minute while this page is open. FaxCloud {version}.",
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
            "{rows} rows, {size:bytes}, version {version}.",
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
            (t("Uptime"), t.duration(snapshot["uptime"]["seconds"]), t("Of this server process.")),
            (t("Reports"), _count(t, summary["reports"], "ready"), None),
            (t("Faxes"), t.number(values["faxes"]), None),
            (t("Compliance"), t.percent(values["compliance_rate"]), None),
            (t("Queries"), t.number(queries["queries"]), t("Since the start of this server.")),
            (t("API requests"), t.number(summary["requests"]["total"]), t("Since the start of this server.")),
            (
                t("To be delivered"),
                _count(t, summary["deliveries"], "pending"),
                t("Messages to webhooks."),
            ),
        ),
    )


def _count(t: Translator, counts: Mapping[str, int] | None, state: str) -> str:
    """Of a state that nothing may be in; None is a catalogue that does not answer."""
    return t.number(None if counts is None else counts.get(state, 0))
