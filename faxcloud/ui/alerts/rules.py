"""Alert rules: list with the latest evaluation, add, change, delete, import and export as a file."""

from collections.abc import Sequence

import streamlit as st

from faxcloud.i18n import Translator
from faxcloud.services.alerts.rules import StoredRule
from faxcloud.services.alerts.wording import reason_label, rule_text, scope_label
from faxcloud.services.scoping import require_everything
from faxcloud.ui.access import can
from faxcloud.ui.alerts.form import EDITED, begin, show_form
from faxcloud.ui.charts.template import colours
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.files import offer_file
from faxcloud.ui.widgets.tables import Field, show_table

ROUND = "imported_alert_rules"
SAID = "imported_alert_rules_said"


def show_rules(screen: Screen) -> None:
    """List of alert rules; the form and the file for those who may change rules."""
    t = screen.t
    rules = screen.services.alerts.rules()
    may_change = can("alerts.change")
    chosen = _show_list(screen, rules, selectable=may_change) if rules else None
    if not rules:
        st.info(t("There is no rule yet. A rule watches a figure and opens an alert when it passes a limit."))
    if not may_change:
        return
    require_everything()
    if chosen is not None and EDITED not in st.session_state:
        _show_actions(screen, rules[chosen])
    if EDITED in st.session_state:
        show_form(screen)
    else:
        st.button(
            t("New rule"), type="primary", icon=":material/add:", on_click=begin, args=(None,), key="new-rule"
        )
    _show_files(screen)


def _show_list(screen: Screen, rules: Sequence[StoredRule], *, selectable: bool) -> int | None:
    t = screen.t
    beyond = {reason_label(t, reason) for reason in ("breached", "told", "cooling", "error")}
    trouble = colours(screen).invalid
    fields = [
        Field("name", t("Rule"), width=200),
        Field("asks", t("Alert when"), width="large"),
        Field("scope", t("For"), width=180),
        Field("says", t("Last checked"), width=230, colour=lambda says: trouble if says in beyond else None),
        Field("evaluated_at", t("Last checked"), "time", width=150),
        Field("channels", t("Channels"), width=160),
    ]
    rows = [_row(t, stored) for stored in rules]
    with st.container(key="alert-rules"):
        # A new key for each new rule resets the selection, which would point to another rule.
        key = f"alert-rules-{hash(tuple(stored.rule_id for stored in rules)):x}"
        chosen = show_table(screen, rows, fields, key=key, selectable=selectable)
    if selectable:
        st.caption(t("Select a rule to edit or delete it."))
    return chosen


def _row(t: Translator, stored: StoredRule) -> dict[str, object]:
    rule = stored.rule
    if not stored.is_enabled:
        says = t.pgettext("rule", "disabled")
    elif stored.evaluation is None:
        says = t("not yet")
    else:
        says = reason_label(t, stored.evaluation["reason"])
    return {
        "name": rule.name,
        "asks": rule_text(t, rule),
        "scope": rule.scope_value or scope_label(t, rule.scope),
        "says": says,
        "evaluated_at": stored.evaluated_at,
        "channels": ", ".join(rule.channels),
    }


def _show_actions(screen: Screen, stored: StoredRule) -> None:
    t = screen.t
    service = screen.services.alerts
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{in_markdown(stored.rule.name)}**", width="content")
        st.button(t("Edit"), icon=":material/edit:", on_click=begin, args=(stored,), key="change-rule")
        label = t("Disable") if stored.is_enabled else t("Enable")
        if st.button(label, icon=":material/power_settings_new:", key="switch-rule"):
            with shown_errors():
                service.save_rule(stored.rule, stored.rule_id, is_enabled=not stored.is_enabled)
                st.rerun()
        if st.button(t("Delete"), icon=":material/delete:", key="delete-rule"):
            ask(
                t("Delete this rule?"),
                t(
                    "{name}: its alerts stay in the history; an open one is resolved.",
                    name=in_markdown(stored.rule.name),
                ),
                t("Delete"),
                lambda: service.delete_rule(stored.rule_id),
            )


def _show_files(screen: Screen) -> None:
    t = screen.t
    with st.expander(t("Rules as a file"), icon=":material/swap_vert:", key="alert-rule-files"):
        offer_file(
            t("Export all rules"),
            lambda: screen.services.alerts.export_rules().encode(),
            "faxcloud-alert-rules.json",
            "application/json",
            key="export-alert-rules",
        )
        given = st.file_uploader(
            t("Import rules"), type="json", key=f"alert-rules-file-{st.session_state.get(ROUND, 0)}"
        )
        st.caption(t("A rule with the same name is replaced, others are added, none is deleted."))
        if given is not None and st.button(
            t.pgettext("button", "Import"), icon=":material/upload:", key="import-alert-rules"
        ):
            with shown_errors():
                counts = screen.services.alerts.import_rules(given.getvalue().decode("utf-8", "replace"))
                st.session_state[SAID] = counts
                st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
                st.rerun()
        if (said := st.session_state.pop(SAID, None)) is not None:
            st.success(
                t("Rules added: {added}; replaced: {replaced}.", **said), icon=":material/check_circle:"
            )
