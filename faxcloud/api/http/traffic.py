"""Request counting of the API."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faxcloud.api.http.route_names import RouteNames
from faxcloud.services.monitoring.traffic import Traffic

UPGRADED = 101


class TrafficMiddleware:
    """ASGI middleware, the outermost of the API, so that refused and failed requests count too.

    Requests before the services exist are not counted: the counters are part of the services.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._names = RouteNames()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services = scope["app"].state.services if scope["type"] in ("http", "websocket") else None
        if services is None:
            await self._app(scope, receive, send)
            return
        traffic: Traffic = services.traffic
        began, status = time.perf_counter(), None

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = int(message["status"])
            elif message["type"] == "websocket.accept":
                status = UPGRADED
            await send(message)

        endpoint = self._names.of(scope)
        traffic.began()
        try:
            await self._app(scope, receive, sent)
        finally:
            lasted_s = None if status == UPGRADED else time.perf_counter() - began
            traffic.ended(endpoint, status, lasted_s)
