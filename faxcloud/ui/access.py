"""Sign-in and permission checks of the pages, repeated at every question.

A key that is revoked therefore ends its session at once.

The pages' web socket is accepted with a session only (see api/http/authentication.py), save where accounts
(OIDC) are configured; either way nothing is drawn before `admit`. Fragments, dialogs and button callbacks
run without the frame's script, so nothing relies on `admit` alone: services call `current_actor()`, which
calls `visitor` in every thread of Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from faxcloud.domain.roles import ROLE_NAMES, Permission
from faxcloud.i18n import Translator
from faxcloud.services.access.sessions import COOKIE
from faxcloud.services.actors import NOBODY, Actor, current_actor, find_actors_with, nobody
from faxcloud.ui.language import current_translator
from faxcloud.ui.running import running
from faxcloud.ui.safe_text import in_markdown

SESSION, HANDOVER = "session_cookie", "session_ticket"
"""Keys of the page's state: cookie and ticket of a session that began in the page."""


def visitor() -> Actor | None:
    """The signed-in actor for whom this thread draws a page; None outside of a page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    # Streamlit's AppTest returns mock objects for values that a browser does not send.
    address = st.context.ip_address
    address = address if isinstance(address, str) else "127.0.0.1"
    return _known(address) or nobody(address)


def sign_in(key: str) -> None:
    """Sign the visitor in with a key: this page at once, the browser by `draw_handover`.

    Raises:
        KeyRefused: the key is unknown, revoked or expired.
    """
    sessions = running().services.sessions
    address = st.context.ip_address
    cookie = sessions.begin(key, address if isinstance(address, str) else "127.0.0.1")
    st.session_state[SESSION] = cookie
    st.session_state[HANDOVER] = sessions.hand_over(cookie)


def draw_handover() -> None:
    """Hand the cookie of a session that `sign_in` began to the browser, through an image of no size.

    Streamlit cannot set a cookie. Without it the next page load and every download would ask for the key.
    """
    if (ticket := st.session_state.get(HANDOVER)) is not None:
        st.html(f'<img src="signin/{ticket}" alt="" width="0" height="0">', width="content")


def admit() -> Actor:
    """Access check at the start of a page.

    Returns the visitor; without one, draws an invitation to sign in and ends the script.
    """
    find_actors_with(visitor)
    actor = visitor()
    if actor is None or actor.name == NOBODY:
        _invite(current_translator())
        st.stop()
    return actor


def is_admitted() -> bool:
    """Whether the open page may still be shown to this visitor; False once the key was revoked."""
    actor = visitor()
    return actor is not None and actor.name != NOBODY


def require(permission: Permission) -> None:
    """Check that the visitor has a permission.

    Raises:
        NotAllowed: otherwise; `shown_errors` says so.
    """
    current_actor().require(permission)


def can(permission: Permission) -> bool:
    """Whether the visitor has a permission. Controls without it are not drawn."""
    return current_actor().may(permission)


def show_visitor(t: Translator) -> None:
    """User menu: who is signed in, and sign-out; empty for the local user of a server without keys."""
    actor = current_actor()
    if actor.name.startswith("user:"):
        st.caption(t("Signed in as {name}, {role}.", name=_name(actor), role=t(ROLE_NAMES[actor.role])))
        st.button(t("Sign out"), on_click=st.logout, key="sign-out", icon=":material/logout:")
    elif actor.name.startswith("key:"):
        name = in_markdown(running().services.keys.name_of(actor))
        st.caption(t("Signed in with key {name}, {role}.", name=name, role=t(ROLE_NAMES[actor.role])))
        # A form, since a Streamlit page cannot delete a cookie; the server refuses forms of other sites.
        label = escape(t("Sign out"))
        st.html(f'<form method="post" action="signout"><button class="in-this-tab">{label}</button></form>')


def account_actor(user: Mapping[str, Any], address: str) -> Actor | None:
    """Actor of an OIDC account's claims (`st.user`); None for nobody, or where accounts are not offered."""
    services = running().services
    if not services.keys.has_accounts or not user.get("is_logged_in") or user.get("email_verified") is False:
        return None
    account = user.get("email") or user.get("sub")
    return services.accounts.actor(str(account), address) if account else None


def _known(address: str) -> Actor | None:
    services = running().services
    if services.keys.is_open():
        return Actor("local", "admin", address)  # the socket was refused to anybody else
    for cookie in (st.context.cookies.get(COOKIE), st.session_state.get(SESSION)):
        if isinstance(cookie, str) and (actor := services.sessions.actor(cookie, address)) is not None:
            return actor
    return account_actor(st.user, address)


def _name(actor: Actor) -> str:
    return actor.name.partition(":")[2]


def _invite(t: Translator) -> None:
    has_accounts = running().services.keys.has_accounts
    refused = has_accounts and bool(st.user.get("is_logged_in"))
    st.header(t("Sign in"), anchor=False)
    if refused:
        st.error(
            t("Your account has no access to FaxCloud. Ask your administrator."), icon=":material/block:"
        )
        st.button(t("Sign out"), on_click=st.logout, key="sign-out", icon=":material/logout:")
    else:
        st.markdown(t("Sign in to see faxes."))
    with st.container(horizontal=True):
        if has_accounts and not refused:
            st.button(t("Sign in with your account"), on_click=st.login, key="sign-in", type="primary")
        page = (st.context.url or "").partition("?")[0].rpartition("/")[2]  # below whatever path a proxy adds
        # st.link_button would open a new tab.
        target, label = f"signin?next=%2F{quote(page, safe='')}", escape(t("Sign in with a key"))
        st.html(f'<a class="in-this-tab" href="{target}">{label}</a>', width="content")
