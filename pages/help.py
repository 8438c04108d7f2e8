"""Help page: glossary of metrics and terms, and the tour."""

import streamlit as st

from faxcloud.ui.frame.tour import begin_tour
from faxcloud.ui.help.glossary import show_glossary
from faxcloud.ui.screen import current_screen

screen = current_screen()
t = screen.t
with st.container(horizontal=True, vertical_alignment="center"):
    st.button(t("Take the tour"), icon=":material/explore:", on_click=begin_tour, key="help-tour")
    st.link_button(t("API documentation"), "api/docs", icon=":material/api:", type="tertiary")
show_glossary(screen)
