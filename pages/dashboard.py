"""Dashboard: what was faxed, how much of it is compliant, and where the rest comes from."""

import streamlit as st

from faxcloud.ui import filters, overview
from faxcloud.ui.empty import show_invitation, show_no_rows
from faxcloud.ui.grains import choose_grain, span_days
from faxcloud.ui.history import data_days, ready_reports
from faxcloud.ui.kpis import show_kpis
from faxcloud.ui.period import show_period
from faxcloud.ui.screen import current_screen

screen = current_screen()
t = screen.t
reports = ready_reports(screen)
if not reports:
    show_invitation(screen)
    st.stop()

filters.read_address(t, filters.DASHBOARD)
with st.container(horizontal=True, key="filter-bar"):
    filters.draw_period(t)
    filters.draw_report(t, reports)
    filters.draw_mode(t)
filters.write_address(filters.DASHBOARD)
days = data_days(reports)
selection = filters.selection(screen, filters.DASHBOARD, days[1] if days else None)
length = span_days((selection.start_date, selection.end_date), days)

with st.container(
    horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="period-bar"
):
    period = st.container(width="content")
    grain = choose_grain(screen, length)
data = screen.services.summaries.dashboard(selection, grain)
with period:
    show_period(screen, selection, days, data.summary.previous)
if not data.summary.values["faxes"]:
    show_no_rows(t)
    st.stop()

# While these stay, a chart keeps its zoom.
keep = f"{selection.to_params()}{grain}"
show_kpis(screen, data.summary.values, data.summary.previous, data.timeline)
with st.container(border=True):
    st.subheader(t("Compliance over time"), anchor=False)
    overview.show_timeline(screen, data.timeline, grain, keep)
left, right = st.columns(2, gap="medium")
with left.container(border=True, height="stretch"):
    overview.show_rules(screen, data.rules, keep)
with right.container(border=True, height="stretch"):
    overview.show_users(screen, data.users, data.summary.values["invalid"], keep)
with st.container(border=True):
    overview.show_heat(screen, data.heatmap, keep)
with st.container(border=True):
    overview.show_imports(screen, reports)
