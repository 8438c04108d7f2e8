"""Imports page: upload a file, see its result, list all imports."""

import streamlit as st

from faxcloud.ui.access import can
from faxcloud.ui.imports import uploads
from faxcloud.ui.imports.details import show_history, show_report
from faxcloud.ui.imports.import_result import show_outcomes, show_result
from faxcloud.ui.rules.ruleset_problems import show_missing_active
from faxcloud.ui.screen import current_screen
from faxcloud.ui.widgets import progress
from faxcloud.ui.widgets.empty import show_invitation

screen = current_screen()
t = screen.t
reports = sorted(screen.services.reports.list(), key=lambda report: report["imported_at"], reverse=True)

show_missing_active(screen)
if can("reports.import"):
    st.header(t("Import a file"), anchor=False)
    uploads.show_upload(screen)
progress.follow(st.session_state.get(uploads.JOB), uploads.JOB, uploads.show_known)
result = st.session_state.get(f"{uploads.JOB}-result")
if isinstance(result, list):
    with st.container(key="import-results"):
        show_outcomes(screen, result)
elif result is not None and any(report["report_id"] == result.report_id for report in reports):
    show_result(screen, result)

if not reports:
    show_invitation(screen, with_import=False)
    st.stop()
st.header(t("History"), anchor=False)
chosen = show_history(screen, reports)
if chosen is not None:
    with st.container(border=True, key="one-report"):
        show_report(screen, chosen)
