"""Notification channels: add, test, delete.

Addresses are never shown again, since they hold passwords.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.i18n import LANGUAGES
from faxcloud.languages import LOCALES
from faxcloud.services.access.keys import who
from faxcloud.services.alerts.wording import failure_text
from faxcloud.ui.access import require
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.tables import Field, show_table

ROUND = "added_channels"
TRIED = "tried_channel"


def show_channels(screen: Screen) -> None:
    """Form for a new channel, list of channels, and actions for the selected one."""
    require("channels.change")
    t = screen.t
    st.markdown(t("Alerts appear on every page of FaxCloud. Channels send them elsewhere too."))
    found = screen.services.channels.list()
    if found:
        chosen = _show_list(screen, found)
        if chosen is not None:
            _show_actions(screen, found[chosen])
    else:
        st.caption(t("There is no channel yet."))
    _show_form(screen)
    if screen.running.settings.public_url is None:
        st.caption(t("Set FAXCLOUD_PUBLIC_URL to add a link to this page to messages."))


def _show_form(screen: Screen) -> None:
    t = screen.t
    with (
        st.expander(t("Add a channel"), icon=":material/add:", key="new-channel"),
        st.form(f"add-channel-{st.session_state.get(ROUND, 0)}", border=False),
    ):
        with st.container(horizontal=True):
            name = st.text_input(t("Name"), max_chars=100, width=220)
            url = st.text_input(
                t("Address, in Apprise's notation"),
                placeholder="mailtos://user:password@example.org",
                type="password",
                width=420,
                help=t(
                    "E-mail `mailtos://…`, Slack `slack://…`, Teams `workflows://…`, SMS providers, "
                    "any web service `jsons://…`: more than a hundred, listed at github.com/caronc/apprise."
                ),
            )
            language = st.selectbox(
                t("Language"), LANGUAGES, format_func=lambda key: LOCALES[key].name, width=140
            )
        submitted = st.form_submit_button(t("Add"), type="primary", icon=":material/add_alert:")
    if not submitted:
        return
    with shown_errors():
        screen.services.channels.add(name, url, language)
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        st.rerun()


def _show_list(screen: Screen, found: Sequence[dict[str, Any]]) -> int | None:
    t = screen.t
    key_names = screen.services.keys.names()
    rows = [
        {
            **each,
            "language": LOCALES[each["language"]].name,
            "created_by": who(t, key_names, each["created_by"]),
        }
        for each in found
    ]
    fields = [
        Field("name", t("Name"), width=220),
        Field("address", t("Address"), width=260),
        Field("language", t("Language"), width=110),
        Field("created_at", t("Created"), "time", width=150),
        Field("created_by", t("By"), width=150),
    ]
    with st.container(key="channels"):
        key = "-".join(["channels", *(each["channel_id"] for each in found)])
        chosen = show_table(screen, rows, fields, key=key, selectable=True)
    st.caption(t("Select a channel to test it or delete it."))
    return chosen


def _show_actions(screen: Screen, channel: dict[str, Any]) -> None:
    t = screen.t
    channel_id = channel["channel_id"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{in_markdown(channel['name'])}**", width="content")
        if st.button(t("Send a test"), icon=":material/send:", key="test-channel"):
            with shown_errors(), st.spinner(t("One moment…")):
                st.session_state[TRIED] = (channel_id, screen.services.channels.test(channel_id))
        if st.button(t("Delete"), icon=":material/delete:", key="delete-channel"):
            ask(
                t("Delete this channel?"),
                t(
                    "{name}: no more messages are sent to it. Rules keep its name.",
                    name=in_markdown(channel["name"]),
                ),
                t("Delete"),
                lambda: screen.services.channels.delete(channel_id),
            )
    tried, error = st.session_state.get(TRIED, (None, None))
    if tried != channel_id:
        return
    if error is None:
        st.success(t("The channel accepted the message."), icon=":material/check_circle:")
    else:
        st.error(
            t("The test was not delivered: {reason}", reason=in_markdown(failure_text(t, error), 300)),
            icon=":material/error:",
        )
