"""Users page: ranking by invalid faxes, and the details of one user."""

import streamlit as st

from faxcloud.ui.filters import selection as filters
from faxcloud.ui.filters.chips import show_chips
from faxcloud.ui.filters.grains import choose_grain, span_days
from faxcloud.ui.filters.import_list import data_days, ready_reports
from faxcloud.ui.screen import current_screen
from faxcloud.ui.users.person import show_person
from faxcloud.ui.users.ranking import PERSON, show_ranking
from faxcloud.ui.widgets.empty import show_invitation

screen = current_screen()
t = screen.t
reports = ready_reports(screen)
if not reports:
    show_invitation(screen)
    st.stop()

filters.read_address(t, filters.USERS)
with st.container(horizontal=True, key="filter-bar"):
    filters.draw_period(t)
    step = st.container(width="content")
    filters.draw_report(t, reports)
    filters.draw_mode(t)
show_chips(screen, ("rule",))
filters.write_address(filters.USERS)
days = data_days(reports)
selection = filters.selection(screen, filters.USERS, days[1] if days else None)
person = st.session_state.get(PERSON)
if person is None:
    show_ranking(screen, selection)
else:
    with step:
        grain = choose_grain(screen, span_days((selection.start_date, selection.end_date), days))
    show_person(screen, selection, days, person, grain)
