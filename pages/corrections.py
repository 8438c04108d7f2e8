"""Corrections page: wrong called numbers with proposed corrections, and faxes outside business hours."""

import streamlit as st

from faxcloud.ui.corrections.address_books import show_address_books
from faxcloud.ui.corrections.hours import show_hours
from faxcloud.ui.corrections.numbers import show_numbers
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.filters.import_list import data_days, ready_reports
from faxcloud.ui.screen import current_screen
from faxcloud.ui.widgets.empty import show_invitation

screen = current_screen()
t = screen.t
reports = ready_reports(screen)
if not reports:
    show_invitation(screen)
    st.stop()

filters.read_address(t, filters.CORRECTIONS)
with st.container(horizontal=True, key="filter-bar"):
    filters.draw_period(t)
    filters.draw_report(t, reports)
    filters.draw_mode(t)
filters.write_address(filters.CORRECTIONS)
days = data_days(reports)
selection = filters.selection(screen, filters.CORRECTIONS, days[1] if days else None)

numbers, books, hours = st.tabs(
    [t("Numbers to correct"), t("Address books"), t("Business hours")],
    key="corrections-tab",
    on_change="rerun",
)
if numbers.open:
    with numbers:
        show_numbers(screen, selection)
if books.open:
    with books:
        show_address_books(screen, selection)
if hours.open:
    with hours:
        show_hours(screen, selection)
