"""Alert history: every alert, with the time until it was acknowledged and until it was resolved."""

import datetime as dt
from collections.abc import Mapping

import streamlit as st

from faxcloud.services.access.keys import who
from faxcloud.services.alerts.files import seconds_until
from faxcloud.services.alerts.rules import Alert
from faxcloud.services.alerts.wording import sentence, state_label
from faxcloud.ui.charts.template import colours
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.files import offer_file
from faxcloud.ui.widgets.tables import Field, show_table

PER_PAGE = 50


def show_history(screen: Screen) -> None:
    """Alert history table with paging, and a download of all alerts."""
    t = screen.t
    alerts = screen.services.alerts.alerts()
    if not alerts:
        st.caption(t("No alert has been opened yet."))
        return
    pages = -(-len(alerts) // PER_PAGE)
    page = st.session_state.get("alert-history-page", 1) if pages > 1 else 1
    first = (min(page, pages) - 1) * PER_PAGE
    trouble = colours(screen).invalid
    standing = state_label(t, "open")
    fields = [
        Field("opened_at", t("Opened on"), "time", width=150),
        Field("state", t("State"), width=130, colour=lambda state: trouble if state == standing else None),
        Field("name", t("Rule"), width=200),
        Field("says", t("Finding"), width="large"),
        Field("until_acknowledged", t("Until acknowledged"), "seconds", width=190),
        Field("until_resolved", t("Until resolved"), "seconds", width=150),
        Field("resolved_by", t("Resolved by"), width=130),
    ]
    names = screen.services.keys.names()
    rows = [_row(screen, alert, names) for alert in alerts[first : first + PER_PAGE]]
    with st.container(key="alert-history"):
        show_table(screen, rows, fields, key=f"alert-history-{first}")
    if pages > 1:
        st.pagination(pages, key="alert-history-page")
    day = f"{dt.datetime.now(screen.running.settings.zone):%Y-%m-%d}"
    offer_file(
        t("History as CSV"),
        lambda: _csv(screen),
        f"faxcloud-alerts-{day}.csv",
        "text/csv",
        key="alert-history-csv",
    )


def _csv(screen: Screen) -> bytes:
    """Alerts as CSV in the dialect that spreadsheets of the visitor's language read."""
    return screen.services.alerts.history_csv(screen.t.locale.csv)


def _row(screen: Screen, alert: Alert, names: Mapping[str, str]) -> dict[str, object]:
    t = screen.t
    return {
        "opened_at": alert.opened_at,
        "state": state_label(t, alert.state),
        "name": alert.rule.name,
        "says": sentence(t, alert.rule, alert.evidence),
        "until_acknowledged": seconds_until(alert, "acknowledged_at"),
        "until_resolved": seconds_until(alert, "resolved_at"),
        "resolved_by": t("the measured values")
        if alert.resolved_by == "system"
        else who(t, names, alert.resolved_by or ""),
    }
