"""Store section: backups, maintenance, re-validation runs."""

import streamlit as st

from faxcloud.ui.access import require
from faxcloud.ui.admin.backups import show_backups
from faxcloud.ui.admin.maintenance import show_maintenance
from faxcloud.ui.navigation import page_file
from faxcloud.ui.rules.try_ruleset import show_runs
from faxcloud.ui.screen import Screen


def show_store(screen: Screen) -> None:
    """Backups, maintenance and re-validation runs, one below the other."""
    require("store.maintain")
    t = screen.t
    show_backups(screen)
    show_maintenance(screen)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(t("Re-validation runs"), anchor=False, width="content")
        if st.button(t("Validate again"), icon=":material/rule:", key="go-to-rules", type="tertiary"):
            st.switch_page(page_file("rules"))
    show_runs(screen)
