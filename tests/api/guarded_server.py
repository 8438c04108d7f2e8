"""Server behind the access middleware: an API with permissions, a page, a web socket, a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import anyio
import httpx
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from faxcloud.api.http.authentication import AccessMiddleware, requires
from faxcloud.api.http.problems import add_problems
from faxcloud.api.web.shares import share_routes
from faxcloud.api.web.signin import signin_routes
from faxcloud.config import Settings
from faxcloud.services.actors import Actor, current_actor
from faxcloud.wiring import Services, build


@dataclass(frozen=True)
class GuardedServer:
    """A server and what it stands on."""

    services: Services
    app: Starlette

    def ask(
        self,
        path: str = "/api/me",
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        *,
        client: tuple[str, int] = ("127.0.0.1", 50_000),
        data: Mapping[str, str] | None = None,
        host: str = "127.0.0.1:8501",
    ) -> httpx.Response:
        """One request from that address."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=client)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8501") as asking:
                return await asking.request(
                    method, path, headers={"Host": host, **dict(headers or {})}, data=data
                )

        return anyio.run(send)

    def connect(self, headers: Mapping[str, str] | None = None, path: str = "/_stcore/stream") -> list[str]:
        """The types of the messages that answer a web socket; the first says whether it is accepted."""
        sent: list[str] = []
        given = {"host": "127.0.0.1:8501", **dict(headers or {})}
        scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "scheme": "ws",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8501),
            "subprotocols": [],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"} if not sent else {"type": "websocket.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        anyio.run(self.app, scope, receive, send)
        return sent

    def audited(self) -> list[dict[str, Any]]:
        """The lines of the audit log, oldest first."""
        log = self.services.settings.logs_folder / "audit.log"
        return [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []


@contextmanager
def guarded_server(home: Path, **settings: Any) -> Iterator[GuardedServer]:
    """A server over a new store."""
    services = build(Settings(home=home, **settings))
    middleware = [Middleware(AccessMiddleware, shared=lambda: services)]
    routes = [
        Mount("/api", _api()),
        *signin_routes(lambda: services),
        *share_routes(lambda: services),
        WebSocketRoute("/_stcore/stream", _stream),
        Route("/{path:path}", _page, methods=["GET", "POST", "PUT"]),
    ]
    try:
        yield GuardedServer(services, Starlette(routes=routes, middleware=middleware))
    finally:
        services.close()


def _api() -> FastAPI:
    api = FastAPI()
    add_problems(api)

    @api.get("/me")
    async def me(actor: Annotated[Actor, requires("aggregates.read")], request: Request) -> dict[str, Any]:
        return actor.to_json() | {"acts": current_actor().name, "came_from": request.scope["client"][0]}

    @api.get("/health")
    def health() -> dict[str, str]:
        return {"acts": current_actor().name}

    @api.post("/things", dependencies=[requires("reports.import")])
    def change() -> dict[str, str]:
        return {"acts": current_actor().name}

    @api.get("/secrets/{name}", dependencies=[requires("keys.read")])
    def secrets(name: str) -> dict[str, str]:
        return {"name": name}

    return api


async def _page(request: Request) -> Response:
    return JSONResponse({"page": request.url.path, "acts": current_actor().name})


async def _stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()
