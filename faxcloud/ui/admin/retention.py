"""Retention section: maximum ages of faxes, reports and audit events."""

from collections.abc import Mapping

import streamlit as st

from faxcloud.i18n import N_, Translator
from faxcloud.services.privacy.retention import LONGEST_DAYS, SHORTEST_DAYS, RetentionResult
from faxcloud.ui.admin import admin_jobs
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.figures import show_figures

JOB, PREVIEW = "retention_job", "retention_preview"
LABELS = {
    "faxes_days": N_("Faxes, days since they were sent"),
    "reports_days": N_("Imports, days since the import"),
    "audit_days": N_("Audit events, days"),
}


def show_retention(screen: Screen) -> None:
    """Retention settings, a preview of what would be deleted now, and the delete button."""
    t = screen.t
    chosen = screen.services.retention.settings()
    with st.container(border=True, key="retention"):
        st.header(t("Retention"), anchor=False)
        st.caption(
            t(
                "Older data is deleted for good, once a day while a server runs, or when you apply "
                "it here. An empty field keeps everything."
            )
        )
        _show_form(screen, chosen)
        if any(chosen.values()):
            _show_buttons(screen)
        admin_jobs.follow(PREVIEW)
        admin_jobs.follow(JOB)
        done, would = admin_jobs.result_of(JOB), admin_jobs.result_of(PREVIEW)
        if done is not None:
            _show_result(t, done)
        elif would is not None:
            _show_result(t, would)


def _show_form(screen: Screen, chosen: Mapping[str, int | None]) -> None:
    t = screen.t
    with st.form("retention-days", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        days = {
            name: st.number_input(
                t(label),
                min_value=SHORTEST_DAYS,
                max_value=LONGEST_DAYS,
                value=chosen[name],
                step=1,
                placeholder=t("kept"),
                key=f"retention-{name}",
                width=260,
            )
            for name, label in LABELS.items()
        }
        submitted = st.form_submit_button(t("Save retention"), icon=":material/save:")
    if submitted:
        with shown_errors():
            screen.services.retention.change(**days)
            st.session_state.pop(f"{PREVIEW}-result", None)
            st.session_state.pop(f"{JOB}-result", None)
            st.rerun()


def _show_buttons(screen: Screen) -> None:
    t = screen.t
    with st.container(horizontal=True):
        if st.button(t("Would be deleted now"), icon=":material/preview:", key="preview-retention"):
            st.session_state.pop(f"{JOB}-result", None)
            admin_jobs.start(screen, PREVIEW, lambda _report: screen.services.retention.preview())
        if st.button(t("Delete now"), icon=":material/auto_delete:", key="apply-retention"):
            _ask(screen)


def _ask(screen: Screen) -> None:
    t = screen.t
    ask(
        t("Delete data past its retention?"),
        t("Older faxes, imports and audit events are deleted for good. This cannot be undone."),
        t("Remove"),
        lambda: admin_jobs.start(screen, JOB, screen.services.retention.apply),
    )


def _show_result(t: Translator, result: RetentionResult) -> None:
    st.markdown("**" + (t("Would be deleted now") if result.dry_run else t("Deleted")) + "**")
    show_figures(
        "figures-retention",
        (
            (t("Faxes"), t.number(result.faxes), t("Those of whole imports excluded.")),
            (t("Imports"), t.number(result.reports), None),
            (
                t("Rejected records"),
                t.number(result.rejects),
                t("Their texts; the counts remain."),
            ),
            (t("Entries in lists of changes"), t.number(result.changes), None),
            (t("Audit events"), t.number(result.audit_events), None),
        ),
    )
