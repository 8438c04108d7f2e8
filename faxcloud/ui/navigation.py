"""Page menu, in order. A page's file name is its address, the same in every language."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from faxcloud.domain.roles import Permission
from faxcloud.errors import FaxCloudError
from faxcloud.i18n import N_, Translator
from faxcloud.ui.access import visitor

FOLDER = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True)
class Place:
    """A page: file, title, icon, menu group (none: top level) and required permission.

    Without the permission the menu does not show the page.
    """

    name: str
    title: str
    icon: str
    section: str = ""
    permission: Permission | None = None


ANALYSIS, IMPORTS, MORE = N_("Analysis"), N_("Imports"), N_("More")

PLACES = (
    Place("dashboard", N_("Dashboard"), ":material/monitoring:"),
    Place("explore", N_("Explore"), ":material/manage_search:"),
    Place("alerts", N_("Alerts"), ":material/notifications:", permission="alerts.read"),
    Place("users", N_("Users"), ":material/group:", ANALYSIS),
    Place("usage", N_("Usage and cost"), ":material/payments:", ANALYSIS, "usage.read"),
    Place("corrections", N_("Corrections"), ":material/build:", ANALYSIS),
    Place("imports", N_("Imports"), ":material/upload_file:", IMPORTS),
    Place("report", N_("Report to share"), ":material/summarize:", IMPORTS),
    Place("mailings", N_("Scheduled e-mails"), ":material/schedule_send:", IMPORTS, "mailings.read"),
    Place("rules", N_("Rules"), ":material/rule:", MORE),
    Place("help", N_("Help"), ":material/help:", MORE),
    Place("admin", N_("Administration"), ":material/admin_panel_settings:", MORE, "metrics.read"),
)


def page_file(name: str) -> str:
    """Script path of a page, as `st.switch_page` expects it."""
    return str(FOLDER / f"{name}.py")


def navigate(t: Translator) -> tuple[Place, Any]:
    """Draw the menu; returns the visited place and its page, to be run."""
    menu: dict[str, list[Any]] = {}
    places: dict[str, Place] = {}
    for place in PLACES:
        page = st.Page(
            page_file(place.name),
            title=t(place.title),
            icon=place.icon,
            default=place is PLACES[0],
            visibility="visible" if _is_offered(place) else "hidden",
        )
        places[page.url_path] = place
        menu.setdefault(t(place.section) if place.section else "", []).append(page)
    visited = st.navigation(menu, position="top")
    return places[visited.url_path], visited


def _is_offered(place: Place) -> bool:
    """Whether the menu shows a page.

    A visitor who opens a hidden page anyway is refused by the page itself.
    """
    if place.permission is None:
        return True
    try:
        actor = visitor()
    except FaxCloudError:
        return False  # without a store there is no actor; the page shows the store's error
    return actor is not None and actor.may(place.permission)
