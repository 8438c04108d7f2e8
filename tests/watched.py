"""Monitored store: with counters, rate limits and health checks, and the API over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI, WebSocket

from faxcloud.api.http.authentication import AccessMiddleware
from faxcloud.api.http.limits import LimitMiddleware
from faxcloud.api.http.problems import add_problems
from faxcloud.api.http.traffic import TrafficMiddleware
from faxcloud.api.routes import cache as admin
from faxcloud.api.routes import health
from faxcloud.api.routes import server_metrics as metrics
from faxcloud.config import Settings
from faxcloud.services.access.keys import Keys
from faxcloud.services.access.limits import Limits
from faxcloud.services.access.sessions import Sessions
from faxcloud.services.journal import Journal
from faxcloud.services.monitoring.cache_admin import CacheAdmin
from faxcloud.services.monitoring.checks import Checks
from faxcloud.services.monitoring.health import Health
from faxcloud.services.monitoring.server_metrics import Metrics
from faxcloud.services.monitoring.traffic import Traffic
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.cache.cache import Cache, open_cache
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.encryption import Encryption
from faxcloud.store.lake.table import Lake
from tests.live_server import serving
from tests.small_lake import Questions, small_lake


@dataclass
class Watched:
    """What the faces would be given, from real parts."""

    settings: Settings
    catalogue: Catalogue
    lake: Lake
    cache: Cache
    journal: Journal
    keys: Keys
    sessions: Sessions
    limits: Limits
    traffic: Traffic
    checks: Checks
    health: Health
    metrics: Metrics
    cache_admin: CacheAdmin
    questions: Questions


@contextmanager
def watched(home: Path, **settings: Any) -> Iterator[Watched]:
    """The small lake below `home`, and its catalogue."""
    chosen = Settings(home=home, **settings)
    home.mkdir(parents=True, exist_ok=True)
    questions = small_lake(home / "lake")
    catalogue = open_catalogue(chosen.catalogue_url, Encryption(chosen.keys_folder))
    journal = Journal(catalogue, AuditTrail(chosen.keys_folder, chosen.logs_folder))
    keys = Keys(catalogue, chosen, journal)
    url = chosen.redis_url
    cache = questions.cache if url is None else open_cache(url.get_secret_value(), str(home))
    limits, traffic = Limits(chosen), Traffic()
    checks = Checks(chosen, catalogue, questions.lake, cache)
    opened = Watched(
        settings=chosen,
        catalogue=catalogue,
        lake=questions.lake,
        cache=cache,
        journal=journal,
        keys=keys,
        sessions=Sessions(keys, chosen, catalogue, journal),
        limits=limits,
        traffic=traffic,
        checks=checks,
        health=Health(catalogue, checks),
        metrics=Metrics(catalogue, questions.lake, cache, limits, traffic, (questions.engine,)),
        cache_admin=CacheAdmin(cache, journal),
        questions=questions,
    )
    try:
        yield opened
    finally:
        opened.health.close()
        questions.engine.close()
        catalogue.close()


def api_over(opened: Watched) -> FastAPI:
    """The endpoints of this part alone, behind limits and counters."""
    app = FastAPI()
    app.state.shared, app.state.services = (lambda: opened), None
    add_problems(app)
    for module in (admin, health, metrics):
        app.include_router(module.router)

    @app.websocket("/v3/stream")
    async def stream(connection: WebSocket) -> None:
        await connection.accept()
        await connection.close()

    @app.get("/v3/reports/{report_id}")
    async def report(report_id: str) -> str:
        return report_id

    app.add_middleware(LimitMiddleware)
    app.add_middleware(TrafficMiddleware)
    return app


@contextmanager
def client_of(opened: Watched) -> Iterator[httpx.Client]:
    """A client of a real server, in which the API is mounted and guarded as in ours."""
    server = FastAPI()
    server.mount("/api", api_over(opened))
    with (
        serving(AccessMiddleware(server, lambda: opened), ws="websockets-sansio") as url,
        httpx.Client(base_url=url, trust_env=False, timeout=30) as client,
    ):
        yield client
