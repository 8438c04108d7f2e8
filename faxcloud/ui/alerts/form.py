"""Alert rule form: edit a rule, test it on the stored data, save it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from faxcloud.domain.alerts import (
    COMPARISONS,
    DAYS_SINCE_IMPORT,
    LARGEST_NUMBER,
    LONGEST_CHANGE_DAYS,
    LONGEST_COOL_DOWN,
    LONGEST_NAME,
    LONGEST_WINDOW_DAYS,
    WATCHABLE,
    AlertRule,
    unit_of,
)
from faxcloud.i18n import N_, Translator
from faxcloud.services.alerts.rules import StoredRule
from faxcloud.services.alerts.wording import (
    basis,
    comparison_label,
    meant,
    metric_label,
    reason_label,
    scope_label,
    sentence,
    typed,
    unit_text,
    value_text,
)
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.filters.import_list import ready_reports
from faxcloud.ui.filters.selection import report_name
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

PREFIX = "alert_rule_"
EDITED = "edited_alert_rule"
"""Set while the form is open: the id of the rule that is edited, or an empty text for a new one."""

NEW: Mapping[str, Any] = AlertRule(
    "-", "compliance_rate", "below", 0.95, minimum_faxes=20, hysteresis=0.01
).to_dict() | {"name": ""}
WINDOW_NAMES = {"days": N_("Days with data"), "report": N_("The newest import")}


def begin(stored: StoredRule | None) -> None:
    """Open the form with an existing or a new rule. A callback: it runs before the fields are drawn."""
    values = dict(NEW if stored is None else stored.rule.to_dict())
    unit = unit_of(values["metric"], values["comparison"])
    for name in ("threshold", "hysteresis"):
        values[name] = typed(unit, values[name])
    values[f"value_{values['scope']}"] = values.pop("scope_value")
    values["is_enabled"] = stored is None or stored.is_enabled
    for name, value in values.items():
        st.session_state[PREFIX + name] = value
    st.session_state[EDITED] = "" if stored is None else stored.rule_id


def end() -> None:
    """Close the form. A callback."""
    st.session_state.pop(EDITED, None)


def show_form(screen: Screen) -> None:
    """Fields of the rule, with test, save and cancel."""
    t = screen.t
    edited = st.session_state[EDITED]
    with st.container(border=True, key="alert-rule-form"):
        st.markdown("**" + (t("Edit the rule") if edited else t("New rule")) + "**")
        values = _draw_fields(screen)
        with st.container(horizontal=True):
            save = st.button(t("Save"), type="primary", icon=":material/save:", key="save-alert-rule")
            test = st.button(t("Test"), icon=":material/experiment:", key="test-alert-rule")
            st.button(t("Cancel"), on_click=end, key="cancel-alert-rule")
        with shown_errors():
            if test:
                # A rule can be tested before it has a name.
                _show_test(screen, AlertRule.from_dict(values | {"name": values["name"].strip() or "–"}))
            if save:
                rule = AlertRule.from_dict(values)
                is_enabled = st.session_state[PREFIX + "is_enabled"]
                screen.services.alerts.save_rule(rule, edited or None, is_enabled=is_enabled)
                end()
                st.rerun()


def _draw_fields(screen: Screen) -> dict[str, Any]:
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            t("Name"), key=PREFIX + "name", persist_state="session", max_chars=LONGEST_NAME, width=320
        )
        st.toggle(t("Enabled"), key=PREFIX + "is_enabled", persist_state="session")
    with st.container(horizontal=True):
        metric = st.selectbox(
            t("Measure"),
            WATCHABLE,
            format_func=lambda key: metric_label(t, key),
            key=PREFIX + "metric",
            persist_state="session",
            width=240,
        )
        comparison = st.selectbox(
            t("Alert when it"),
            COMPARISONS,
            format_func=lambda key: comparison_label(t, key),
            key=PREFIX + "comparison",
            persist_state="session",
            width=300,
        )
        unit = unit_of(metric, comparison)
        threshold = _number(t, "threshold", t("Limit"), unit)
    values = {"name": name, "metric": metric, "comparison": comparison, "threshold": threshold}
    values |= _draw_scope(screen)
    with st.container(horizontal=True):
        values |= _draw_window(t, metric)
    with st.expander(t("Reset margin, pause and channels"), key="alert-rule-more"):
        values |= _draw_more(screen, unit)
    return values


def _draw_scope(screen: Screen) -> dict[str, Any]:
    t = screen.t
    with st.container(horizontal=True):
        scope = st.selectbox(
            t("For"),
            ("all", "user", "report", "contract"),
            format_func=lambda key: scope_label(t, key),
            key=PREFIX + "scope",
            persist_state="session",
            width=180,
        )
        value = "" if scope == "all" else _draw_scope_value(screen, scope)
    return {"scope": scope, "scope_value": value}


def _draw_scope_value(screen: Screen, scope: str) -> str:
    t = screen.t
    key = f"{PREFIX}value_{scope}"
    if scope == "user":
        return st.text_input(
            t("User, as exported"), key=key, persist_state="session", max_chars=200, width=320
        )
    reports = ready_reports(screen)
    names = (
        {report["report_id"]: report_name(t, report) for report in reports}
        if scope == "report"
        else {report["contract"]: report["contract"] for report in reports if report["contract"]}
    )
    if (kept := st.session_state.get(key)) and kept not in names:
        names[kept] = kept
    label = t("Import") if scope == "report" else t("Contract")
    chosen = st.selectbox(
        label,
        list(names),
        index=None,
        format_func=lambda each: names.get(each, each),
        key=key,
        persist_state="session",
        width=320,
    )
    return chosen or ""


def _draw_window(t: Translator, metric: str) -> dict[str, Any]:
    if metric == DAYS_SINCE_IMPORT:
        return {}
    window = st.selectbox(
        t("Measured over"),
        list(WINDOW_NAMES),
        format_func=lambda key: t(WINDOW_NAMES[key]),
        key=PREFIX + "window",
        persist_state="session",
        width=200,
        help=t("The last of these days is the newest one with faxes."),
    )
    values: dict[str, Any] = {"window": window}
    if window == "days":
        values["window_days"] = st.number_input(
            t("Days"),
            1,
            LONGEST_WINDOW_DAYS,
            key=PREFIX + "window_days",
            persist_state="session",
            width=120,
            help=t("At most {days} for a change.", days=LONGEST_CHANGE_DAYS),
        )
    values["minimum_faxes"] = st.number_input(
        t("Minimum faxes"), 0, 10**9, key=PREFIX + "minimum_faxes", persist_state="session", width=160
    )
    return values


def _draw_more(screen: Screen, unit: str) -> dict[str, Any]:
    t = screen.t
    with st.container(horizontal=True):
        hysteresis = _number(t, "hysteresis", t("Resolved once back by"), unit)
        rest = st.number_input(
            t("Pause after an alert, in minutes"),
            0,
            LONGEST_COOL_DOWN,
            key=PREFIX + "cool_down_minutes",
            persist_state="session",
            width=220,
        )
    known = screen.services.channels.names()
    chosen = st.session_state.get(PREFIX + "channels", [])
    channels = st.multiselect(
        t("Channels"),
        list(dict.fromkeys([*known, *chosen])),
        key=PREFIX + "channels",
        persist_state="session",
        placeholder=t("None: alerts only appear on the pages"),
        width=460,
    )
    return {"hysteresis": hysteresis, "cool_down_minutes": rest, "channels": channels}


def _number(t: Translator, name: str, title: str, unit: str) -> float:
    says = unit_text(t, unit)
    number = st.number_input(
        f"{title} ({says})" if says else title,
        0.0,
        LARGEST_NUMBER,
        format="%g",
        step=1.0,
        key=PREFIX + name,
        persist_state="session",
        width=180,
    )
    return meant(unit, number)


def _show_test(screen: Screen, rule: AlertRule) -> None:
    t = screen.t
    found = screen.services.alerts.test_rule(rule)
    if found["reason"] == "breached":
        st.warning(
            t("It would open an alert now.") + " " + in_markdown(sentence(t, rule, found), 300),
            icon=":material/notifications_active:",
        )
    else:
        st.info(
            t("It would open no alert now: {reason}.", reason=reason_label(t, found["reason"])),
            icon=":material/notifications:",
        )
    if found["value"] is not None:
        measured = t("Measured: {value}.", value=value_text(t, unit_of(rule.metric), found["value"]))
        st.caption(measured + " " + basis(t, rule, found))
