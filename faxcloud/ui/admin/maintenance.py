"""Care of the store: checked in full, and its small files joined."""

import streamlit as st

from faxcloud.ui.admin import admin_jobs
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask

CHECK, COMPACTION = "check_job", "compaction_job"
MOST_PROBLEMS = 50


def show_care(screen: Screen) -> None:
    """Two buttons, and what came of them."""
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(t("Care"), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            if st.button(t("Check the store"), icon=":material/fact_check:", key="check-store"):
                admin_jobs.start(screen, CHECK, lambda _report: screen.services.maintenance.check())
            if st.button(t("Compact"), icon=":material/compress:", key="compact"):
                _ask_compaction(screen)
    st.caption(
        t(
            "A check reads every file and counts every row. Compacting joins small files into large ones, "
            "and removes those that only versions of more than a week ago use."
        )
    )
    admin_jobs.follow(CHECK)
    admin_jobs.follow(COMPACTION)
    _show_check(screen)
    done = admin_jobs.result_of(COMPACTION)
    if done is not None:
        st.success(
            t(
                "Compacted: {before} small files became {after}, {removed} old files were removed.",
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
        st.success(t("Every file and every count is right."), icon=":material/task_alt:")
        return
    listed = "\n".join(f"- {in_markdown(problem, 300)}" for problem in problems[:MOST_PROBLEMS])
    st.error("**" + t("Something is wrong with the store.") + f"**\n\n{listed}", icon=":material/error:")


def _ask_compaction(screen: Screen) -> None:
    t = screen.t
    ask(
        t("Compact the store?"),
        t(
            "No fax is lost. Versions of more than a week ago can no longer be read afterwards, and a "
            "re-validation has to wait meanwhile."
        ),
        t("Compact"),
        lambda: admin_jobs.start(screen, COMPACTION, lambda _report: screen.services.maintenance.compact()),
    )
