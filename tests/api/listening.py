"""Webhook and stream routers on a real server, behind the access middleware, over a real store."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from websockets.sync.client import ClientConnection, connect

from faxcloud.api.http.authentication import AccessMiddleware
from faxcloud.api.http.etags import ResponseCache
from faxcloud.api.http.problems import add_problems
from faxcloud.api.routes import stream, webhooks
from faxcloud.config import Settings
from faxcloud.wiring import Services, build
from tests.live_server import serving


@dataclass
class Listening:
    """A server that listens.

    Attributes:
        keys: By role, made as asked for.
    """

    services: Services
    address: str
    api: FastAPI
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, role: Any, **limits: Any) -> str:
        return self.services.keys.create(f"{role} {len(self.keys)}", role, **limits).key

    def ask(self, method: str, path: str, key: str | None = None, **request: Any) -> httpx.Response:
        headers = request.pop("headers", {}) | ({"X-API-Key": key} if key else {})
        return httpx.request(method, f"{self.address}/api/v3{path}", headers=headers, timeout=30, **request)

    @contextlib.contextmanager
    def stream(self, key: str | None = None, **options: Any) -> Iterator[ClientConnection]:
        headers = {"X-API-Key": key} if key else {}
        with connect(
            f"ws{self.address.removeprefix('http')}/api/v3/stream", additional_headers=headers, **options
        ) as connection:
            yield connection


def next_message(connection: ClientConnection) -> Any:
    """Within half a minute."""
    return json.loads(connection.recv(timeout=30))


@contextlib.contextmanager
def listening(home: Path, **settings: Any) -> Iterator[Listening]:
    """A server over a new store."""
    services = build(Settings(home=home, **settings))
    api = FastAPI(redirect_slashes=False)
    api.state.shared, api.state.services, api.state.answers = (lambda: services), services, ResponseCache()
    add_problems(api)
    for noun in (webhooks, stream):
        api.include_router(noun.router)
    app = Starlette(
        routes=[Mount("/api", api)], middleware=[Middleware(AccessMiddleware, shared=lambda: services)]
    )
    try:
        with serving(app) as address:
            yield Listening(services, address, api)
    finally:
        services.close()
