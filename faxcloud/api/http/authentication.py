"""Authentication middleware of the whole server, pages included, and permission checks of the API.

It refuses foreign host names (DNS rebinding), cross-site requests, requests from other machines while there
is no key, and wrong keys. All other requests continue with the actor in `scope["state"]["actor"]` (None
without a key), the client's address in `scope["state"]["address"]`, and under `acting(…)`.

No key is needed for the API, whose endpoints each check a permission (`requires`); for the pages' scripts
and styles, which are Streamlit's own and the same everywhere; for sign-in; and for reports shared by a link,
whose token is a key of its own. Everything else, the pages' web socket included, needs a session or a key.
Where accounts (OIDC) are configured the socket is accepted without one, since `st.login` happens inside a
page: `ui.access.admit` then shows nothing but the invitation to sign in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from faxcloud.api.http.problems import problem_of
from faxcloud.api.http.request_origin import (
    SAFE_METHODS,
    Headers,
    address_of,
    is_forwarded_by_a_stranger,
    is_own_name,
    name_host_as_origin,
    refuse_other_sites,
    scheme_of,
    session_cookie,
    shown_key,
)
from faxcloud.config import Settings
from faxcloud.domain.roles import Permission, not_allowed
from faxcloud.domain.views import RENAMED_PAGES
from faxcloud.errors import (
    AccessError,
    FaxCloudError,
    HostRefused,
    KeyRefused,
    KeyRequired,
    LocalOnly,
    StoreError,
    TooManyAttempts,
)
from faxcloud.services.access.client_addresses import is_loopback
from faxcloud.services.access.keys import Keys
from faxcloud.services.access.limits import client_of
from faxcloud.services.access.login_throttle import LoginThrottle
from faxcloud.services.access.sessions import Sessions
from faxcloud.services.actors import Actor, acting, nobody
from faxcloud.services.journal import Journal, Note

log = logging.getLogger(__name__)

PUBLIC = (
    "/api/",
    "/static/",
    "/component/",
    "/_stcore/bidi-components/",
    "/auth/",
    "/signin/",
    "/shared/",
)
PUBLIC_PATHS = frozenset(
    (
        "/api",
        "/signin",
        "/signout",
        "/dashboard",  # a redirect, as the next ones
        *(f"/{page}" for page in RENAMED_PAGES),
        "/oauth2callback",
        "/_stcore/health",
        "/_stcore/host-config",
        "/favicon.png",
        "/manifest.json",
        "/faxcloud.webmanifest",
        "/faxcloud-texts.js",
        "/icon-180.png",
        "/icon-192.png",
        "/icon-512.png",
    )
)
MOST_HOSTS = 1_000


class Guarded(Protocol):
    """Services that the middleware needs."""

    @property
    def settings(self) -> Settings: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def journal(self) -> Journal: ...


class AccessMiddleware:
    """ASGI middleware; it does not block the event loop, and a cached key costs microseconds."""

    def __init__(self, app: ASGIApp, shared: Callable[[], Guarded]) -> None:
        self._app = app
        self._shared = shared
        self._guards: Guarded | None = None
        self._attempts = LoginThrottle()
        self._hosts: dict[bytes, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers: Headers = dict(scope["headers"])
        state = scope.setdefault("state", {})
        state["access"], state["actor"] = self, None
        state["address"] = address = (scope.get("client") or ("", 0))[0]
        try:
            guards = self._guards or await self._opened()
            state["address"] = address = address_of(scope, headers, guards.settings)
            scope["scheme"] = scheme_of(scope, headers, guards.settings)
            if b"x-forwarded-for" in headers:
                scope["client"] = (address, 0)  # for code that does not know of proxies
            self._check_host(scope, headers, guards.settings)
            refuse_other_sites(scope, headers, guards.settings)
            name_host_as_origin(scope, headers)
            state["actor"] = actor = await self._actor(headers, address, guards)
            refusal = None if actor is not None else _refusal(scope, headers, guards.keys)
        except AccessError as error:
            await self.note_refusal(scope, error)
            refusal = problem_of(error)
        except StoreError as error:
            # A store that cannot be opened reveals nothing; the pages show its error.
            refusal = problem_of(error) if scope["path"].startswith("/api") else None
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
            return
        with acting(state["actor"] or nobody(address)):
            await self._app(scope, receive, send)

    async def note_refusal(self, scope: Scope, error: AccessError, permission: str = "") -> None:
        """Write a refused access to the audit log; repeated refusals of one client are limited."""
        address = scope["state"]["address"]
        if self._guards is None or not self._attempts.failed(
            f"{type(error).__name__} {client_of(None, address)}"
        ):
            return
        details = {
            "reason": error.code,
            "method": scope.get("method", "WEBSOCKET"),
            # The route, not the requested path, which may hold anything.
            "route": getattr(scope.get("route"), "path", ""),
        }
        note = Note("access.refused", outcome="refused", details=details | _named(permission))
        journal = self._guards.journal
        with acting(scope["state"]["actor"] or nobody(address)):
            try:
                await to_thread.run_sync(journal.write, note)
            except FaxCloudError as failure:
                log.warning("a refused access was not noted: %s", failure.message)

    async def _opened(self) -> Guarded:
        self._guards = await to_thread.run_sync(self._shared)
        return self._guards

    async def _actor(self, headers: Headers, address: str, guards: Guarded) -> Actor | None:
        """Actor of a request; None if it has no key and no session, or the session is over.

        Raises:
            KeyRefused, TooManyAttempts: the key is wrong.
            LocalOnly: there is no key yet, and the request comes from another machine.
        """
        if not guards.keys.is_fresh:
            await to_thread.run_sync(guards.keys.look)
        if (key := shown_key(headers)) is not None:
            return guards.keys.remembered(key, address) or await to_thread.run_sync(
                self._authenticate, guards, key, address
            )
        if (cookie := session_cookie(headers)) is not None:
            actor = guards.sessions.remembered(cookie, address) or await to_thread.run_sync(
                guards.sessions.actor, cookie, address
            )
            if actor is not None:
                return actor
        if not guards.keys.is_open():
            return None
        # Behind a proxy that is not named, everybody seems to be local.
        if not is_loopback(address) or is_forwarded_by_a_stranger(headers, guards.settings):
            raise LocalOnly
        return Actor("local", "admin", address)

    def _authenticate(self, guards: Guarded, key: str, address: str) -> Actor:
        client = client_of(None, address)
        # Wrong guesses of others at this address must not lock out a key that was right before.
        wait_s = self._attempts.wait_s(client, key, guards.settings.wrong_keys)
        if wait_s and not guards.keys.has_verified(key):
            raise TooManyAttempts(seconds=wait_s)
        try:
            return guards.keys.authenticate(key, address)
        except KeyRefused:
            self._attempts.failed(client, key, guards.settings.wrong_keys)
            raise

    def _check_host(self, scope: Scope, headers: Headers, settings: Settings) -> None:
        host = headers.get(b"host")
        if host is None:  # every browser sends it
            return
        known = self._hosts.get(host)
        if known is None:
            known = is_own_name(host, scope, settings)
            if len(self._hosts) < MOST_HOSTS:
                self._hosts[host] = known
        if not known:
            raise HostRefused(host=host.decode("latin-1")[:100])


def requires(permission: Permission) -> Any:
    """Dependency that checks a permission and returns the actor.

    Use: `Annotated[Actor, requires("rows.read")]`, or `dependencies=[requires("rows.read")]`. The endpoint
    runs under `acting(actor)` already. Works for web sockets too.

    Raises:
        KeyRequired, NotAllowed: by the dependency, at each request.
    """

    async def admitted(connection: HTTPConnection) -> Actor:
        state = connection.scope.get("state", {})
        actor: Actor | None = state.get("actor")
        error: AccessError | None = None
        if actor is None:
            error = KeyRequired()
        elif not actor.may(permission):
            error = not_allowed(actor.role, permission)
        if error is not None:
            if "access" in state:
                await state["access"].note_refusal(connection.scope, error, permission)
            raise error
        assert actor is not None
        return actor

    admitted.permission = permission  # type: ignore[attr-defined]  # for the test that walks the routes
    from fastapi import Depends  # imported late: the middleware itself needs no FastAPI

    return Depends(admitted)


def _named(permission: str) -> dict[str, str]:
    return {"permission": permission} if permission else {}


def _refusal(scope: Scope, headers: Headers, keys: Keys) -> Response | None:
    """Response to a request without a key; None where no key is needed."""
    path = scope["path"]
    if path in PUBLIC_PATHS or path.startswith(PUBLIC) or keys.has_accounts:
        return None
    wants_page = headers.get(b"sec-fetch-dest") == b"document" or b"text/html" in headers.get(b"accept", b"")
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS and wants_page:
        query = scope["query_string"].decode("latin-1")
        there = f"{path}?{query}" if query else path
        return RedirectResponse(f"/signin?next={quote(there, safe='')}", 303, {"Cache-Control": "no-store"})
    return problem_of(KeyRequired())


async def _refuse(refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
    else:
        await refusal(scope, receive, send)
