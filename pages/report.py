"""Report page: one import or one period, on screen, as files, by link, or compared with another one."""

import streamlit as st

from faxcloud.i18n import N_
from faxcloud.ui.access import can
from faxcloud.ui.address import asked, keep
from faxcloud.ui.filters import selection
from faxcloud.ui.filters.chips import show_chips
from faxcloud.ui.filters.import_list import data_days, ready_reports
from faxcloud.ui.report.actions import show_heading
from faxcloud.ui.report.comparing import forget_address, show_comparison
from faxcloud.ui.report.sharing import show_links
from faxcloud.ui.report.sheet import show_sheet
from faxcloud.ui.screen import current_screen
from faxcloud.ui.widgets.empty import show_invitation

CHOSEN = ("start_date", "end_date", "report", "rule")
SHEET, COMPARE, LINKS = "sheet", "compare", "links"
VIEWS = {SHEET: N_("Report"), COMPARE: N_("Compare"), LINKS: N_("Links")}

screen = current_screen()
t = screen.t
reports = ready_reports(screen)
if not reports:
    show_invitation(screen)
    st.stop()

selection.read_address(t, CHOSEN)
with st.container(horizontal=True, key="filter-bar"):
    selection.draw_report(t, reports)
    selection.draw_period(t)
show_chips(screen, ("rule",))
selection.write_address(CHOSEN)
days = data_days(reports)
paper = screen.services.papers.of(selection.selection(screen, CHOSEN, days[1] if days else None))
show_heading(screen, paper)

offered = [SHEET, COMPARE] + [LINKS] * can("shares.read")
if st.session_state.get("paper-view") not in offered:
    wanted = asked("view")
    st.session_state["paper-view"] = wanted if wanted in offered else SHEET
view = st.segmented_control(
    t("View"),
    offered,
    format_func=lambda view: t(VIEWS[view]),
    required=True,
    key="paper-view",
    persist_state="session",
    label_visibility="collapsed",
)
keep("view", None if view == SHEET else view)
if view != COMPARE:
    forget_address()

if view == COMPARE:
    show_comparison(screen, paper, reports)
elif view == LINKS:
    show_links(screen, reports)
else:
    show_sheet(screen, paper)
