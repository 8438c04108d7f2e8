"""Start page: the page or saved view that the bare address opens."""

from __future__ import annotations

from typing import Any

import streamlit as st

from faxcloud.domain.views import RENAMED_PAGES
from faxcloud.errors import FaxCloudError
from faxcloud.services.views.file import START_PAGE, VIEW_PREFIX
from faxcloud.ui.access import can
from faxcloud.ui.navigation import FOLDER, PLACES, Place, page_file
from faxcloud.ui.screen import Screen
from faxcloud.ui.views import saved

LANDED = "has_landed"
OF_THE_FRAME = frozenset(("lang", "refresh", "embed", "embed_options"))
"""Parts of an address that belong to no page in particular."""


def go_to_start_page(screen: Screen, place: Place) -> None:
    """Redirect the bare address to the visitor's start page, once per visit.

    A link that says more than that (filters, a view) is followed, and so is the menu afterwards.
    """
    if st.session_state.get(LANDED):
        return
    st.session_state[LANDED] = True
    if place is not PLACES[0] or set(st.query_params) - OF_THE_FRAME:
        return
    start = screen.services.preferences.get(START_PAGE)
    if not isinstance(start, str) or start == place.name:
        return
    start = RENAMED_PAGES.get(start, start)
    if start.startswith(VIEW_PREFIX):
        _open(screen, start.removeprefix(VIEW_PREFIX))
    elif start in {each.name for each in start_places()}:
        st.switch_page(page_file(start))


def start_places() -> list[Place]:
    """Pages that can be chosen as start page."""
    return [
        place
        for place in PLACES
        if (place.permission is None or can(place.permission)) and (FOLDER / f"{place.name}.py").exists()
    ]


def start_choice(screen: Screen) -> str:
    """The saved start page; the first page if none is saved."""
    start: Any = screen.services.preferences.get(START_PAGE)
    return RENAMED_PAGES.get(start, start) if isinstance(start, str) else PLACES[0].name


def _open(screen: Screen, view_id: str) -> None:
    try:
        view = screen.services.views.get(view_id)
    except FaxCloudError:  # deleted or no longer shared: the first page, as without a choice
        return
    saved.open_next(view)
