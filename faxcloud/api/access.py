"""The door of the whole server, pages included: which requests come in, and who sends them.

Refused before anything else sees them: host names that are not ours (DNS rebinding), requests that another
site makes a browser send, requests from elsewhere while no key was made, wrong keys. Everything else goes on
with the actor in `scope["state"]["actor"]` (None for whoever has shown no key), the client's address in
`scope["state"]["address"]`, and under `acting(…)`.

Without a key pass: the API, whose endpoints each ask for a permission (`requires`); the pages' scripts and
styles, which are Streamlit's own and the same everywhere; signing in. Everything else, the pages' web socket
included, needs a session or a key. Where accounts (OIDC) are configured the socket is accepted without, since
`st.login` happens inside a page: `ui.access.admit` shows nothing but the invitation then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from anyio import to_thread
from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from faxcloud.api.problems import problem_of
from faxcloud.config import Settings
from faxcloud.errors import (
    AccessError,
    CrossSite,
    FaxCloudError,
    HostRefused,
    KeyRefused,
    KeyRequired,
    LocalOnly,
    NotAllowed,
    StoreError,
    TooManyAttempts,
)
from faxcloud.rules.roles import PERMISSIONS, Permission
from faxcloud.services.actors import Actor, acting, nobody
from faxcloud.services.addresses import client_address, is_literal, is_loopback
from faxcloud.services.attempts import Attempts
from faxcloud.services.journal import Journal, Note
from faxcloud.services.keys import Keys
from faxcloud.services.sessions import COOKIE, Sessions

log = logging.getLogger(__name__)

Headers = dict[bytes, bytes]

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
OWN_SITE = (b"same-origin", b"none")
"""`none` is the visitor's own doing, such as a bookmark. `same-site` would be any other port of localhost."""

PUBLIC = (
    "/api/",
    "/static/",
    "/component/",
    "/_stcore/bidi-components/",
    "/auth/",
)
PUBLIC_PATHS = frozenset(
    (
        "/api",
        "/signin",
        "/signout",
        "/oauth2callback",
        "/_stcore/health",
        "/_stcore/host-config",
        "/favicon.png",
        "/manifest.json",
    )
)
MOST_HOSTS = 1_000


class Guarded(Protocol):
    """What the door needs of the services."""

    @property
    def settings(self) -> Settings: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def journal(self) -> Journal: ...


