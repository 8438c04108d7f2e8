"""Job progress on a page, refreshed twice a second until the job is over."""

from collections.abc import Callable

import streamlit as st

from faxcloud.errors import AlreadyImported
from faxcloud.i18n import N_
from faxcloud.ui.access import can
from faxcloud.ui.errors import show_failure, shown_errors
from faxcloud.ui.screen import Screen, current_screen

INTERVAL_S = 0.5

IMPORT_STEPS = {
    "starting": N_("1 of 5: starting…"),
    "opening": N_("2 of 5: checking the file…"),
    "counting": N_("4 of 5: counting…"),
    "committing": N_("5 of 5: storing…"),
}
"""Steps of an import without figures of their own; the third is reading."""


def follow(
    job_id: str | None,
    state_key: str,
    show_known: Callable[[Screen, AlreadyImported], None] | None = None,
) -> None:
    """Show the progress of a running job; when it ends, forget the job and redraw the whole page.

    Its error stays on the page until the next job begins. The result is for the page to pick up: it is
    kept under `<state_key>-result`.

    Args:
        show_known: shows the error of a file that was imported already; without it all errors look alike.
    """
    screen = current_screen()
    job = screen.running.jobs.get(job_id)
    if job is None:
        return
    if job.is_over:
        _finish(screen, state_key, show_known)
        return
    _poll(job.job_id)


@st.fragment(run_every=INTERVAL_S)
def _poll(job_id: str) -> None:
    with shown_errors():
        screen = current_screen()
        job = screen.running.jobs.get(job_id)
        if job is None or job.is_over:
            st.rerun(scope="app")
        done, total = _share(job.progress)
        waiting = screen.t("Waiting for other jobs…") if job.state == "waiting" else screen.t("One moment…")
        is_known = total or hasattr(job.progress, "step")
        st.progress(done, text=_progress_text(screen, job.progress) if is_known else waiting)
        report_id = getattr(job.progress, "report_id", "")
        if (
            report_id
            and can("reports.delete")
            and st.button(screen.t("Cancel the import"), key="cancel-import")
        ):
            screen.services.reports.delete(report_id)


def _finish(
    screen: Screen, state_key: str, show_known: Callable[[Screen, AlreadyImported], None] | None
) -> None:
    job = screen.running.jobs.get(st.session_state.get(state_key))
    if job is None:
        return
    if show_known is not None and isinstance(job.error, AlreadyImported):
        show_known(screen, job.error)
        return
    if job.error is not None:
        show_failure(job, screen.t)
        return
    st.session_state[f"{state_key}-result"] = job.result
    del st.session_state[state_key]
    st.rerun()


def _share(progress: object) -> tuple[float, bool]:
    total = getattr(progress, "total_bytes", 0) or getattr(progress, "total", 0)
    done = getattr(progress, "done_bytes", 0) or getattr(progress, "done", 0)
    return (min(1.0, done / total), True) if total else (0.0, False)


def _progress_text(screen: Screen, progress: object) -> str:
    t = screen.t
    step = getattr(progress, "step", "")
    if step in IMPORT_STEPS:
        return t(IMPORT_STEPS[step])
    records = getattr(progress, "records", None)
    if records:
        return t(
            "3 of 5: reading, {done:bytes} of {total:bytes}, {records} records",
            done=getattr(progress, "done_bytes", 0),
            total=getattr(progress, "total_bytes", 0),
            records=records,
        )
    if records is not None:
        return t("3 of 5: reading…")
    if total_bytes := getattr(progress, "total_bytes", 0):
        return t("{done:bytes} of {total:bytes}", done=getattr(progress, "done_bytes", 0), total=total_bytes)
    return t(
        "{done} of {total} faxes", done=getattr(progress, "done", 0), total=getattr(progress, "total", 0)
    )
