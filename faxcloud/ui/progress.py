"""A job's progress on the page, looked at twice a second until it is over."""

import streamlit as st

from faxcloud.ui.errors import show_failure, shown_errors
from faxcloud.ui.screen import Screen, current_screen

INTERVAL_S = 0.5


def follow(job_id: str | None, state_key: str) -> None:
    """Show a job that is not over; when it is, forget it and draw the whole page again.

    Its error stays on the page until the next job begins. The result is for the page to pick up: it is
    kept under `<state_key>-result`.
    """
    screen = current_screen()
    job = screen.running.jobs.get(job_id)
    if job is None:
        return
    if job.is_over:
        _finish(screen, state_key)
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
        waiting = screen.t("Starting…") if job.state == "waiting" else screen.t("One moment…")
        st.progress(done, text=_words(screen, job.progress) if total else waiting)


def _finish(screen: Screen, state_key: str) -> None:
    job = screen.running.jobs.get(st.session_state.get(state_key))
    if job is None:
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


def _words(screen: Screen, progress: object) -> str:
    t = screen.t
    if getattr(progress, "step", "") == "committing":
        return t("Storing…")
    records = getattr(progress, "records", None)
    if records:
        return t(
            "{done:bytes} of {total:bytes}, {records} records",
            done=getattr(progress, "done_bytes", 0),
            total=getattr(progress, "total_bytes", 0),
            records=records,
        )
    if records is not None:
        return t("Reading…")
    if total_bytes := getattr(progress, "total_bytes", 0):
        return t("{done:bytes} of {total:bytes}", done=getattr(progress, "done_bytes", 0), total=total_bytes)
    return t("{done} of {total} rows", done=getattr(progress, "done", 0), total=getattr(progress, "total", 0))
