"""Share links of a report: created in a dialog, shown once with a QR code, listed, revoked."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from faxcloud.domain.masking import NAMES, Names
from faxcloud.i18n import LANGUAGES, N_, Translator
from faxcloud.languages import LOCALES
from faxcloud.services.access.client_addresses import is_loopback
from faxcloud.services.access.keys import who
from faxcloud.services.papers.paper import Paper
from faxcloud.services.papers.shares import LIFETIMES_DAYS, LONGEST_TITLE, NewShare
from faxcloud.ui.access import can
from faxcloud.ui.address import folder_of
from faxcloud.ui.charts.template import colours
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.filters.selection import report_name
from faxcloud.ui.language import current_translator
from faxcloud.ui.safe_text import in_markdown, plain
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.tables import Field, show_table

LIFETIME_NAMES: Mapping[int, str] = {
    1: N_("one day"),
    7: N_("one week"),
    30: N_("30 days"),
    90: N_("90 days"),
}
NAMES_SHOWN: Mapping[Names, str] = {
    "hidden": N_("hidden"),
    "initials": N_("initials"),
    "shown": N_("shown"),
}
MADE = "made-share"


def ask_share(screen: Screen, paper: Paper) -> None:
    """Dialog that creates a link and shows it once; the link cannot be read again after it was closed."""
    st.session_state.pop(MADE, None)

    @st.dialog(current_translator()("Share by link"))
    def dialog() -> None:
        t = current_translator()
        with shown_errors():
            made: NewShare | None = st.session_state.get(MADE)
            if made is None:
                made = _form(screen, paper, t)
            if made is not None:
                _show_link(screen, made, t)

    dialog()


def _form(screen: Screen, paper: Paper, t: Translator) -> NewShare | None:
    place = st.empty()
    with place.container():
        st.markdown(
            t("Anyone with the link sees this report, and nothing else, without signing in until it expires.")
        )
        title = st.text_input(
            t("Title"), value=plain(paper.title, LONGEST_TITLE), max_chars=LONGEST_TITLE, key="share-title"
        )
        with st.container(horizontal=True):
            days = st.selectbox(
                t("Expires after"),
                LIFETIMES_DAYS,
                index=1,
                format_func=lambda days: t(LIFETIME_NAMES[days]),
                key="share-days",
                width=180,
            )
            language = st.segmented_control(
                t("Language"),
                LANGUAGES,
                default=t.language,
                required=True,
                format_func=lambda key: LOCALES[key].name,
                key="share-language",
            )
        masked = st.toggle(t("Mask numbers and leave out e-mail addresses"), value=True, key="share-masked")
        names = st.segmented_control(
            t("User names"),
            NAMES,
            default="hidden",
            required=True,
            format_func=lambda names: t(NAMES_SHOWN[names]),
            key="share-names",
        )
        if not masked:
            st.warning(
                t("Anyone with the link can read complete numbers.")
                if names != "shown"
                else t("Anyone with the link can read complete numbers and rejected records."),
                icon=":material/visibility:",
            )
        if not st.button(t("Create the link"), type="primary", icon=":material/link:", key="share-create"):
            return None
        made = screen.services.shares.create(
            paper.filters, title=title, language=language, days=days, masked=masked, names=names
        )
    place.empty()
    st.session_state[MADE] = made
    return made


def _show_link(screen: Screen, made: NewShare, t: Translator) -> None:
    from faxcloud.presentation.qr import qr_png

    address = _server(screen) + made.path
    st.markdown("**" + t("The link") + "**")
    st.code(address, language=None, wrap_lines=True)
    code = qr_png(address)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(code, width=190, caption=t("The link as QR code"))
        with st.container(width="content"):
            st.download_button(
                t("QR code (PNG)"),
                code,
                "faxcloud-link.png",
                "image/png",
                on_click="ignore",
                icon=":material/download:",
                key="share-qr",
            )
            st.caption(
                t("Valid until {moment}", moment=t.datetime(made.expires_at, screen.running.settings.zone))
            )
    st.warning(
        t("It is shown only once. Copy it now: it can be revoked, but not shown again."),
        icon=":material/visibility_off:",
    )
    host = urlsplit(address).hostname or ""
    if host == "localhost" or is_loopback(host):
        st.info(
            t(
                "This address only works on this machine; set FAXCLOUD_PUBLIC_URL to the address that "
                "others use."
            ),
            icon=":material/info:",
        )


def _server(screen: Screen) -> str:
    """Public base URL of this server: as configured, else as this visitor reaches it."""
    return screen.running.settings.public_url or folder_of(st.context.url or "http://localhost/")


def show_links(screen: Screen, reports: list[dict[str, Any]]) -> None:
    """All links that the visitor may revoke, active ones first."""
    t = screen.t
    rows = sorted(screen.services.shares.list(), key=lambda row: not row["is_live"])
    if not rows:
        st.info(t("No link has been created yet. “Share by link” creates one."), icon=":material/link_off:")
        return
    file_names = {report["report_id"]: report_name(t, report) for report in reports}
    trouble = colours(screen).invalid
    live = t.pgettext("link", "active")
    key_names = screen.services.keys.names()
    named = [
        {
            **row,
            "created_by": who(t, key_names, row["created_by"]),
            "what": _what(t, row, file_names),
            "state": live
            if row["is_live"]
            else t.pgettext("link", "revoked")
            if row["revoked_at"]
            else t.pgettext("link", "expired"),
            "shows": t("masked") if row["masked"] else t("in full"),
            "names": t(shown_names),
        }
        for row, shown_names in ((row, NAMES_SHOWN[row["names"]]) for row in rows)
    ]
    fields = [
        Field("what", t("Report"), width="large"),
        Field("state", t("State"), width=90, colour=lambda state: None if state == live else trouble),
        Field("opened", t("Times opened"), "count", width=80),
        Field("last_opened_at", t("Last opened"), "time", width=150),
        Field("expires_at", t("Expires"), "time", width=150),
        Field("shows", t("Numbers shown"), width=120),
        Field("names", t("User names"), width=120),
        Field("created_at", t("Created"), "time", width=150),
        Field("created_by", t("By"), width=150),
    ]
    st.caption(t("Select a link to revoke it."))
    with st.container(key="links"):
        # A new key for each new link resets the selection, which would point to another link.
        key = f"links-{len(rows)}"
        chosen = show_table(screen, named, fields, key=key, selectable=can("shares.change"))
    if chosen is None or not rows[chosen]["is_live"]:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{in_markdown(named[chosen]['what'])}**", width="content")
        if st.button(t("Revoke"), icon=":material/link_off:", key="revoke-link"):
            _ask_revocation(screen, rows[chosen]["share_id"], named[chosen]["what"])


def _what(t: Translator, row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if row["title"]:
        return str(row["title"])
    filters = row["filters"]
    if report_id := filters.get("report"):
        return names.get(report_id, report_id)
    return " – ".join(filters[name] for name in ("start_date", "end_date") if name in filters) or t(
        "All dates"
    )


def _ask_revocation(screen: Screen, share_id: str, what: str) -> None:
    t = screen.t
    ask(
        t("Revoke this link?"),
        t("{title}: the link no longer shows the report.", title=in_markdown(what)),
        t("Revoke"),
        lambda: screen.services.shares.revoke(share_id),
    )