class AccessMiddleware:
    """Pure ASGI; nothing blocks the event loop, and a key that is remembered costs microseconds."""

    def __init__(self, app: ASGIApp, shared: Callable[[], Guarded]) -> None:
        self._app = app
        self._shared = shared
        self._guards: Guarded | None = None
        self._attempts = Attempts()
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
            state["address"] = address = _address(scope, headers, guards.settings)
            if b"x-forwarded-for" in headers:
                scope["client"] = (address, 0)  # for whoever asks without knowing of proxies
            self._check_host(scope, headers, guards.settings)
            _check_site(scope, headers, guards.settings)
            state["actor"] = actor = await self._actor(headers, address, guards)
            refusal = None if actor is not None else _refusal(scope, headers, guards.keys)
        except AccessError as error:
            await self.note_refusal(scope, error)
            refusal = problem_of(error)
        except StoreError as error:
            # Nothing can be read from a store that cannot be opened; the pages say so themselves.
            refusal = problem_of(error) if scope["path"].startswith("/api") else None
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
            return
        with acting(state["actor"] or nobody(address)):
            await self._app(scope, receive, send)

    async def note_refusal(self, scope: Scope, error: AccessError, permission: str = "") -> None:
        """Write a refused access to the audit log; not every one of somebody who does nothing else."""
        address = scope["state"]["address"]
        if self._guards is None or not self._attempts.failed(f"{type(error).__name__} {address}"):
            return
        details = {
            "reason": error.code,
            "method": scope.get("method", "WEBSOCKET"),
            # The route, not the address asked for, which may hold anything.
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
        """Whoever sends it; None when no key, no session is shown, or the session is over.

        Raises:
            KeyRefused, TooManyAttempts: a key is shown that is wrong.
            LocalOnly: nobody needs a key yet, and it does not come from this machine.
        """
        if not guards.keys.is_fresh:
            await to_thread.run_sync(guards.keys.look)
        if (key := _key(headers)) is not None:
            return guards.keys.remembered(key, address) or await to_thread.run_sync(
                self._authenticate, guards, key, address
            )
        if (cookie := _cookie(headers)) is not None:
            actor = guards.sessions.remembered(cookie, address) or await to_thread.run_sync(
                guards.sessions.actor, cookie, address
            )
            if actor is not None:
                return actor
        if not guards.keys.is_open():
            return None
        # Behind a proxy that is not named, everybody seems to be local.
        if not is_loopback(address) or _is_forwarded_by_a_stranger(headers, guards.settings):
            raise LocalOnly
        return Actor("local", "admin", address)

    def _authenticate(self, guards: Guarded, key: str, address: str) -> Actor:
        if wait_s := self._attempts.wait_s(address):
            raise TooManyAttempts(seconds=wait_s)
        try:
            return guards.keys.authenticate(key, address)
        except KeyRefused:
            self._attempts.failed(address)
            raise

    def _check_host(self, scope: Scope, headers: Headers, settings: Settings) -> None:
        host = headers.get(b"host")
        if host is None:  # no browser leaves it out
            return
        known = self._hosts.get(host)
        if known is None:
            known = _is_ours(host, scope, settings)
            if len(self._hosts) < MOST_HOSTS:
                self._hosts[host] = known
        if not known:
            raise HostRefused(host=host.decode("latin-1")[:100])


def requires(permission: Permission) -> Any:
    """A dependency: the actor, who has this permission.

    `Annotated[Actor, requires("rows.read")]`, or `dependencies=[requires("rows.read")]`. The endpoint runs
    under `acting(actor)` already. For web sockets too.

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
            error = NotAllowed(permission=permission, role=actor.role, needed=PERMISSIONS[permission])
        if error is not None:
            if "access" in state:
                await state["access"].note_refusal(connection.scope, error, permission)
            raise error
        assert actor is not None
        return actor

    admitted.permission = permission  # type: ignore[attr-defined]  # for the test that walks the routes
    return Depends(admitted)


def _named(permission: str) -> dict[str, str]:
    return {"permission": permission} if permission else {}


def _key(headers: Headers) -> str | None:
    """The key shown; None for none."""
    if (value := headers.get(b"x-api-key")) is not None:
        return value.decode(errors="surrogateescape")
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    return value.strip().decode(errors="surrogateescape") if scheme.lower() == b"bearer" else None


def _cookie(headers: Headers) -> str | None:
    for pair in headers.get(b"cookie", b"").split(b";"):
        name, _, value = pair.strip().partition(b"=")
        if name == COOKIE.encode():
            return value.decode("latin-1")
    return None


def _is_ours(host: bytes, scope: Scope, settings: Settings) -> bool:
    name = (urlsplit(b"//" + host).hostname or b"").decode("latin-1").rstrip(".")
    bound = (scope.get("server") or ("", 0))[0]
    # A page of another site can make a browser ask for any name, but not for an address of its own choosing.
    return (
        name == "localhost"
        or name.endswith(".localhost")
        or is_literal(name)
        or name in settings.host_names
        or name == bound
    )


def _check_site(scope: Scope, headers: Headers, settings: Settings) -> None:
    """Nothing where no other site makes the browser send this, or it is a mere visit.

    Raises:
        CrossSite: another site does.
    """
    is_reading = scope["type"] == "http" and scope["method"] in SAFE_METHODS
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        # A link on another site may open a page; it may not fetch, embed or post anything.
        is_visit = is_reading and headers.get(b"sec-fetch-mode") == b"navigate"
        if site not in OWN_SITE and not (is_visit and headers.get(b"sec-fetch-dest") == b"document"):
            raise CrossSite
        return
    origin = headers.get(b"origin")
    if origin is None or is_reading:
        return
    # Browsers leave Sec-Fetch-Site out on plain HTTP. A proxy may have put its own name into Host.
    there = urlsplit(origin.decode("latin-1"))
    if (
        there.netloc != headers.get(b"host", b"").decode("latin-1")
        and there.hostname not in settings.host_names
    ):
        raise CrossSite


def _address(scope: Scope, headers: Headers, settings: Settings) -> str:
    peer, port = scope.get("client") or ("", 0)
    forwarded = headers.get(b"x-forwarded-for")
    if forwarded is None:
        return str(peer)
    if port == 0:  # uvicorn has believed the header already, as it does for whatever comes over loopback
        peer = "127.0.0.1"
    return client_address(
        peer, [part.strip() for part in forwarded.decode("latin-1").split(",")], settings.proxy_networks
    )


def _is_forwarded_by_a_stranger(headers: Headers, settings: Settings) -> bool:
    return not settings.proxy_networks and (b"x-forwarded-for" in headers or b"forwarded" in headers)


def _refusal(scope: Scope, headers: Headers, keys: Keys) -> Response | None:
    """What somebody without a key gets; None where none is needed."""
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
