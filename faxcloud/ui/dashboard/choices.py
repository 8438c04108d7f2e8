"""Personal settings dialog: saved views, start page, export and import, reset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from faxcloud.domain.views import LONGEST_NAME
from faxcloud.i18n import Translator
from faxcloud.services.actors import current_actor
from faxcloud.services.views.file import LARGEST_FILE, START_PAGE, VIEW_PREFIX
from faxcloud.services.views.saved import View
from faxcloud.ui.access import can
from faxcloud.ui.address import folder_of
from faxcloud.ui.dashboard.start import start_choice, start_places
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.language import current_translator
from faxcloud.ui.safe_text import in_markdown, plain
from faxcloud.ui.screen import Screen, current_screen
from faxcloud.ui.views.saved import ADDRESS, forget_opened, open_next, page_title
from faxcloud.ui.widgets.files import offer_file

FILE_NAME = "faxcloud-views.json"
UPLOADS = "views_uploads"
"""Counter in the uploader's key: a new number empties it."""


def manage() -> None:
    """Open the dialog."""
    t = current_translator()

    @st.dialog(t("Views and start page"), width="medium")
    def dialog() -> None:
        screen = current_screen()
        with shown_errors():
            views, start, file = st.tabs(
                [screen.t("Views"), screen.t("Start page"), screen.t("File and reset")], key="choices-tabs"
            )
            with views:
                _draw_views(screen)
            with start:
                _draw_start(screen)
            with file:
                _draw_file(screen)

    dialog()


def _draw_views(screen: Screen) -> None:
    t = screen.t
    found = {view.view_id: view for view in screen.services.views.list()}
    if not found:
        st.info(
            t("No view is saved yet. A view stores the filters under a name."), icon=":material/bookmarks:"
        )
        return
    chosen = st.selectbox(
        t("View"), list(found), format_func=lambda view_id: _name(t, found[view_id]), key="managed-view"
    )
    view = found[chosen]
    st.caption(_described(t, view))
    st.code(link_of(screen, view), language=None, wrap_lines=True)
    if not screen.services.views.may_change(view):
        _draw_open(t, view)
        return
    with st.form(f"rename-{view.view_id}", border=False):
        name = st.text_input(t("Name"), value=view.name, max_chars=LONGEST_NAME)
        is_shared = view.is_shared
        if can("views.share"):
            is_shared = st.toggle(t("Shared with everybody who can sign in"), value=view.is_shared)
        if st.form_submit_button(t("Save"), icon=":material/save:", key="rename-view"):
            if name != view.name:
                view = screen.services.views.rename(view.view_id, name)
            if is_shared != view.is_shared:
                view = screen.services.views.share(view.view_id, is_shared)
            forget_opened(view.view_id, view)
            st.rerun(scope="fragment")
    with st.container(horizontal=True):
        _draw_open(t, view)
        if st.button(t("Delete"), icon=":material/delete:", key="delete-view"):
            screen.services.views.delete(view.view_id)
            forget_opened(view.view_id)
            st.rerun(scope="fragment")


def _draw_open(t: Translator, view: View) -> None:
    if st.button(t.pgettext("button", "Open"), icon=":material/open_in_new:", key="open-managed-view"):
        open_next(view)


def _draw_start(screen: Screen) -> None:
    t = screen.t
    titles = {place.name: t(place.title) for place in start_places()}
    for view in screen.services.views.list():
        titles[f"{VIEW_PREFIX}{view.view_id}"] = _name(t, view)
    start = start_choice(screen)
    options = list(titles)
    chosen = st.selectbox(
        t("Your start page"),
        options,
        index=options.index(start) if start in titles else 0,
        format_func=titles.__getitem__,
        key="start-page",
        help=t("Opening FaxCloud without a link to a page leads there."),
    )
    if chosen != (start if start in titles else options[0]):
        screen.services.preferences.put(START_PAGE, chosen)
        st.toast(t("The start page is saved."), icon=":material/home:")


def _draw_file(screen: Screen) -> None:
    t = screen.t
    services = screen.services
    st.caption(
        t(
            "The file contains your own views with all their filters, your dashboard and your start "
            "page, including names and numbers in the filters."
        )
    )
    make = partial(_bytes_of, services.views.export)
    offer_file(t("Download the file"), make, FILE_NAME, "application/json", key="export-views")
    turn = st.session_state.get(UPLOADS, 0)
    upload = st.file_uploader(
        t("Import such a file"), type="json", key=f"import-views-{turn}", max_upload_size=1
    )
    if upload is not None and st.button(
        t("Import it"), type="primary", icon=":material/upload:", key="import-views"
    ):
        text = upload.getvalue()[: 4 * LARGEST_FILE].decode("utf-8", errors="replace")
        kept = services.views.import_(text)
        st.session_state[UPLOADS] = turn + 1
        st.toast(_imported(t, kept), icon=":material/check:")
        st.rerun()
    st.divider()
    sure = st.checkbox(
        t("Delete my views and restore the default dashboard and start page"), key="reset-sure"
    )
    if st.button(t("Reset"), icon=":material/restart_alt:", key="reset-choices", disabled=not sure):
        services.views.reset()
        st.rerun()


def _imported(t: Translator, kept: dict[str, int]) -> str:
    text = t.ngettext("{count} view was imported.", "{count} views were imported.", kept["views"])
    if kept["private"]:
        text += " " + t("They are private: your role cannot share views.")
    return text


def _name(t: Translator, view: View) -> str:
    return f"{plain(view.name)} · {page_title(t, view.page)}"


def _described(t: Translator, view: View) -> str:
    if view.owner == current_actor().name:
        return t("Yours, shared") if view.is_shared else t("Private")
    return t("Shared by {owner}", owner=in_markdown(view.owner.partition(":")[2] or view.owner))


def link_of(screen: Screen, view: View) -> str:
    """Address of a saved view: only its id, none of its filters."""
    base = screen.running.settings.public_url or folder_of(str(st.context.url or ""))
    path = "" if view.page == "dashboard" else view.page
    return f"{base}/{path}?{ADDRESS}={view.view_id}"


def _bytes_of(write: Callable[[], str]) -> bytes:
    return write().encode()
