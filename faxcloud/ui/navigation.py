"""The pages, in order. A page's file name is its address, the same in every language."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from faxcloud.errors import FaxCloudError
from faxcloud.i18n import N_, Translator
from faxcloud.rules.roles import Permission
from faxcloud.ui.access import visitor

FOLDER = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True)
class Place:
    """One page: its file, title and icon, and the permission without which the menu does not have it."""

    name: str
    title: str
    icon: str
    permission: Permission | None = None


PLACES = (
    Place("dashboard", N_("Dashboard"), ":material/monitoring:"),
    Place("explore", N_("Explore"), ":material/manage_search:"),
    Place("reports", N_("Reports"), ":material/upload_file:"),
    Place("rules", N_("Rules"), ":material/rule:"),
    Place("admin", N_("Administration"), ":material/admin_panel_settings:", "metrics.read"),
)


def page_file(name: str) -> str:
    """The script of a page, as `st.switch_page` wants it."""
    return str(FOLDER / f"{name}.py")


def navigate(t: Translator) -> tuple[Place, Any]:
    """Draw the menu; the visited place and its page, to be run."""
    pages = [
        st.Page(
            page_file(place.name),
            title=t(place.title),
            icon=place.icon,
            default=place is PLACES[0],
            visibility="visible" if _is_offered(place) else "hidden",
        )
        for place in PLACES
    ]
    page = st.navigation(pages, position="top")
    return next(place for place, each in zip(PLACES, pages, strict=True) if each == page), page


def _is_offered(place: Place) -> bool:
    """Whoever comes to a hidden page all the same is refused by the page itself."""
    if place.permission is None:
        return True
    try:
        actor = visitor()
    except FaxCloudError:
        return False  # without a store nobody is known; the page says what is wrong with it
    return actor is not None and actor.may(place.permission)
