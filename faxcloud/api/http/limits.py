"""Rate limits of the API, reported in each response (draft-ietf-httpapi-ratelimit-headers-11)."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faxcloud.api.http.problems import problem_of, problem_response
from faxcloud.api.http.route_names import RouteNames
from faxcloud.api.http.services import services_of
from faxcloud.errors import FaxCloudError
from faxcloud.services.access.limits import Limits, client_of
from faxcloud.services.access.quotas import Verdict

if TYPE_CHECKING:
    from faxcloud.services.actors import Actor

UNLIMITED = frozenset(("GET /api/v3/health", "HEAD /api/v3/health"))
"""Health probes are not limited: a 429 would take the server out of service."""

BEGINNINGS = ("http.response.start", "websocket.accept", "websocket.http.response.start")
"""ASGI messages that carry response headers."""

POLICY = "default"
"""Name of the limit in both header fields."""


class LimitMiddleware:
    """ASGI middleware inside the API, after authentication, which identifies the client.

    Web sockets count when they are opened.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._names = RouteNames()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if self._names.of(scope) in UNLIMITED:
            await self._app(scope, receive, send)
            return
        try:
            limits: Limits = (await services_of(HTTPConnection(scope))).limits
        except FaxCloudError as error:  # the store cannot be opened; no exception handler is further in
            await problem_of(error)(scope, receive, send)
            return
        verdict = await self._judged(limits, scope)
        fields = _fields(verdict)

        async def sent(message: Message) -> None:
            if message["type"] in BEGINNINGS:
                message["headers"] = [*message.get("headers", ()), *fields]
            await send(message)

        if verdict.allowed:
            await self._app(scope, receive, sent)
        else:
            await _refusal(verdict)(scope, receive, sent)

    async def _judged(self, limits: Limits, scope: Scope) -> Verdict:
        state = scope.get("state", {})
        actor: Actor | None = state.get("actor")
        address = state.get("address") or (scope.get("client") or ("", 0))[0]
        client = client_of(None if actor is None else actor.name, address)
        role = None if actor is None else actor.role
        endpoint = self._names.of(scope)
        if limits.may_wait:
            return await run_in_threadpool(limits.hit, endpoint, client, role)
        return limits.hit(endpoint, client, role)


def _fields(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    reset_s = math.ceil(verdict.reset_s)
    return [
        (b"ratelimit-policy", f'"{POLICY}";q={verdict.limit};w={verdict.window_s}'.encode()),
        (b"ratelimit", f'"{POLICY}";r={verdict.remaining};t={reset_s}'.encode()),
    ]


def _refusal(verdict: Verdict) -> ASGIApp:
    wait_s = max(1, math.ceil(verdict.reset_s))
    return problem_response(
        HTTPStatus.TOO_MANY_REQUESTS,
        "limits.exceeded",
        "Too many requests",
        f"At most {verdict.limit} requests in {verdict.window_s} seconds are answered at this address.",
        f"Try again in {wait_s} seconds.",
        {"Retry-After": str(wait_s)},
    )
