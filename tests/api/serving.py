"""API server on a real port, as the product mounts it, with a client for it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.types import ASGIApp

from faxcloud import wiring
from faxcloud.api.app import create_api
from faxcloud.api.http.authentication import AccessMiddleware
from faxcloud.api.http.mounting import mounted
from faxcloud.config import Settings
from faxcloud.services.sample.export import SampleFacts, write_sample
from faxcloud.wiring import Services
from tests.live_server import serving

ADMIN_KEY = "an-administrator-of-the-tests"
MANY = "1000000/second"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Made once: for each client httpx would read all certificates of the machine, which takes 25 ms."""


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    url: str
    services: Services
    app: Starlette

    def client(self, **options: Any) -> httpx.Client:
        """A client whose addresses begin at the server's."""
        return httpx.Client(base_url=self.url, timeout=60, verify=NO_TLS, **options)


@contextmanager
def served(home: Path, **settings: Any) -> Iterator[Server]:
    """A server over the store in `home`, with its own event loop."""
    services = wiring.build(Settings(home=home, **{"rate_limit": MANY, **settings}))
    api = create_api(lambda: services)
    app = Starlette(routes=[mounted(api)])
    guarded_server: ASGIApp = AccessMiddleware(app, lambda: services)
    try:
        with serving(guarded_server) as url:
            yield Server(url, services, app)
    finally:
        services.close()


def with_sample(home: Path, rows: int = 400) -> tuple[SampleFacts, str]:
    """A store with one report of invented faxes; what is in it, and the report's id."""
    facts = write_sample(home.with_name(f"{home.name}.csv"), rows)
    services = wiring.build(Settings(home=home))
    try:
        return facts, services.imports.import_file(facts.path, contract="C-7").report_id
    finally:
        services.close()
