"""Health endpoints: `/v3/health` for monitoring, `/admin/health/detailed` for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.services import Faxcloud
from faxcloud.services.actors import Actor
from faxcloud.services.monitoring.server_identity import CHALLENGE, PROOF, proof_of

if TYPE_CHECKING:
    from faxcloud.config import Settings
    from faxcloud.services.monitoring.health import Health

router = APIRouter(tags=["health"])

State = Literal["healthy", "warning", "degraded", "unhealthy"]

Watcher = Annotated[Actor, requires("health.read_in_full")]

AT_ONCE = 2
"""Threads for probes: a check that hangs delays other probes only, not the endpoints."""


class HealthAnswer(BaseModel):
    """Health of the server and of each part; a warning does not make the server unhealthy."""

    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: str
    database: Literal["connected", "unavailable"]
    reports_count: int | None
    version: str
    checks: dict[str, State]


class CheckAnswer(BaseModel):
    """Result of one check; each check adds values of its own."""

    model_config = ConfigDict(extra="allow")

    status: State
    detail: str


class DetailedHealthAnswer(HealthAnswer):
    """Health of the server and of each part, with reasons."""

    checks: dict[str, CheckAnswer]  # type: ignore[assignment]  # the same names, said in full


def unhealthy(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI description of the 503 response."""
    return {503: {"model": model, "description": "Unhealthy: requests should go to another server."}}


@router.get("/v3/health", response_model=HealthAnswer, responses=unhealthy(HealthAnswer))
async def health(request: Request, faxcloud: Faxcloud) -> Response:
    """Health of the server and of each part. No key is needed; the result is at most two seconds old."""
    return await _answer(request, faxcloud.health, faxcloud.settings, detailed=False)


@router.get(
    "/admin/health/detailed",
    response_model=DetailedHealthAnswer,
    responses=unhealthy(DetailedHealthAnswer),
)
async def detailed_health(request: Request, faxcloud: Faxcloud, _actor: Watcher) -> Response:
    """Health checks in full, with the reason and the values of each check."""
    return await _answer(request, faxcloud.health, faxcloud.settings, detailed=True)


async def _answer(request: Request, checked: Health, settings: Settings, *, detailed: bool) -> Response:
    state = request.app.state
    if not hasattr(state, "health_limiter"):
        state.health_limiter = CapacityLimiter(AT_ONCE)
    document = await to_thread.run_sync(checked.report, detailed, limiter=state.health_limiter)
    headers = {}
    if (challenge := request.headers.get(CHALLENGE)) is not None:
        port = (request.scope.get("server") or ("", 0))[1]
        headers[PROOF] = await to_thread.run_sync(proof_of, settings, challenge, port)
    return json_response(document, 503 if document["status"] == "unhealthy" else 200, headers)
