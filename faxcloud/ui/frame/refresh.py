"""Automatic refresh of pages: a check of the data version every few seconds, a redraw when it changed."""

import datetime as dt

import streamlit as st

from faxcloud.domain.filters import Filters, Paging
from faxcloud.i18n import Translator
from faxcloud.ui.access import is_admitted
from faxcloud.ui.address import asked, keep
from faxcloud.ui.alerts.bell import show_bell
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.screen import Screen, current_screen

KEY = "refresh"
INTERVALS_S = (0, 5, 15, 60)
DEFAULT_S = 5
DRAWN = "drawn_version"
SELECTION = "drawn_selection"


def choose_interval(t: Translator) -> int:
    """Refresh interval widget; 0 is paused. Stored in the address, so that a wall screen keeps it."""
    if KEY not in st.session_state:
        wanted = asked(KEY) or ""
        st.session_state[KEY] = int(wanted) if wanted in map(str, INTERVALS_S) else DEFAULT_S
    chosen = st.segmented_control(
        t("Check for new data"),
        INTERVALS_S,
        required=True,
        format_func=lambda seconds: t("every {seconds} s", seconds=seconds) if seconds else t("paused"),
        key=KEY,
        persist_state="session",
        help=t("Charts are redrawn only when the data has changed; zoom, scroll and filters stay."),
    )
    interval_s = DEFAULT_S if chosen is None else chosen
    keep(KEY, None if interval_s == DEFAULT_S else str(interval_s))
    return interval_s


def remember_version(screen: Screen) -> int:
    """Store the data version that this run draws; call it before the page reads anything."""
    version = screen.services.summaries.version()
    st.session_state[DRAWN] = version
    return version


def remember_selection(selection: Filters, faxes: int) -> None:
    """Store the number of faxes behind the current table, to count new ones later."""
    st.session_state[SELECTION] = (selection, faxes)


@st.fragment
def watch(interval_s: int, offer: bool) -> None:
    """Refresh timer: shows the age of the data, redraws the page and signals new alerts.

    Args:
        offer: True on pages with a table or form in use: new data is announced instead of redrawn.
    """
    with shown_errors():
        screen = current_screen()
        if interval_s:
            from streamlit_autorefresh import st_autorefresh

            st_autorefresh(interval=interval_s * 1_000, key=f"tick-{interval_s}")
        if not is_admitted():
            st.rerun(scope="app")  # a revoked key ends an open page without any interaction
        version = screen.services.summaries.version()
        moved = version != st.session_state.get(DRAWN)
        if moved and not offer:
            st.rerun(scope="app")
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            (_draw_offer if moved else _draw_freshness)(screen, version)
            show_bell(screen)


def _draw_freshness(screen: Screen, version: int) -> None:
    t = screen.t
    zone = screen.running.settings.zone
    moved_at = screen.services.summaries.moved_at()
    moment = moved_at and moved_at.astimezone(zone)
    if moment is None:
        text = t("No data yet")
    elif moment.date() == dt.datetime.now(zone).date():
        text = t("Data version {version}, updated {time}", version=version, time=f"{moment:%H:%M}")
    else:
        text = t("Data version {version}, updated {time}", version=version, time=t.datetime(moment))
    st.caption(text, width="content")


def _draw_offer(screen: Screen, version: int) -> None:
    t = screen.t
    drawn: tuple[Filters, int] | None = st.session_state.get(SELECTION)
    new = screen.services.search.page(drawn[0], Paging(per_page=1)).total - drawn[1] if drawn else 0
    label = (
        t.ngettext("{count} new fax: refresh", "{count} new faxes: refresh", new)
        if new > 0
        else t("The data has changed: refresh")
    )
    if st.button(label, icon=":material/refresh:", type="primary", key=f"refresh-to-{version}"):
        st.rerun(scope="app")
