"""Saved views on a page: opened from the menu or a link, saved from the current filters.

The address of a view is `?view=<id>`: what it filters for, names and numbers included, stays in the
catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import streamlit as st

from faxcloud.domain.filters import FILTER_NAMES, PERSONAL, Filters
from faxcloud.domain.views import checked_params
from faxcloud.errors import FaxCloudError, ViewNotFound
from faxcloud.i18n import Translator
from faxcloud.presentation.grains import GRAIN_NAMES
from faxcloud.services.analytics.search import MASKED_ORDERS
from faxcloud.services.views.saved import View
from faxcloud.ui.access import can
from faxcloud.ui.address import asked, keep
from faxcloud.ui.errors import show_refusal
from faxcloud.ui.explore import search
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.navigation import PLACES, page_file
from faxcloud.ui.safe_text import plain
from faxcloud.ui.screen import Screen

ADDRESS = "view"
OPENED = "opened_view"
WANTED = "view_to_open"


@dataclass(frozen=True)
class Viewed:
    """What a saved view of a page stores: filters, and other choices by widget key, the default first."""

    filters: tuple[str, ...]
    extras: Mapping[str, tuple[str | int, ...]]


VIEWED: Mapping[str, Viewed] = MappingProxyType(
    {
        "dashboard": Viewed(filters.DASHBOARD, {"grain": ("auto", *GRAIN_NAMES)}),
        "explore": Viewed(
            filters.EXPLORE,
            {
                "sort": tuple(search.SORTS),
                "per_page": (search.PER_PAGE[1], search.PER_PAGE[0], *search.PER_PAGE[2:]),
            },
        ),
    }
)


def open_asked(screen: Screen, page: str) -> None:
    """Apply the view that the menu or the address names, once, before the filters are read."""
    wanted = st.session_state.pop(WANTED, None)
    if wanted is None:
        wanted = asked(ADDRESS)
        opened = _opened()
        if wanted is None or (opened is not None and opened.view_id == wanted):
            return
    try:
        view = screen.services.views.get(wanted)
        if view.page not in VIEWED:
            raise ViewNotFound(view_id=plain(wanted, 40))
    except FaxCloudError as error:
        keep(ADDRESS, None)
        show_refusal(error, screen.t)
        return
    st.session_state[OPENED] = view
    _choose(view)
    if view.page != page:
        st.switch_page(page_file(view.page), query_params={ADDRESS: view.view_id})


def follow(page: str) -> None:
    """Keep the view's id in the address while the filters match it; call it after the filters are drawn."""
    view = current_view(page)
    keep(ADDRESS, view.view_id if view else None)


def current_view(page: str) -> View | None:
    """The opened saved view, if its filters are still the current ones."""
    opened = _opened()
    return opened if opened and opened.page == page and opened.params == chosen_params(page) else None


def chosen_params(page: str) -> dict[str, str]:
    """The current choices of a page in the form that a view stores."""
    viewed, period = VIEWED[page], filters.chosen(filters.PERIOD)
    values = {
        name: filters.chosen(name)
        for name in viewed.filters
        if period == filters.CUSTOM or not name.endswith("_date")
    }
    values["period"] = period
    for name, options in viewed.extras.items():
        value = st.session_state.get(name, options[0])
        values[name] = None if value == options[0] else value
    return checked_params(values)


def open_next(view: View) -> None:
    """Open a view in the next run, on its page."""
    st.session_state[WANTED] = view.view_id
    st.switch_page(page_file(view.page), query_params={ADDRESS: view.view_id})


def page_title(t: Translator, page: str) -> str:
    """Menu title of a page; its name if this version has no such page."""
    return next((t(place.title) for place in PLACES if place.name == page), page)


def forget_opened(view_id: str, instead: View | None = None) -> None:
    """Forget the opened view after it was changed, so that the page no longer follows its old content."""
    opened = _opened()
    if opened is not None and opened.view_id == view_id:
        st.session_state[OPENED] = instead


def _opened() -> View | None:
    return cast("View | None", st.session_state.get(OPENED))


def _choose(view: View) -> None:
    """Apply the view's filters and clear all others."""
    values: dict[str, Any] = {name: "" if name in PERSONAL else None for name in filters.EXPLORE}
    given = Filters.from_params(view.params)
    values |= {name: getattr(given, name) for name in view.params if name in FILTER_NAMES}
    period = view.params.get("period", filters.ALL)
    values[filters.PERIOD] = period if period in filters.PERIOD_NAMES else filters.ALL
    filters.choose_next(**values)
    for name, options in VIEWED[view.page].extras.items():
        by_text = {str(option): option for option in options}
        value = by_text.get(view.params.get(name, ""), options[0])
        may = name != "sort" or value not in MASKED_ORDERS or can("rows.read_in_full")
        st.session_state[name] = value if may else options[0]
