"""API keys section: create a key, show it once, list and revoke keys."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import streamlit as st

from faxcloud.domain.masking import Names
from faxcloud.domain.roles import ROLE_NAMES, ROLES, Role
from faxcloud.i18n import N_, Translator
from faxcloud.services.access.keys import who
from faxcloud.ui.access import can, draw_handover, require, sign_in
from faxcloud.ui.admin.accounts import show_accounts
from faxcloud.ui.admin.secret import Secret, keep_secret, show_secret
from faxcloud.ui.charts.template import colours
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.filters.import_list import ready_reports
from faxcloud.ui.filters.selection import report_name
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.tables import Field, show_table

PLACE = "keys"
ROUND = "made_keys"
"""Number of keys made: a new number gives an empty form."""

LIFETIMES: dict[int | None, str] = {
    30: N_("30 days"),
    90: N_("90 days"),
    365: N_("one year"),
    None: N_("never"),
}
VIEWER_SAYS: dict[Names, str] = {
    "hidden": N_("figures, and faxes with masked numbers and without user names"),
    "initials": N_("figures, and faxes with masked numbers and the initials of users"),
    "shown": N_("figures, and faxes with masked numbers"),
}
ROLE_SAYS: dict[Role, str] = {
    "analyst": N_("faxes in full, exports, imports, re-validation"),
    "admin": N_("everything, this page included"),
}


def show_access(screen: Screen) -> None:
    """Access section: API keys, then accounts."""
    require("keys.read")
    t = screen.t
    is_open = screen.services.keys.is_open()
    draw_handover()
    secret = st.container()
    if is_open:
        st.info(
            t(
                "**No key has been created yet: anyone on this machine may do everything.** After "
                "the first key, which is an administrator's, pages and API require everybody to sign "
                "in."
            ),
            icon=":material/lock_open:",
        )
    if can("keys.change") and _show_form(screen, is_open=is_open):
        st.rerun()
    with secret:
        show_secret(t, PLACE)
    rows = screen.services.keys.list()
    st.header(t("Keys"), anchor=False)
    if rows:
        _show_keys(screen, rows)
    else:
        st.caption(t("No key yet."))
    show_accounts(screen)


def _show_form(screen: Screen, *, is_open: bool) -> bool:
    """Form for a new key; returns whether one was made, which is then stored to be shown once."""
    t = screen.t
    made_before: int = st.session_state.get(ROUND, 0)
    reports = {report["report_id"]: report for report in ready_reports(screen)}
    contracts = sorted({report["contract"] for report in reports.values() if report.get("contract")})
    with (
        st.expander(t("Create a key"), icon=":material/add:", expanded=is_open, key="new-key"),
        st.form(f"create-key-{made_before}", border=False),
    ):
        with st.container(horizontal=True):
            name = st.text_input(t("Name"), max_chars=100, placeholder=t("owner or purpose"), width=320)
            role = _choose_role(screen, is_open=is_open)
            days = st.selectbox(
                t("Valid for"), list(LIFETIMES), index=2, format_func=lambda key: t(LIFETIMES[key]), width=180
            )
        some_reports, some_contracts = ([], []) if is_open else _choose_scope(t, reports, contracts)
        submitted = st.form_submit_button(t("Create the key"), type="primary", icon=":material/key:")
    if not submitted:
        return False
    with shown_errors():
        ends = None if days is None else dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        made = screen.services.keys.create(
            name, role, expires_at=ends, reports=some_reports or None, contracts=some_contracts or None
        )
        explanation = t("Programs send it in the header `X-API-Key`; people sign in with it.")
        keep_secret(PLACE, Secret(t("The new key “{name}”", name=in_markdown(name)), explanation, made.key))
        st.session_state[ROUND] = made_before + 1
        if is_open:  # from now on the store asks for a key, this page included
            sign_in(made.key)
    return bool(st.session_state.get(ROUND, 0) > made_before)


def _choose_role(screen: Screen, *, is_open: bool) -> Role:
    t = screen.t
    roles: tuple[Role, ...] = ("admin",) if is_open else ROLES
    says = {"viewer": VIEWER_SAYS[screen.running.settings.viewer_names], **ROLE_SAYS}
    return st.selectbox(
        t("Role"),
        roles,
        format_func=lambda role: f"{t(ROLE_NAMES[role])} – {t(says[role])}",
        width=680,
    )


def _choose_scope(
    t: Translator, reports: Mapping[str, dict[str, Any]], contracts: list[str]
) -> tuple[list[str], list[str]]:
    with st.container(horizontal=True):
        some_reports = st.multiselect(
            t("Only these imports"),
            list(reports),
            format_func=lambda key: report_name(t, reports[key]),
            placeholder=t("All imports"),
            width=680,
        )
        some_contracts = st.multiselect(
            t("Only these contracts"), contracts, placeholder=t("All contracts"), width=320
        )
    return some_reports, some_contracts


def _show_keys(screen: Screen, rows: list[dict[str, Any]]) -> None:
    t = screen.t
    trouble = colours(screen).invalid
    usable = t("usable")
    names = screen.services.keys.names()
    named = [
        {
            **row,
            "created_by": who(t, names, row["created_by"]),
            "state": usable
            if row["is_usable"]
            else t.pgettext("key", "revoked")
            if row["revoked_at"]
            else t.pgettext("key", "expired"),
            "role_name": t(_role_name(row)),
            "scope": _scope(t, row),
        }
        for row in rows
    ]
    fields = [
        Field("name", t("Name"), width="medium"),
        Field("role_name", t("Role"), width=120),
        Field("state", t("State"), width=100, colour=lambda state: None if state == usable else trouble),
        Field("last_used_at", t("Last used"), "time", width=150),
        Field("expires_at", t("Expires"), "time", width=150),
        Field("scope", t("Sees"), width=160),
        Field("key_id", t("Key ID"), width=130),
        Field("created_at", t("Created"), "time", width=150),
        Field("created_by", t("By"), width=150),
    ]
    with st.container(key="keys"):
        # A new widget key for each new API key resets the selection, which would point to another one.
        key = f"keys-{len(rows)}"
        chosen = show_table(screen, named, fields, key=key, selectable=can("keys.change"))
    if not can("keys.change"):
        return
    st.caption(t("Select a key to revoke it."))
    if chosen is None or rows[chosen]["revoked_at"]:
        return
    row = rows[chosen]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{in_markdown(row['name'])}**", width="content")
        if st.button(t("Revoke"), icon=":material/key_off:", key="revoke-key"):
            _ask_revocation(screen, row)


def _scope(t: Translator, row: Mapping[str, Any]) -> str:
    if row["reports"] is None and row["contracts"] is None:
        return t("all imports")
    parts = []
    if row["reports"]:
        parts.append(t.ngettext("{count} import", "{count} imports", len(row["reports"])))
    if row["contracts"]:
        parts.append(t.ngettext("{count} contract", "{count} contracts", len(row["contracts"])))
    return ", ".join(parts)


def _ask_revocation(screen: Screen, row: Mapping[str, Any]) -> None:
    t = screen.t
    ask(
        t("Revoke this key?"),
        t(
            "{name}: programs that use it are refused at once, and people signed in with it are "
            "signed out. This cannot be undone.",
            name=in_markdown(row["name"]),
        ),
        t("Revoke"),
        lambda: screen.services.keys.revoke(row["key_id"]),
    )


def _role_name(row: dict[str, Any]) -> str:
    return ROLE_NAMES[row["role"]]
