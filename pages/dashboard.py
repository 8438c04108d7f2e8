"""Dashboard page: fax volume, compliance, and the sources of invalid faxes."""

import streamlit as st

from faxcloud.ui.dashboard.arrange import arrange, is_arranging, offer_arranging
from faxcloud.ui.dashboard.board import current_layout, show_board, shows_users
from faxcloud.ui.dashboard.data import TileData
from faxcloud.ui.dashboard.menu import show_menu
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.filters.chips import show_chips
from faxcloud.ui.filters.grains import choose_grain, span_days
from faxcloud.ui.filters.import_list import data_days, ready_reports
from faxcloud.ui.filters.period import show_period
from faxcloud.ui.screen import current_screen
from faxcloud.ui.views import saved
from faxcloud.ui.widgets.empty import show_invitation, show_no_rows

screen = current_screen()
t = screen.t
reports = ready_reports(screen)
if not reports:
    show_invitation(screen)
    st.stop()

saved.open_asked(screen, "dashboard")
filters.read_address(t, filters.DASHBOARD)
with st.container(horizontal=True, vertical_alignment="bottom", key="filter-bar"):
    filters.draw_period(t)
    step = st.container(width="content")
    filters.draw_report(t, reports)
    filters.draw_mode(t)
    menu = st.container(width="content")
show_chips(screen)
filters.write_address(filters.DASHBOARD)
days = data_days(reports)
selection = filters.selection(screen, filters.DASHBOARD, days[1] if days else None)
saved.follow("dashboard")
with menu:
    show_menu("dashboard")
if is_arranging():
    arrange()
    st.stop()

with step:
    grain = choose_grain(screen, span_days((selection.start_date, selection.end_date), days))
with st.container(
    horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="period-bar"
):
    period = st.container(width="content")
    offer_arranging(screen)

layout = current_layout(screen)
data = TileData(screen, selection, grain, reports, shows_users(layout))
with period:
    show_period(screen, selection, days, data.summary)
if not data.summary.values["faxes"]:
    show_no_rows(t)
    st.stop()
if not layout:
    st.info(t("No tile is shown. “Arrange” shows them again."), icon=":material/dashboard:")
show_board(screen, layout, data)
