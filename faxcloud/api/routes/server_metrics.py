"""Server metrics endpoints: `/admin/metrics` as JSON, `/metrics` for Prometheus."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.json_response import NOT_KEPT, json_response
from faxcloud.api.http.services import Faxcloud
from faxcloud.services.actors import Actor

router = APIRouter(tags=["metrics"])

Watcher = Annotated[Actor, requires("metrics.read")]


class SystemAnswer(BaseModel):
    """The machine and the server's process; percentages are 0 to 100."""

    model_config = ConfigDict(extra="allow")

    cpu_percent: float
    memory_mb: float
    memory_percent: float
    num_threads: int
    open_files: int
    uptime_seconds: float


class UptimeAnswer(BaseModel):
    """Time since the start of the server."""

    seconds: float
    formatted: str


class LimiterAnswer(BaseModel):
    """Requests to one endpoint since the start of the server."""

    unique_clients: int
    total_requests: int
    limited: int


class DependencyAnswer(BaseModel):
    """What cached results depend on: how many do now, how often it changed, how many that invalidated."""

    entries: int
    changes: int
    invalidated: int


class CacheAnswer(BaseModel):
    """The cache; `hit_rate` is 0 to 1, null before the first question.

    `dependencies` are by name (`lake`: the stored faxes), `ttl_seconds` by kind of result.
    """

    model_config = ConfigDict(extra="allow")

    hits: int
    misses: int
    hit_rate: float | None
    evictions: int
    cache_size: int
    dependencies: dict[str, DependencyAnswer]
    ttl_seconds: dict[str, float]


class MetricsAnswer(BaseModel):
    """Server metrics."""

    model_config = ConfigDict(extra="allow")

    system: SystemAnswer
    uptime: UptimeAnswer
    metrics_summary: dict[str, Any]
    rate_limiter_stats: dict[str, LimiterAnswer]
    cache_stats: CacheAnswer
    endpoints: dict[str, dict[str, Any]]
    history: list[dict[str, Any]]


@router.get("/admin/metrics", response_model=MetricsAnswer)
async def admin_metrics(faxcloud: Faxcloud, _actor: Watcher) -> Response:
    """Server metrics: process and machine now, and requests of the last hour."""
    return json_response(await run_in_threadpool(faxcloud.metrics.snapshot))


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def prometheus(faxcloud: Faxcloud, _actor: Watcher) -> Response:
    """Server metrics in the text format of Prometheus."""
    text, content_type = await run_in_threadpool(faxcloud.metrics.prometheus)
    return Response(text, headers={**NOT_KEPT, "Content-Type": content_type})
