"""Open alerts: message, evidence and actions of each alert that is not resolved."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

import streamlit as st

from faxcloud.domain.alerts import AlertRule
from faxcloud.domain.metrics import BY_KEY
from faxcloud.errors import AlertIsResolved, AlertNotFound
from faxcloud.i18n import Translator
from faxcloud.services.access.keys import who
from faxcloud.services.alerts.rules import Alert
from faxcloud.services.alerts.wording import basis, failure_text, scope_label, sentence, state_label
from faxcloud.ui.access import can, require
from faxcloud.ui.errors import show_refusal, shown_errors
from faxcloud.ui.filters import selection
from faxcloud.ui.navigation import page_file
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen, current_screen

REFUSED = "alert_refused"
MOST_CARDS = 50


EVERY_S = 5


@st.fragment(run_every=EVERY_S)
def show_open_alerts() -> None:
    """One card per open alert, newest first; refreshed while the page is open."""
    with shown_errors():
        require("alerts.read")
        _show_cards(current_screen())


def _show_cards(screen: Screen) -> None:
    t = screen.t
    if (refused := st.session_state.pop(REFUSED, None)) is not None:
        show_refusal(refused, t)
    alerts = screen.services.alerts.open_alerts()
    if not alerts:
        _say_none(screen)
        return
    told = screen.services.notices.of([alert.alert_id for alert in alerts[:MOST_CARDS]])
    for alert in alerts[:MOST_CARDS]:
        _show_card(screen, alert, told[alert.alert_id])
    if len(alerts) > MOST_CARDS:
        st.caption(
            t.ngettext("{count} more in the history", "{count} more in the history", len(alerts) - MOST_CARDS)
        )


def _say_none(screen: Screen) -> None:
    """Message when no alert is open; green only if a rule is active, since nothing can alert without one."""
    t = screen.t
    rules = screen.services.alerts.rules()
    if any(stored.is_enabled for stored in rules):
        st.success(t("No alert is open."), icon=":material/check_circle:")
    elif rules:
        st.info(t("Nothing is monitored: all rules are disabled."), icon=":material/notifications_off:")
    else:
        st.info(
            t("Nothing is monitored: there is no rule yet. Add one under “Rules”.")
            if can("alerts.change")
            else t("Nothing is monitored: there is no rule yet. An analyst or an administrator can add one."),
            icon=":material/notifications_off:",
        )


def _show_card(screen: Screen, alert: Alert, told: Sequence[Any]) -> None:
    t = screen.t
    zone = screen.running.settings.zone
    with st.container(border=True, key=f"alert-{alert.alert_id}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            icon = ":material/error:" if alert.state == "open" else ":material/visibility:"
            st.markdown(f"{icon} **{in_markdown(alert.rule.name)}**", width="content")
            st.badge(state_label(t, alert.state), color="red" if alert.state == "open" else "orange")
            if alert.rule.scope != "all":
                st.badge(_scope(t, alert), color="gray")
        st.markdown(in_markdown(sentence(t, alert.rule, alert.evidence), 300))
        st.caption(
            basis(t, alert.rule, alert.evidence)
            + " "
            + _history(t, alert, screen.services.keys.names(), zone)
        )
        if wider := evidence_says(t, alert.rule, alert.evidence):
            st.caption(wider)
        for notice in told:
            if notice.error is not None:
                reason = in_markdown(failure_text(t, notice.error), 300)
                st.caption(t("A channel could not be notified: {reason}", reason=reason))
        with st.container(horizontal=True):
            if alert.evidence["filters"] and st.button(
                t("Show the faxes concerned"),
                key=f"evidence-{alert.alert_id}",
                icon=":material/manage_search:",
            ):
                open_evidence(alert)
            if can("alerts.acknowledge"):
                _show_actions(screen, alert)


def _show_actions(screen: Screen, alert: Alert) -> None:
    t = screen.t
    service = screen.services.alerts
    if alert.state == "open":
        st.button(
            t("Acknowledge"),
            key=f"acknowledge-{alert.alert_id}",
            icon=":material/done:",
            type="primary",
            on_click=act,
            args=(service.acknowledge, alert.alert_id),
        )
    st.button(
        t("Resolve"),
        key=f"resolve-{alert.alert_id}",
        icon=":material/done_all:",
        on_click=act,
        args=(service.resolve, alert.alert_id),
    )


def act(verb: Any, alert_id: str) -> None:
    """Callback that acknowledges or resolves an alert.

    Another user, or new numbers, may have done so first.
    """
    try:
        verb(alert_id)
    except (AlertIsResolved, AlertNotFound) as error:
        st.session_state[REFUSED] = error


def evidence_says(t: Translator, rule: AlertRule, evidence: Mapping[str, Any]) -> str:
    """Note where the evidence covers all contracts, though only one was measured.

    No filter selects a contract of several imports.
    """
    if rule.scope != "contract" or not evidence["filters"] or "report" in evidence["filters"]:
        return ""
    return t("Shown are these days of all contracts; only this contract was measured.")


def open_evidence(alert: Alert) -> None:
    """Go to Explore with filters that show the counted faxes; for a rate, the invalid ones.

    No name gets into the address.
    """
    given = dict(alert.evidence["filters"])
    values: dict[str, Any] = {name: given[name] for name in ("user", "report") if name in given}
    values[selection.PERIOD] = selection.ALL
    if (metric := BY_KEY.get(alert.rule.metric)) is not None:
        values |= metric.faxes
    if "start_date" in given and "end_date" in given:
        values[selection.PERIOD] = selection.CUSTOM
        for name in ("start_date", "end_date"):
            values[name] = dt.date.fromisoformat(cast("str", given[name]))
    selection.choose_for_explore((), **values)
    st.switch_page(page_file("explore"))


def _scope(t: Translator, alert: Alert) -> str:
    return t(
        "{kind}: {name}", kind=scope_label(t, alert.rule.scope), name=in_markdown(alert.rule.scope_value, 60)
    )


def _history(t: Translator, alert: Alert, names: Mapping[str, str], zone: dt.tzinfo) -> str:
    opened = t.datetime(alert.opened_at, zone)
    if alert.acknowledged_at is None:
        return t("Opened {opened}.", opened=opened)
    return t(
        "Opened {opened}, acknowledged {acknowledged} by {name}.",
        opened=opened,
        acknowledged=t.datetime(alert.acknowledged_at, zone),
        name=in_markdown(who(t, names, alert.acknowledged_by or ""), 60),
    )
