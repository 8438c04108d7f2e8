"""Preview of an e-mail: subject, text, attachments."""

from __future__ import annotations

import base64
from typing import Any

import streamlit as st

from faxcloud.i18n import LANGUAGES, Language
from faxcloud.services.mailings.smtp import MailContents
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen

SHOWN = "previewed_mailing"
SHORTEST_PX, LINE_PX, LONGEST_PX = 360, 40, 820
"""Height of the preview without figures, per line of figures, and at most (it scrolls then)."""


def preview(screen: Screen, described: dict[str, Any], language: Language) -> None:
    """Build the e-mail and store it for `show_message_preview`."""
    with st.spinner(screen.t("One moment…")):
        contents = screen.services.mailings.preview(described["mailing_id"], language)
    st.session_state[SHOWN] = (described["mailing_id"], described["updated_at"], contents)


def show_message_preview(screen: Screen, described: dict[str, Any]) -> None:
    """Show the stored preview, unless the scheduled e-mail was changed since."""
    mailing_id, updated_at, contents = st.session_state.get(SHOWN, (None, None, None))
    if (mailing_id, updated_at) != (described["mailing_id"], described["updated_at"]):
        return
    t = screen.t
    with st.container(border=True, key="mailing-preview"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown("**" + in_markdown(contents.subject, 200) + "**", width="content")
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.segmented_control(
                    t("Language of the preview"),
                    LANGUAGES,
                    default=contents.language,
                    required=True,
                    format_func=str.upper,
                    key="preview-language",
                    label_visibility="collapsed",
                )
                if st.button(t("Close"), icon=":material/close:", key="close-preview", type="tertiary"):
                    close_message_preview()
                    st.rerun()
        wanted = st.session_state.get("preview-language")
        if wanted is not None and wanted != contents.language:
            preview(screen, described, wanted)
            st.rerun()
        _show_html(contents, t("The e-mail as its recipients see it"))
        with st.container(horizontal=True):
            for attachment in contents.attachments:
                st.download_button(
                    attachment.name,
                    attachment.content,
                    file_name=attachment.name,
                    mime=attachment.media_type,
                    icon=":material/attach_file:",
                    key=f"preview-{attachment.name}",
                )


def close_message_preview() -> None:
    """Close the preview."""
    st.session_state.pop(SHOWN, None)


def _show_html(contents: MailContents, alt: str) -> None:
    # As a data URL: it has its own origin, so its content cannot access the page.
    height = min(SHORTEST_PX + LINE_PX * contents.html.count("<tr>"), LONGEST_PX)
    text = base64.b64encode(contents.html.encode()).decode("ascii")
    st.iframe(f"data:text/html;charset=utf-8;base64,{text}", height=height, alt=alt)
