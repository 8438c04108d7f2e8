"""Webhook deliveries table: messages sent or queued, their attempts, replay."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from faxcloud.i18n import N_
from faxcloud.ui.access import can
from faxcloud.ui.charts.template import colours
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

STATES = {"pending": N_("pending"), "delivered": N_("delivered"), "failed": N_("failed")}
PER_PAGE = 50
PAGE = "deliveries-page"


def show_deliveries(screen: Screen, webhook_id: str | None, urls: Mapping[str, str]) -> None:
    """Deliveries table with paging, newest first.

    Args:
        webhook_id: Whose; None for those of all webhooks.
        urls: By webhook.
    """
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(t("Deliveries"), anchor=False, width="content")
        st.button(t("Refresh"), icon=":material/refresh:", key="refresh-deliveries", type="tertiary")
    found = screen.services.webhooks.deliveries(
        webhook_id, page=st.session_state.get(PAGE, 1), per_page=PER_PAGE
    )
    if not found["total"]:
        st.caption(t("Nothing has been sent yet."))
        return
    rows = found["results"]
    chosen = _show_rows(screen, rows, urls)
    if found["pages"] > 1:
        st.pagination(found["pages"], key=PAGE)
    if chosen is not None:
        _show_attempts(screen, rows[chosen])


def _show_rows(screen: Screen, rows: list[dict[str, Any]], urls: Mapping[str, str]) -> int | None:
    t = screen.t
    trouble, failed = colours(screen).invalid, t(STATES["failed"])
    named = [
        {
            **row,
            "state": t(_state(row)),
            "receiver": urlsplit(urls.get(row["webhook_id"], "")).hostname or row["webhook_id"],
            "tries": len(row["attempts"]),
            "answer": row["attempts"][-1]["status"] if row["attempts"] else None,
        }
        for row in rows
    ]
    fields = [
        Field("created_at", t("Created"), "time", width=150),
        Field("event", t("Event"), width=150),
        Field("receiver", t("Recipient"), width="medium"),
        Field("state", t("State"), width=110, colour=lambda state: trouble if state == failed else None),
        Field("tries", t("Attempts"), "count", width=100),
        Field("answer", t("Last answer"), "count", width=110),
        Field("next_attempt_at", t("Next attempt"), "time", width=150),
    ]
    with st.container(key="deliveries"):
        # A new key for each new message resets the selection, which would point to another one.
        key = f"deliveries-{rows[0]['delivery_id']}-{len(rows)}"
        chosen = show_table(screen, named, fields, key=key, selectable=True)
    st.caption(t("Select a message to see its attempts or to send it again."))
    return chosen


def _show_attempts(screen: Screen, delivery: Mapping[str, Any]) -> None:
    t = screen.t
    with st.container(border=True, key="one-delivery"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown("**" + t("Attempts") + f"** · `{delivery['delivery_id']}`", width="content")
            if can("webhooks.change") and st.button(
                t("Send it again"), icon=":material/replay:", key="replay-delivery"
            ):
                with shown_errors():
                    screen.services.webhooks.replay(delivery["delivery_id"])
                    st.toast(t("The server sends it shortly."), icon=":material/replay:")
        if not delivery["attempts"]:
            st.caption(t("None yet."))
            return
        fields = [
            Field("attempt", t("Attempt"), "count", width=90),
            Field("started_at", t("Started"), "time", width=150),
            Field("seconds", t("Duration"), "seconds", width=100),
            Field("status", t("Answer"), "count", width=90),
            Field("error", t("Error"), width="large"),
        ]
        show_table(screen, delivery["attempts"], fields, key="attempts")


def _state(row: dict[str, Any]) -> str:
    return STATES[row["state"]]
