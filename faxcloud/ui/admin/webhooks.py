"""Webhooks section: register, test and delete webhooks, and show their deliveries."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from faxcloud.i18n import N_, Translator
from faxcloud.services.access.keys import who
from faxcloud.services.webhooks.endpoints import EVENTS
from faxcloud.ui.access import can, require
from faxcloud.ui.admin.deliveries import show_deliveries
from faxcloud.ui.admin.secret import Secret, keep_secret, show_secret
from faxcloud.ui.charts.template import colours
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.figures import follow, show_figures
from faxcloud.ui.widgets.tables import Field, show_table

PLACE = "webhooks"
ROUND = "registered_webhooks"
TRIED = "tried_webhook"
"""The tested webhook, and the delivery of the test."""

EVENT_SAYS = {
    "upload_complete": N_("a file was imported"),
    "error": N_("an import or a re-validation failed"),
    "validation_complete": N_("faxes were validated again"),
    "export_complete": N_("an export was made"),
    "alert": N_("an alert was opened"),
}


def show_webhooks(screen: Screen) -> None:
    """Webhook form, list of webhooks, and deliveries of the selected one or of all."""
    require("webhooks.read")
    t = screen.t
    follow(_show_figures, "webhooks.read")
    if can("webhooks.change"):
        _show_form(screen)
    show_secret(t, PLACE)
    st.header(t("Webhooks"), anchor=False)
    found = screen.services.webhooks.list()["webhooks"]
    chosen = _show_list(screen, found) if found else None
    if not found:
        st.caption(t("None is registered yet."))
    if chosen is not None and can("webhooks.change"):
        _show_actions(screen, chosen, found[chosen])
    show_deliveries(screen, chosen, {webhook_id: each["url"] for webhook_id, each in found.items()})


def _show_figures(screen: Screen) -> None:
    t = screen.t
    counts = screen.services.deliverer.stats()
    since = t("Since this server started.")
    show_figures(
        "figures-webhooks",
        (
            (t("To be delivered"), t.number(counts["pending"]), t("Messages to webhooks.")),
            (t("Delivered"), t.number(counts["delivered"]), since),
            (t("To be retried"), t.number(counts["retried"]), since),
            (t("Given up"), t.number(counts["failed"]), since),
        ),
    )


def _show_form(screen: Screen) -> None:
    t = screen.t
    with (
        st.expander(t("Register a webhook"), icon=":material/add:", key="new-webhook"),
        st.form(f"register-webhook-{st.session_state.get(ROUND, 0)}", border=False),
    ):
        with st.container(horizontal=True):
            url = st.text_input(t("URL"), placeholder="https://example.org/faxcloud", width=420)
            event = st.selectbox(
                t("Event"), EVENTS, format_func=lambda name: f"{name} – {t(EVENT_SAYS[name])}", width=360
            )
        submitted = st.form_submit_button(t("Register"), type="primary", icon=":material/webhook:")
    if not submitted:
        return
    with shown_errors():
        made = screen.services.webhooks.register(url.strip(), event)
        explanation = t("Receivers use it to verify that a message came from here (Standard Webhooks).")
        keep_secret(PLACE, Secret(t("The secret of the new webhook"), explanation, made["secret"]))
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        st.rerun()


def _show_list(screen: Screen, found: Mapping[str, Mapping[str, Any]]) -> str | None:
    t = screen.t
    trouble = colours(screen).invalid
    active = t("active")
    names = screen.services.keys.names()
    rows = [
        {
            **each,
            **each["deliveries"],
            "created_by": who(t, names, each["created_by"]),
            "state": active if each["disabled_at"] is None else t.pgettext("webhook", "disabled"),
        }
        for each in found.values()
    ]
    fields = [
        Field("url", t("URL"), width="large"),
        Field("event", t("Event"), width=150),
        Field("state", t("State"), width=100, colour=lambda state: None if state == active else trouble),
        Field("pending", t("To be delivered"), "count", width=120),
        Field("delivered", t("Delivered"), "count", width=110),
        Field("failed", t("Given up"), "count", width=110),
        Field("created_at", t("Created"), "time", width=150),
        Field("created_by", t("By"), width=150),
    ]
    with st.container(key="webhooks"):
        # A new key after a deletion resets the selection, which would point to another webhook.
        row = show_table(screen, rows, fields, key="-".join(["webhooks", *found]), selectable=True)
    st.caption(t("Select a webhook to test it, delete it or see its deliveries."))
    return None if row is None else list(found)[row]


def _show_actions(screen: Screen, webhook_id: str, webhook: Mapping[str, Any]) -> None:
    t = screen.t
    if webhook["disabled_at"] is not None:
        why = webhook["disabled_reason"]
        st.warning(
            t(
                "Nothing has been sent to it since {moment}: {reason}. Register it again when its "
                "receiver is back.",
                moment=t.datetime(webhook["disabled_at"], screen.running.settings.zone),
                reason=in_markdown(t(why)),
            ),
            icon=":material/block:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{in_markdown(webhook['url'], 80)}**", width="content")
        if webhook["disabled_at"] is None and st.button(
            t("Send a test"), icon=":material/send:", key="test-webhook"
        ):
            with shown_errors(), st.spinner(t("One moment…")):
                st.session_state[TRIED] = (webhook_id, screen.services.webhooks.test(webhook_id))
        if st.button(t("Delete"), icon=":material/delete:", key="delete-webhook"):
            _ask_deletion(screen, webhook_id, webhook)
    tried, delivery = st.session_state.get(TRIED, (None, None))
    if tried == webhook_id and delivery is not None:
        _show_test(t, delivery)


def _show_test(t: Translator, delivery: Mapping[str, Any]) -> None:
    last = delivery["attempts"][-1]
    if last["error"] is None:
        st.success(
            t("The receiver answered {status} in {seconds:duration}.", **last), icon=":material/check_circle:"
        )
    else:
        reason = in_markdown(last["error"], 300)
        st.error(t("The test was not delivered: {reason}", reason=reason), icon=":material/error:")


def _ask_deletion(screen: Screen, webhook_id: str, webhook: Mapping[str, Any]) -> None:
    t = screen.t
    ask(
        t("Delete this webhook?"),
        t(
            "{url}: pending messages are not sent, and its history is deleted. This cannot be undone.",
            url=in_markdown(webhook["url"], 80),
        ),
        t("Delete"),
        lambda: _delete(screen, webhook_id),
    )


def _delete(screen: Screen, webhook_id: str) -> None:
    screen.services.webhooks.delete(webhook_id)
