"""Usage and cost page: pages, minutes and money by user, month, billing type and destination."""

import streamlit as st

from faxcloud.ui.access import require
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.filters.import_list import data_days, ready_reports
from faxcloud.ui.filters.period import show_period
from faxcloud.ui.screen import current_screen
from faxcloud.ui.usage.figures import show_figures, show_unpriced
from faxcloud.ui.usage.grouping import chosen_key, show_grouping
from faxcloud.ui.usage.months import show_months
from faxcloud.ui.usage.price_list import show_price_list
from faxcloud.ui.widgets.empty import show_invitation, show_no_rows

NAMES = ("start_date", "end_date", "report", "mode")

screen = current_screen()
t = screen.t
require("usage.read")
reports = ready_reports(screen)
usage, prices = st.tabs([t("Usage"), t("Price list")], key="usage-tab", on_change="rerun")
if prices.open:
    with prices:
        show_price_list(screen)
    st.stop()

with usage:
    if not reports:
        show_invitation(screen)
        st.stop()
    filters.read_address(t, NAMES)
    with st.container(horizontal=True, key="filter-bar"):
        filters.draw_period(t)
        filters.draw_report(t, reports)
        filters.draw_mode(t)
    filters.write_address(NAMES)
    days = data_days(reports)
    selection = filters.selection(screen, NAMES, days[1] if days else None)
    table = screen.services.usage.usage(selection, chosen_key())
    show_period(screen, selection, days, screen.services.summaries.summary(selection))
    if not table.total["faxes"]:
        show_no_rows(t)
        st.stop()
    show_figures(screen, table)
    show_unpriced(screen, table)
    with st.container(border=True):
        show_months(screen, selection, table.prices.currency)
    with st.container(border=True):
        show_grouping(screen, selection, table)
