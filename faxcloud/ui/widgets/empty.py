"""Empty states: an invitation for an empty store, a way back for an empty selection."""

from collections.abc import Callable

import streamlit as st

from faxcloud.i18n import Translator
from faxcloud.services.sample.export import sample_path
from faxcloud.ui.access import can
from faxcloud.ui.filters import selection
from faxcloud.ui.navigation import page_file
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets import progress

JOB = "sample_job"


def show_invitation(screen: Screen, *, with_import: bool = True) -> None:
    """Empty store: import a file, or load the sample data.

    Args:
        with_import: False on the page where files are imported anyway.
    """
    t = screen.t
    if not can("reports.import"):
        st.info(t("There is nothing here yet that you have access to."), icon=":material/fax:")
        return
    with st.container(border=True, horizontal_alignment="center", gap="medium", key="invitation"):
        st.markdown("## :material/fax: " + t("Nothing imported yet"), text_alignment="center")
        st.markdown(
            t(
                "Import an export of your fax service to see what was faxed, by whom, what is not "
                "compliant and why. Or try FaxCloud with invented sample data first; two clicks "
                "remove it again."
            ),
            text_alignment="center",
            width=620,
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button(
                t("Load the sample data"), type="primary", icon=":material/science:", key="load-sample"
            ):
                load_sample(screen)
            if with_import and st.button(
                t("Import a file"), icon=":material/upload_file:", key="go-to-reports"
            ):
                st.switch_page(page_file("reports"))
        progress.follow(st.session_state.get(JOB), JOB)


def load_sample(screen: Screen) -> None:
    """Start the import of the bundled export, marked as sample."""
    services = screen.services
    path = sample_path()
    job = screen.running.jobs.start(
        "import",
        path.name,
        lambda report: services.import_jobs.run(path, is_sample=True, progress=report),
    )
    st.session_state[JOB] = job.job_id


def show_no_rows(t: Translator, widen: Callable[[], None] = selection.clear) -> None:
    """Message for a selection without faxes, with a button that resets the filters."""
    with st.container(border=True, gap="small", key="no-rows"):
        st.markdown("**:material/filter_alt_off: " + t("No data for this selection") + "**")
        st.markdown(t("No fax matches all filters. Choose a longer period, another import or fewer filters."))
        st.button(t("Clear all filters"), on_click=widen, key="widen", icon=":material/close:")
