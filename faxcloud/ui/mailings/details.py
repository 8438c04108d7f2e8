"""Details of one scheduled e-mail: preview, send now, change, pause, delete."""

from __future__ import annotations

from typing import Any

import streamlit as st

from faxcloud.domain.mailings import Mailing
from faxcloud.services.access.keys import who
from faxcloud.ui.access import can
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.mailings.form import draw_form
from faxcloud.ui.mailings.message import close_message_preview, preview, show_message_preview
from faxcloud.ui.mailings.sent import show_sent
from faxcloud.ui.mailings.wording import attached_name, period_text, schedule_text
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask

EDITED = "edited_mailing"
MOST_NAMED = 5


def show_mailing(screen: Screen, described: dict[str, Any]) -> None:
    """Settings of the scheduled e-mail, its actions, and the status of its e-mails."""
    t = screen.t
    mailing: Mailing = described["mailing"]
    with st.container(border=True, key="one-mailing"):
        st.header(in_markdown(mailing.name), anchor=False)
        st.markdown(_particulars(screen, described))
        with st.container(horizontal=True, vertical_alignment="center"):
            is_asked = st.button(t("Preview"), icon=":material/preview:", key="preview-mailing")
            if can("mailings.change"):
                _show_buttons(screen, described)
        if is_asked:
            with shown_errors():
                preview(screen, described, mailing.recipients[0].language)
        show_message_preview(screen, described)
        if st.session_state.get(EDITED) == described["mailing_id"]:
            _show_form(screen, described)
        show_sent(screen, described)


def _particulars(screen: Screen, described: dict[str, Any]) -> str:
    t = screen.t
    mailing: Mailing = described["mailing"]
    period = period_text(t, screen.services.mailings.period(mailing))
    readers = ", ".join(in_markdown(each.address, 60) for each in mailing.recipients[:MOST_NAMED])
    if len(mailing.recipients) > MOST_NAMED:
        readers += ", …"
    files = ", ".join(attached_name(t, each) for each in mailing.attached)
    maker = who(t, screen.services.keys.names(), described["sent_as"])
    lines = [
        schedule_text(t, mailing.schedule),
        t("An e-mail sent today covers: {period}", period=period),
        t("Recipients: {readers}", readers=readers),
        t("Files: {files}", files=files) if files else t("Without files"),
        t("Sent with the permissions of {maker}, who saved it last.", maker=f"**{in_markdown(maker)}**"),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _show_buttons(screen: Screen, described: dict[str, Any]) -> None:
    t = screen.t
    mailing_id = described["mailing_id"]
    services = screen.services
    if st.button(
        t("Send now"),
        icon=":material/send:",
        key="send-mailing",
        disabled=services.mailings.server_name is None,
    ):
        _ask_sending(screen, described)
    if st.button(t("Edit"), icon=":material/edit:", key="edit-mailing"):
        close_message_preview()
        is_open = st.session_state.get(EDITED) == mailing_id
        st.session_state[EDITED] = None if is_open else mailing_id
    is_enabled = described["is_enabled"]
    label, icon = (t("Pause"), ":material/pause:") if is_enabled else (t("Resume"), ":material/play_arrow:")
    if st.button(label, icon=icon, key="pause-mailing"):
        with shown_errors():
            services.mailings.enable(mailing_id, not is_enabled)
            st.rerun()
    if st.button(t("Delete"), icon=":material/delete:", key="delete-mailing"):
        _ask_deletion(screen, described)


def _show_form(screen: Screen, described: dict[str, Any]) -> None:
    mailing_id = described["mailing_id"]
    with st.container(border=True, key="edit-form"), shown_errors():
        key = f"mailing-{mailing_id}-{described['updated_at']:%H%M%S%f}"
        changed = draw_form(screen, key, described["mailing"])
        if changed is not None:
            screen.services.mailings.change(mailing_id, changed)
            st.session_state[EDITED] = None
            st.rerun()


def _ask_sending(screen: Screen, described: dict[str, Any]) -> None:
    t = screen.t
    mailing: Mailing = described["mailing"]
    period = period_text(t, screen.services.mailings.period(mailing))
    ask(
        t("Send this e-mail now?"),
        t.ngettext(
            "It goes to {count} recipient at once and covers: {period}",
            "It goes to {count} recipients at once and covers: {period}",
            len(mailing.recipients),
            period=period,
        ),
        t("Send"),
        lambda: _send(screen, described["mailing_id"]),
    )


def _send(screen: Screen, mailing_id: str) -> None:
    screen.services.mailings.send_now(mailing_id)


def _ask_deletion(screen: Screen, described: dict[str, Any]) -> None:
    t = screen.t
    ask(
        t("Delete this scheduled e-mail?"),
        t(
            "{name}: nothing more is sent, and its delivery history is deleted. This cannot be undone.",
            name=in_markdown(described["name"]),
        ),
        t("Delete"),
        lambda: screen.services.mailings.delete(described["mailing_id"]),
    )
