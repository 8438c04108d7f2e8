"""Audit log section: search, event details, export, verification."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from faxcloud.i18n import N_, Translator
from faxcloud.services.access.keys import who
from faxcloud.services.monitoring.audit import OUTCOMES
from faxcloud.services.tickets import Offer
from faxcloud.ui.access import require
from faxcloud.ui.charts.template import colours
from faxcloud.ui.date_field import date_field
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.downloads import ICON, link
from faxcloud.ui.widgets.tables import Field, show_table

OUTCOME_NAMES = {"done": N_("done"), "refused": N_("refused"), "failed": N_("failed")}
PER_PAGE = 100
PAGE, ASKED, VERIFIED = "audit-page", "audit-asked", "audit-verified"


def show_audit(screen: Screen) -> None:
    """Search form of the audit log with the matching events below."""
    require("audit.read")
    t = screen.t
    asked = _ask(screen)
    found = screen.services.audit.log(PER_PAGE, page=_page(asked), **asked)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**" + t.ngettext("{count} event", "{count} events", found.total) + "**", width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            _show_exports(screen, asked)
            if st.button(t("Verify"), icon=":material/verified_user:", key="verify-audit"):
                _verify(screen)
    _show_verification(t)
    if not found.total:
        st.caption(t("No event matches."))
        return
    chosen = _show_events(screen, found.results)
    if found.pages > 1:
        st.pagination(found.pages, key=PAGE)
    if chosen is not None:
        _show_event(screen, found.results[chosen])


def _ask(screen: Screen) -> dict[str, Any]:
    """Search form of the audit log.

    Its values are not put in the address: they may hold an account's name.
    """
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="bottom", key="audit-search"):
        text = st.text_input(
            t("Search"), placeholder=t("part of any text"), max_chars=200, key="audit-q", width=240
        )
        action = st.selectbox(
            t("Action"),
            screen.services.audit.actions(),
            index=None,
            placeholder=t("All actions"),
            key="audit-action",
            width=220,
        )
        outcome = st.selectbox(
            t("Outcome"),
            OUTCOMES,
            index=None,
            placeholder=t("All outcomes"),
            format_func=lambda name: t(OUTCOME_NAMES[name]),
            key="audit-outcome",
            width=170,
        )
        actor = st.text_input(
            t("Who"), placeholder="key:…, user:…", max_chars=200, key="audit-actor", width=190
        )
        start = date_field(t("From"), "audit-start")
        end = date_field(t("To (inclusive)"), "audit-end")
    return {
        "q": text.strip() or None,
        "action": action,
        "outcome": outcome,
        "actor": actor.strip() or None,
        "start": start,
        "end": end,
    }


def _page(asked: Mapping[str, Any]) -> int:
    """Current page number; back to the first page for another search."""
    if st.session_state.get(ASKED) != asked:
        st.session_state.pop(PAGE, None)
        st.session_state[ASKED] = asked
    page: int = st.session_state.get(PAGE, 1)
    return page


def _show_events(screen: Screen, rows: list[dict[str, Any]]) -> int | None:
    t = screen.t
    trouble, done = colours(screen).invalid, t(OUTCOME_NAMES["done"])
    names = screen.services.keys.names()
    named = [
        {
            **row,
            "actor": who(t, names, row["actor"]),
            "outcome": t(OUTCOME_NAMES.get(row["outcome"], row["outcome"])),
            "details": json.dumps(row["details"], ensure_ascii=False) if row["details"] else "",
        }
        for row in rows
    ]
    fields = [
        Field("at", t("When"), "time", width=150),
        Field("actor", t("Who"), width="medium"),
        Field("action", t("Action"), width=160),
        Field("outcome", t("Outcome"), width=100, colour=lambda said: None if said == done else trouble),
        Field("resource", t("Resource"), width="medium"),
        Field("address", t("Address"), width=130),
        Field("details", t("Details"), width="large"),
        Field("sequence", t.pgettext("order", "Number"), "count", width=90),
    ]
    height = min(38 + 35 * max(1, len(rows)), 560)
    with st.container(key="audit"):
        # A new key for other events resets the selection, which would point to another event.
        key = f"audit-{rows[0]['sequence']}-{rows[-1]['sequence']}-{len(rows)}"
        return show_table(screen, named, fields, key=key, selectable=True, height=height)


def _show_event(screen: Screen, event: Mapping[str, Any]) -> None:
    t = screen.t
    actor, name = event["actor"], who(t, screen.services.keys.names(), event["actor"])
    with st.container(border=True, key="one-event"):
        moment = event["at"].astimezone(screen.running.settings.zone)
        st.markdown(
            f"**{in_markdown(event['action'])}** · {in_markdown(name)} · {t.date(moment)} {moment:%H:%M:%S}"
        )
        st.code(json.dumps(event["details"], ensure_ascii=False, indent=2), language="json", wrap_lines=True)
        st.caption(" · ".join((f"`{actor}`", t("Signature") + f" `{event['hash']}`")))


def _show_exports(screen: Screen, asked: Mapping[str, Any]) -> None:
    t = screen.t
    day = dt.datetime.now(screen.running.settings.zone).date()
    query = tuple(sorted((name, value) for name, value in asked.items() if value is not None))
    with st.popover(t("Download"), icon=ICON, key="audit-downloads"):
        st.caption(t("Every event of this search, not only this page."))
        link(screen, t("CSV"), Offer("audit", f"faxcloud-audit-{day}.csv", asked=query))
        link(screen, t("JSON"), Offer("audit", f"faxcloud-audit-{day}.json", format="json", asked=query))


def _verify(screen: Screen) -> None:
    with shown_errors(), st.spinner(screen.t("One moment…")):
        st.session_state[VERIFIED] = screen.services.audit.verify()


def _show_verification(t: Translator) -> None:
    found = st.session_state.pop(VERIFIED, None)
    if found is None:
        return
    if found.ok:
        st.success(
            t(
                "The log is intact: {events} events, each signed together with the previous one.",
                events=found.events,
            ),
            icon=":material/verified_user:",
        )
        return
    problems = "\n".join(f"- {in_markdown(problem, 300)}" for problem in found.problems[:20])
    st.error("**" + t("The log was altered.") + f"**\n\n{problems}", icon=":material/gpp_bad:")
