"""Accounts section: accounts of the identity provider and the role of each."""

import streamlit as st

from faxcloud.domain.roles import ROLE_NAMES, ROLES
from faxcloud.i18n import N_, Translator
from faxcloud.services.access.accounts import DEFAULT_ROLE, EVERYBODY, NO_ENTRY
from faxcloud.ui.access import can
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.confirming import ask
from faxcloud.ui.widgets.tables import Field, show_table

ROUND = "changed_accounts"
CHOICES = {**ROLE_NAMES, NO_ENTRY: N_("no access")}


def show_accounts(screen: Screen) -> None:
    """Table of roles by account; only a sentence where no identity provider is configured."""
    t = screen.t
    services = screen.services
    st.header(t("Accounts"), anchor=False)
    if not services.keys.has_accounts:
        st.caption(
            t(
                "No identity provider is configured. With an `[auth]` section in "
                "`.streamlit/secrets.toml`, people sign in with their own accounts (OIDC) and get "
                "their roles here."
            )
        )
        return
    roles = {EVERYBODY: DEFAULT_ROLE, **services.accounts.roles()}
    rows = [
        {"account": _account(t, account), "role": t(CHOICES.get(role, role))}
        for account, role in roles.items()
    ]
    fields = [Field("account", t("Account"), width="large"), Field("role", t("Role"), width=160)]
    # A new key after a removal resets the selection, which would point to another account.
    key = f"accounts-{len(rows)}"
    chosen = show_table(screen, rows, fields, key=key, selectable=can("keys.change"))
    if not can("keys.change"):
        return
    account = None if chosen is None else list(roles)[chosen]
    if account in services.accounts.roles() and st.button(
        t("Remove the role"), icon=":material/person_remove:", key="remove-account"
    ):
        _ask_removal(screen, str(account))
    _show_form(screen)


def _show_form(screen: Screen) -> None:
    t = screen.t
    with (
        st.form(f"account-{st.session_state.get(ROUND, 0)}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        account = st.text_input(
            t("Account"), placeholder=t("e-mail address, or * for everybody else"), width=320
        )
        role = st.selectbox(t("Role"), (*ROLES, NO_ENTRY), format_func=lambda key: t(CHOICES[key]), width=180)
        submitted = st.form_submit_button(t("Give this role"), icon=":material/person_add:")
    if submitted and account.strip():
        with shown_errors():
            screen.services.accounts.set_role(account, role)
            st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
            st.rerun()


def _account(t: Translator, account: str) -> str:
    return t("everybody else") if account == EVERYBODY else account


def _ask_removal(screen: Screen, account: str) -> None:
    t = screen.t
    ask(
        t("Remove this role?"),
        t(
            "{account} now has the role of everybody else.",
            account=in_markdown(_account(t, account)),
        ),
        t("Remove"),
        lambda: screen.services.accounts.set_role(account, None),
    )
