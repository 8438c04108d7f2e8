"""Re-validation endpoints: `/v3/validate` and `/v3/validation-runs`."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import answer_by_content
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.paging import link_header, page_of
from faxcloud.api.http.parameters import ID_PATTERN, PAGES, Params, query
from faxcloud.api.http.schemas_reports import Run, RunPage, RunResult
from faxcloud.api.http.services import Faxcloud
from faxcloud.api.routes.uploads import PREFER
from faxcloud.domain.filters import Paging
from faxcloud.services.documents import document_of

log = logging.getLogger(__name__)

router = APIRouter(tags=["validation"])

RunId = Annotated[str, Path(description="The id of a run.", pattern=ID_PATTERN)]

PageParams = Annotated[Params, query(PAGES)]

RUNS_AT_ONCE = 2
"""Dry runs may run concurrently; of the others the service allows one at a time."""

INTERNAL = ("owner", "heartbeat_at")


class Order(BaseModel):
    """Faxes to be validated, and the ruleset."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ruleset: str | None = Field(
        None, pattern=ID_PATTERN, description="Id of a ruleset; the active one by default."
    )
    report_id: str | None = Field(None, pattern=ID_PATTERN, description="Only the faxes of this report.")
    dry_run: bool = Field(False, description="Count what would change without changing anything.")


@router.post(
    "/v3/validate",
    response_model=RunResult,
    openapi_extra={"parameters": [PREFER]},
    dependencies=[requires("validation.run"), query()],
)
async def validate(request: Request, faxcloud: Faxcloud, order: Order | None = None) -> Response:
    """Re-validate all stored faxes, or those of one report. The response is sent when the run ends.

    With `Prefer: respond-async` the response is 202 as soon as the run has begun. A second run is refused
    with 409. A full run with another ruleset makes that ruleset the active one.
    """
    order = order or Order()
    loop = asyncio.get_running_loop()
    begun: asyncio.Future[str] = loop.create_future()

    def tell(run_id: str) -> None:
        loop.call_soon_threadsafe(begun.set_result, run_id)

    run = partial(
        faxcloud.validation.run,
        order.ruleset,
        order.report_id,
        dry_run=order.dry_run,
        begun=tell,
    )
    work = asyncio.create_task(to_thread.run_sync(run, limiter=_runs_at_once(request)))
    if "respond-async" in request.headers.get("prefer", ""):
        first: set[asyncio.Future[Any]] = {work, begun}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.add_done_callback(_log_failure)
            return await _accepted(request, faxcloud, begun.result())
    return json_response(document_of(await asyncio.shield(work)))


@router.get(
    "/v3/validation-runs",
    response_model=RunPage,
    dependencies=[requires("validation.read")],
)
async def list_runs(request: Request, faxcloud: Faxcloud, params: PageParams) -> Response:
    """All re-validations, newest first, including dry runs."""

    def ask() -> dict[str, Any]:
        paging = Paging.from_params(params)
        return page_of([_run(row) for row in faxcloud.validation.runs()], paging.page, paging.per_page)

    return await answer_by_content(
        request, ask, lambda page: link_header(request, page["page"], page["pages"])
    )


@router.get(
    "/v3/validation-runs/{run_id}",
    response_model=Run,
    dependencies=[requires("validation.read"), query()],
)
async def show_run(request: Request, faxcloud: Faxcloud, run_id: RunId) -> Response:
    """One re-validation; while its `state` is `running`, `scanned` counts the faxes validated so far."""

    def ask() -> dict[str, Any]:
        return _run(faxcloud.validation.show(run_id))

    return await answer_by_content(request, ask)


async def _accepted(request: Request, faxcloud: Faxcloud, run_id: str) -> Response:
    run = await to_thread.run_sync(faxcloud.validation.show, run_id)
    location = f"{request.scope.get('root_path', '')}/v3/validation-runs/{run_id}"
    headers = {"Location": location, "Preference-Applied": "respond-async"}
    return json_response(_run(run), 202, headers)


def _run(row: dict[str, Any]) -> dict[str, Any]:
    """A run without the fields that only servers need."""
    return {name: value for name, value in row.items() if name not in INTERNAL}


def _log_failure(work: asyncio.Task[Any]) -> None:
    if not work.cancelled() and (error := work.exception()) is not None:
        log.error("a re-validation that nobody waits for has failed", exc_info=error)


def _runs_at_once(request: Request) -> anyio.CapacityLimiter:
    state = request.app.state
    if not hasattr(state, "runs_at_once"):
        state.runs_at_once = anyio.CapacityLimiter(RUNS_AT_ONCE)
    limiter: anyio.CapacityLimiter = state.runs_at_once
    return limiter
