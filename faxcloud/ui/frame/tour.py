"""Guided tour for the first visit: what each page is for, in a minute.

It does not come back once it was finished or refused.
"""

import streamlit as st

from faxcloud.i18n import N_
from faxcloud.ui.navigation import PLACES, Place, page_file
from faxcloud.ui.screen import Screen

SEEN = "tour_seen"
STEP = "tour_step"

STEPS: tuple[tuple[str, str], ...] = (
    (
        "dashboard",
        N_(
            "How much was faxed, and how much of it is compliant. Choose a period; click a bar to "
            "filter by it; drag over a chart to zoom in. You can choose and arrange the tiles."
        ),
    ),
    (
        "explore",
        N_(
            "Every single fax: search for a number, a name or an ID, open one to see why it is "
            "invalid, download the result for Excel."
        ),
    ),
    (
        "corrections",
        N_(
            "Which wrong numbers to correct first, since one correction fixes many faxes, and the "
            "list for the person who keeps the address book."
        ),
    ),
    (
        "alerts",
        N_(
            "Be notified when compliance falls, volume jumps or an import is overdue: here, by "
            "e-mail, on Teams or with a sound."
        ),
    ),
    (
        "report",
        N_("A month or an import as a report: on screen, as PDF and Excel, or as a link that expires."),
    ),
    (
        "help",
        N_("The definition of every figure and term. You can take the tour again from there."),
    ),
)


def offer_tour(screen: Screen, place: Place) -> None:
    """Offer the tour above the first page until the visitor answers; once accepted, show it on every page."""
    t = screen.t
    if STEP in st.session_state:
        _walk(screen)
        return
    if place is not PLACES[0] or not screen.services.reports.list() or screen.services.preferences.get(SEEN):
        return
    with st.container(
        border=True,
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key="tour-offer",
    ):
        st.markdown(
            ":material/explore: " + t("New here? A tour in six steps shows where everything is."),
            width="content",
        )
        with st.container(horizontal=True, width="content"):
            st.button(t("Take the tour"), type="primary", on_click=begin_tour, key="tour-begin")
            st.button(t("No, thank you"), type="tertiary", on_click=_end, args=(screen,), key="tour-refuse")


def begin_tour() -> None:
    """Start the tour at its first step, from any page."""
    st.session_state[STEP] = 0


def _walk(screen: Screen) -> None:
    t = screen.t
    number = st.session_state[STEP]
    name, text = STEPS[number]
    place = next(place for place in PLACES if place.name == name)
    with st.container(border=True, key="tour"):
        st.caption(t("Step {number} of {count}", number=number + 1, count=len(STEPS)))
        st.markdown(f"**{place.icon} {_title(screen, place)}**  \n{t(text)}")
        with st.container(horizontal=True):
            st.page_link(page_file(name), label=t("Go there"), icon=":material/arrow_forward:")
            if number:
                st.button(t("Back"), on_click=_step, args=(-1,), key="tour-back")
            if number + 1 < len(STEPS):
                st.button(t("Next"), type="primary", on_click=_step, args=(1,), key="tour-next")
                st.button(t("End the tour"), type="tertiary", on_click=_end, args=(screen,), key="tour-end")
            else:
                st.button(t("Done"), type="primary", on_click=_end, args=(screen,), key="tour-done")


def _title(screen: Screen, place: Place) -> str:
    return screen.t(place.title)


def _step(by: int) -> None:
    st.session_state[STEP] += by


def _end(screen: Screen) -> None:
    st.session_state.pop(STEP, None)
    screen.services.preferences.put(SEEN, True)
