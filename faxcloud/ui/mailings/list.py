"""List of scheduled e-mails, and the form for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.ui.charts.template import colours
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.mailings.form import draw_form
from faxcloud.ui.mailings.wording import schedule_text
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

ROUND = "made_mailings"


def show_server(screen: Screen) -> None:
    """Set-up instructions where no mail server is configured."""
    t = screen.t
    if screen.services.mailings.server_name is not None:
        return
    with st.container(border=True, key="no-mail-server"):
        st.markdown("**:material/mail_off: " + t("No mail server is configured: nothing is sent.") + "**")
        st.markdown(
            t(
                "Scheduled e-mails can be created and previewed. To have them sent, an administrator "
                "sets these variables and restarts the server:"
            )
        )
        st.code(
            "FAXCLOUD_SMTP_URL=smtp://user:password@mail.example.org:587\n"
            "FAXCLOUD_MAIL_FROM=faxcloud@example.org\n"
            "FAXCLOUD_PUBLIC_URL=https://fax.example.org",
            language=None,
            wrap_lines=True,
        )


def show_new(screen: Screen, *, is_first: bool) -> None:
    """Form for a new scheduled e-mail."""
    t = screen.t
    made = st.session_state.get(ROUND, 0)
    key = f"new-mailing-{made}"
    with (
        st.expander(t("New scheduled e-mail"), icon=":material/add:", expanded=is_first, key=f"{key}-box"),
        shown_errors(),
    ):
        mailing = draw_form(screen, key)
        if mailing is not None:
            screen.services.mailings.create(mailing)
            st.session_state[ROUND] = made + 1
            st.rerun()


def show_list(screen: Screen, found: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Table of scheduled e-mails; returns the selected one, or the only one."""
    t = screen.t
    trouble, active = colours(screen).invalid, t("active")
    rows = [
        {
            **each,
            "when": schedule_text(t, each["mailing"].schedule),
            "readers": len(each["mailing"].recipients),
            "state": active if each["is_enabled"] else t("paused"),
            "sent": each["mails"]["sent"],
            "failed": each["mails"]["failed"],
        }
        for each in found
    ]
    fields = [
        Field("name", t("Name"), width="medium"),
        Field("when", t("When"), width="medium"),
        Field("next_due_at", t("Next e-mail"), "time", width=150),
        Field("readers", t("Recipients"), "count", width=90),
        Field("state", t("State"), width=90),
        Field("sent", t.pgettext("e-mail", "Sent"), "count", width=110),
        Field("failed", t("Failed"), "count", width=110, colour=lambda count: trouble if count else None),
    ]
    with st.container(key="mailings"):
        # A new key for each new mailing resets the selection, which would point to another one.
        key = "-".join(["mailings", *(each["mailing_id"] for each in found)])
        row = show_table(screen, rows, fields, key=key, selectable=len(found) > 1)
    if len(found) == 1:
        return found[0]
    if row is None:
        st.caption(t("Select one to preview it, edit it, send it now or see what was sent."))
        return None
    return found[row]
