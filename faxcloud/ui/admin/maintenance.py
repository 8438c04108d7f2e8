"""Maintenance section: full check of the store, and compaction of small files."""

import streamlit as st

from faxcloud.ui.admin import admin_jobs
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask

CHECK, COMPACTION = "check_job", "compaction_job"
MOST_PROBLEMS = 50


def show_maintenance(screen: Screen) -> None:
    """Check and compaction buttons with their results."""
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(t("Maintenance"), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            if st.button(t("Check the store"), icon=":material/fact_check:", key="check-store"):
                admin_jobs.start(screen, CHECK, lambda _report: screen.services.maintenance.check(t=t))
            if st.button(t("Compact"), icon=":material/compress:", key="compact"):
                _ask_compaction(screen)
    st.caption(
        t(
            "A check compares every checksum and counts every fax. Compacting joins small files into large "
            "ones and removes those that only versions more than a week old use."
        )
    )
    admin_jobs.follow(CHECK)
    admin_jobs.follow(COMPACTION)
    _show_check(screen)
    done = admin_jobs.result_of(COMPACTION)
    if done is not None:
        st.success(
            t(
                "Compacted: {before} small files became {after}; {removed} old files were removed.",
                before=done.files_before,
                after=done.files_after,
                removed=done.removed_files,
            ),
            icon=":material/task_alt:",
        )


def _show_check(screen: Screen) -> None:
    t = screen.t
    problems = admin_jobs.result_of(CHECK)
    if problems is None:
        return
    if not problems:
        st.success(t("All files and counts are correct."), icon=":material/task_alt:")
        return
    listed = "\n".join(f"- {in_markdown(problem, 300)}" for problem in problems[:MOST_PROBLEMS])
    st.error("**" + t("The stored data has a problem.") + f"**\n\n{listed}", icon=":material/error:")


def _ask_compaction(screen: Screen) -> None:
    t = screen.t
    ask(
        t("Compact the store?"),
        t(
            "No fax is lost. Versions more than a week old can no longer be read afterwards, and "
            "re-validations wait until it is done."
        ),
        t("Compact"),
        lambda: admin_jobs.start(screen, COMPACTION, lambda _report: screen.services.maintenance.compact()),
    )
