"""Sample data banner, with the button that deletes the sample."""

import streamlit as st

from faxcloud.ui.access import can
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask


def show_sample_banner(screen: Screen) -> None:
    """Draw the banner on every page while the store holds sample data."""
    if not screen.services.reports.has_sample():
        return
    t = screen.t
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="sample-banner"
    ):
        st.markdown(
            ":orange-badge[:material/science: "
            + t("Sample data")
            + "] "
            + t("The people and numbers of the sample data do not exist."),
            width="content",
        )
        if can("reports.delete") and st.button(
            t("Remove the sample data"), type="tertiary", icon=":material/delete:", key="remove-sample"
        ):
            ask(
                t("Remove the sample data?"),
                t("All faxes of the sample data are deleted. Your own imports are not affected."),
                t("Remove"),
                lambda: _remove(screen),
            )


def _remove(screen: Screen) -> None:
    screen.services.reports.remove_sample()
