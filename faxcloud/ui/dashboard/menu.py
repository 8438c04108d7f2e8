"""Saved views menu of a page."""

from __future__ import annotations

import streamlit as st

from faxcloud.domain.views import LONGEST_NAME
from faxcloud.i18n import Translator
from faxcloud.services.views.saved import View
from faxcloud.ui.access import can
from faxcloud.ui.dashboard.choices import manage
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen, current_screen
from faxcloud.ui.views import saved as views

ROUND = "views_round"
"""Counter in the menu's key: a new number closes it."""
MANAGE = "manage_views"
MOST_LISTED = 12
LONGEST_LABEL = 32


def show_menu(page: str) -> None:
    """Menu that opens a saved view, saves the current filters as one, and opens the settings dialog."""
    _menu(page)
    if st.session_state.pop(MANAGE, False):
        manage()


@st.fragment
def _menu(page: str) -> None:
    screen = current_screen()
    t = screen.t
    view = views.current_view(page)
    popover = st.popover(
        in_markdown(view.name, LONGEST_LABEL) if view else t("Views"),
        icon=":material/bookmark:" if view else ":material/bookmarks:",
        key=f"views-{st.session_state.get(ROUND, 0)}",
        on_change="rerun",
    )
    if not popover.open:
        return
    with popover, shown_errors():
        _draw_list(screen, page)
        _draw_form(screen, page)
        if st.button(
            t("Manage views and start page"), icon=":material/settings:", type="tertiary", key="manage-views"
        ):
            st.session_state[MANAGE] = True
            _close()
            st.rerun(scope="app")


def _draw_list(screen: Screen, page: str) -> None:
    found = screen.services.views.list(page)
    if not found:
        st.caption(screen.t("No view is saved yet. A view stores the filters under a name."))
    for view in found[:MOST_LISTED]:
        icon = ":material/group:" if view.is_shared else ":material/person:"
        label = in_markdown(view.name, LONGEST_NAME)
        if st.button(label, icon=icon, type="tertiary", key=f"open-{view.view_id}"):
            _close()
            views.open_next(view)


def _draw_form(screen: Screen, page: str) -> None:
    t = screen.t
    with st.form("save-view", border=False):
        name = st.text_input(t("Save the selection as"), max_chars=LONGEST_NAME, key="view-name")
        is_shared = can("views.share") and st.toggle(
            t("Share with everybody"),
            key="view-shared",
            help=t(
                "Everybody who can sign in sees its name and can open it; personal filters are shared too."
            ),
        )
        saved = st.form_submit_button(t("Save"), icon=":material/bookmark_add:", key="save-view-button")
    if saved:
        view = screen.services.views.save(name, page, views.chosen_params(page), is_shared)
        st.session_state[views.OPENED] = view
        _close()
        st.toast(_saved(t, view), icon=":material/bookmark_added:")
        st.rerun(scope="app")


def _saved(t: Translator, view: View) -> str:
    return t("View “{name}” is saved.", name=in_markdown(view.name))


def _close() -> None:
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
