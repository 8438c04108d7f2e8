"""Delivery status of a scheduled e-mail, by recipient and date."""

from __future__ import annotations

from typing import Any

import streamlit as st

from faxcloud.ui.access import require
from faxcloud.ui.charts.template import colours
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.mailings.wording import period_text, reason_text, state_name
from faxcloud.ui.screen import Screen, current_screen
from faxcloud.ui.widgets.tables import Field, show_table

PER_PAGE = 50
PAGE = "mails-page"
LOOK_EVERY_S = 2


def show_sent(screen: Screen, described: dict[str, Any]) -> None:
    """Deliveries with paging, newest first; refreshed until all were attempted."""
    mailing_id = described["mailing_id"]
    has_server = screen.services.mailings.server_name is not None
    is_moving = has_server and _is_moving(_page(screen, mailing_id))

    @st.fragment(run_every=LOOK_EVERY_S if is_moving else None)
    def drawn() -> None:
        with shown_errors():
            require("mailings.read")
            now = current_screen()
            found = _page(now, mailing_id)
            _show(now, found)
            if is_moving and not _is_moving(found):
                st.rerun()  # the figures of the list too

    st.markdown("**" + screen.t("Sent e-mails") + "**")
    drawn()


def _page(screen: Screen, mailing_id: str) -> dict[str, Any]:
    page = st.session_state.get(PAGE, 1)
    return screen.services.mailings.mails(mailing_id, page=page, per_page=PER_PAGE)


def _is_moving(found: dict[str, Any]) -> bool:
    """Whether deliveries are in progress.

    A delivery that waits for another attempt does not count: it may wait for hours.
    """
    return any(mail["is_under_way"] for mail in found["results"])


def _show(screen: Screen, found: dict[str, Any]) -> None:
    t = screen.t
    if not found["total"]:
        st.caption(t("Nothing has been sent yet."))
        return
    trouble, failed = colours(screen).invalid, state_name(t, "failed")
    rows = [
        {
            **mail,
            "state": state_name(t, mail["state"]),
            "period": period_text(t, (mail["period_start"], mail["period_end"])),
            "reason": reason_text(t, mail),
        }
        for mail in found["results"]
    ]
    fields = [
        Field("due_at", t("Due"), "time", width=140),
        Field("recipient", t("Recipient"), width="medium"),
        Field("state", t("State"), width=100, colour=lambda state: trouble if state == failed else None),
        Field("reason", t("Reason"), width="large"),
        Field("period", t("Period"), width=210),
        Field("attempts", t("Attempts"), "count", width=100),
        Field("next_attempt_at", t("Next attempt"), "time", width=140),
    ]
    with st.container(key="mails"):
        show_table(screen, rows, fields, key="mails-table")
    if found["pages"] > 1:
        st.pagination(found["pages"], key=PAGE)
