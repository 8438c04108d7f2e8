"""Frame script of every page; Streamlit runs it at each visit and each interaction."""

import streamlit as st

from faxcloud.i18n import translator
from faxcloud.ui.access import admit, show_visitor
from faxcloud.ui.dashboard.start import go_to_start_page
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.frame import logo
from faxcloud.ui.frame.refresh import choose_interval, remember_version, watch
from faxcloud.ui.frame.sample_banner import show_sample_banner
from faxcloud.ui.frame.style import STYLE, STYLE_ON_DARK
from faxcloud.ui.frame.tour import offer_tour
from faxcloud.ui.language import choose_language, current_language
from faxcloud.ui.navigation import navigate
from faxcloud.ui.screen import current_screen

# Pages with a table or form in use: new data is announced instead of redrawn.
OFFERED = ("explore", "users", "corrections", "alerts", "mailings", "report", "admin")

st.set_page_config(page_title="FaxCloud", page_icon=logo.SIGN, layout="wide")
st.html(STYLE + STYLE_ON_DARK if st.context.theme.type == "dark" else STYLE)
st.logo(logo.WORDMARK, icon_image=logo.WORDMARK, size="large")

place, page = navigate(translator(current_language()))
with st.container(
    horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="head"
):
    heading = st.container(width="content")
    tools = st.container(
        horizontal=True, vertical_alignment="center", width="content", gap="small", key="tools"
    )
with tools:
    freshness = st.container(width="content", key="freshness")
    options = st.popover("", icon=":material/tune:", type="tertiary", key="options")
    choose_language()
t = translator(current_language())
heading.title(t(place.title), anchor=False)
with options:
    interval_s = choose_interval(t)
    st.caption(t("Light or dark follows your system."))

with shown_errors():
    admit()
    with options:
        show_visitor(t)
    screen = current_screen()
    go_to_start_page(screen, place)
    remember_version(screen)
    with freshness:
        watch(interval_s, offer=place.name in OFFERED)
    show_sample_banner(screen)
    offer_tour(screen, place)
    page.run()
