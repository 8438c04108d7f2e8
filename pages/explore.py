"""Explore page: search faxes, show one in full, export the selection."""

import streamlit as st

from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.ui.dashboard.menu import show_menu
from faxcloud.ui.explore import search
from faxcloud.ui.explore.fax import open_selected
from faxcloud.ui.explore.top_numbers import ROUND, show_top_numbers
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.filters.import_list import data_days, ready_reports
from faxcloud.ui.frame.refresh import remember_selection
from faxcloud.ui.screen import current_screen
from faxcloud.ui.views import saved
from faxcloud.ui.widgets.downloads import show_export_links
from faxcloud.ui.widgets.empty import show_invitation, show_no_rows

screen = current_screen()
t = screen.t
reports = ready_reports(screen)
if not reports:
    show_invitation(screen)
    st.stop()

saved.open_asked(screen, "explore")
filters.read_address(t, filters.EXPLORE)
words = RuleLabels(t, screen.services.rulesets.rules())
bar = search.draw_filters(screen, words, reports)
filters.write_address(filters.EXPLORE)
days = data_days(reports)
selection = filters.selection(screen, filters.EXPLORE, days[1] if days else None)
saved.follow("explore")
with bar:
    show_menu("explore")

faxes, numbers = st.tabs(
    [t("Faxes"), t("Wrong numbers")], key=f"tab-{st.session_state.get(ROUND, 0)}", on_change="rerun"
)
if numbers.open:
    with numbers:
        show_top_numbers(screen, selection)
    st.stop()

with faxes:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        count = st.container(width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            sort, per_page = search.draw_sorting(screen)
            links = st.container(width="content")
    paging = search.current_paging(selection, sort, per_page)
    found = screen.services.search.page(selection, paging)
    remember_selection(selection, found.total)
    if not found.total:
        show_no_rows(t)
        st.stop()
    count.markdown("**" + t.ngettext("{count} fax found", "{count} faxes found", found.total) + "**")
    with links:
        show_export_links(screen, selection, found.total, sort)
    row = search.show_rows(screen, words, found.results, key=f"rows-{hash((selection, paging)):x}")
    st.caption(
        t(
            "Select a row to see the fax in full. Column headings sort this page; the order "
            "above sorts all pages."
        )
    )
    search.draw_pages(found.pages)
    open_selected(screen, found.results, row, (selection, paging))
