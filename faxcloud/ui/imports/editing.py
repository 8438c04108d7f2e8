"""Edit dialog for the contract and period of an import."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from faxcloud.ui.date_field import date_field
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.language import current_translator
from faxcloud.ui.screen import Screen

EDITABLE = ("ready", "failed")
"""States of a report in which no other operation runs."""


def ask_edit(screen: Screen, report: Mapping[str, Any]) -> None:
    """Edit dialog with both fields; saving redraws the page."""

    @st.dialog(current_translator()("Contract and period"))
    def dialog() -> None:
        t = current_translator()
        st.caption(t("Keys limited to a contract see its imports: from now on those of the new one."))
        with st.form("edit-report-form", border=False):
            contract = st.text_input(
                t("Contract"), value=report["contract"] or "", max_chars=200, key="edit-contract"
            )
            with st.container(horizontal=True):
                start = date_field(t("First day"), "edit-start", report["start"])
                end = date_field(t("Last day (inclusive)"), "edit-end", report["end"])
            saved = st.form_submit_button(t("Save"), type="primary", icon=":material/save:", key="edit-save")
        if not saved:
            return
        with shown_errors():
            screen.services.reports.edit(report["report_id"], contract=contract, start=start, end=end)
            st.rerun()

    dialog()
