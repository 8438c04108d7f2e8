"""Access log: one record for each request, to pages and API alike (FAXCLOUD_LOG_FORMAT=json)."""

from __future__ import annotations

import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("faxcloud.access")

# What follows is a secret: the token of a shared report, a download's or a session's ticket.
_SECRET = re.compile(r"^/(shared|download|signin|media|_stcore/upload_file)/.*", re.DOTALL)


class AccessLog:
    """ASGI middleware of the access log. The query is left out: it may hold names and numbers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        began, status, sent_bytes = time.perf_counter(), 0, 0
        peer = (scope.get("client") or ("", 0))[0]

        async def count(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = int(message["status"])
            elif message["type"] == "websocket.accept":
                status = 101
            elif message["type"] == "websocket.close":
                status = status or 403
            sent_bytes += len(message.get("body") or message.get("bytes") or b"")
            await send(message)

        try:
            await self._app(scope, receive, count)
        finally:
            state = scope.get("state", {})
            actor = state.get("actor")
            fields = {
                "method": scope.get("method", "WEBSOCKET"),
                "path": _SECRET.sub(r"/\1/…", scope["path"]),
                "status": status or 500,
                "bytes": sent_bytes,
                "duration_s": round(time.perf_counter() - began, 4),
                "address": state.get("address", peer),
                "actor": "" if actor is None else actor.name,
            }
            log.info("%s %s %s", fields["method"], fields["path"], fields["status"], extra={"fields": fields})
