"""Upload endpoint: `POST /v3/reports` imports a file in a separate process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.headers import UPLOADS
from faxcloud.api.http.idempotency import PARAMETER, done_once, key_of
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.parameters import SWITCH, Parameter, Params, Table, query
from faxcloud.api.http.problems import problem_of
from faxcloud.api.http.receiving import LONGEST_NAME, Received, expected_bytes, placed, receive
from faxcloud.api.http.schemas_reports import Import, Imports
from faxcloud.api.http.services import Faxcloud
from faxcloud.domain.columns import HANDLINGS
from faxcloud.domain.filter_values import DAY, choice, text
from faxcloud.domain.filters import Filters
from faxcloud.errors import EmptyFile
from faxcloud.services.actors import Actor
from faxcloud.services.documents import document_of

if TYPE_CHECKING:
    from faxcloud.services.imports.archives import Outcome
    from faxcloud.services.imports.importer import ImportResult, Progress
    from faxcloud.wiring import Services

log = logging.getLogger(__name__)

router = APIRouter(tags=["reports"])

Importer = Annotated[Actor, requires("reports.import")]

UPLOAD: Table = {
    "name": Parameter(text(LONGEST_NAME), "File name, if the body is the file itself."),
    "contract": Parameter(text(), "The contract it belongs to."),
    "start": Parameter(DAY, "First day of the period; for information."),
    "end": Parameter(DAY, "Last day of its period; not before `start`."),
    "force": Parameter(SWITCH, "Import a file again although it has been imported before."),
    "duplicates": Parameter(
        choice(*HANDLINGS),
        "Records that are stored already: leave them out (`skip`), import them too (`keep`), or refuse the "
        "file with 409 (`refuse`). Default: `skip`; `keep` with `force`.",
    ),
    "source": Parameter(text(LONGEST_NAME), "Source to read it with; detected when not given."),
    "dates": Parameter(
        choice("dmy", "mdy"), "Order of day and month, for files whose dates allow both or need both."
    ),
}
UploadParams = Annotated[Params, query(UPLOAD)]
PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`respond-async`: answer 202 as soon as the report has an id; follow its `state`.",
    "schema": {"type": "string"},
}
FILE = {"type": "string", "format": "binary"}
DOCUMENTED: dict[str, Any] = {
    "parameters": [PARAMETER, PREFER],
    "requestBody": {
        "required": True,
        "description": "CSV, XLSX, XLSM, XLS or ODS, also in .gz or .zip: part of a form, or the body.",
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": FILE}, "required": ["file"]}
            },
            "application/octet-stream": {"schema": FILE},
            "text/csv": {"schema": FILE},
        },
    },
}


SEVERAL: dict[int | str, dict[str, Any]] = {
    207: {"model": Imports, "description": "A .zip with several files, at least one of them refused."},
}


@router.post(
    UPLOADS, status_code=201, response_model=Import | Imports, responses=SEVERAL, openapi_extra=DOCUMENTED
)
async def upload(request: Request, faxcloud: Faxcloud, actor: Importer, params: UploadParams) -> Response:
    """Import a file as a report. The upload is streamed to disk and read in a separate process.

    Unreadable records are rejected one by one and listed. A file that is not an export, or that was imported
    before (409, with its `report_id`), stores nothing.

    A .zip with several files gives a report for each, listed in `reports`: 201 when all were imported, 207
    when some were refused. `respond-async` then answers with the first report.
    """
    asked_at = time.time()
    key = key_of(request)
    period = Filters.from_params({"start_date": params.get("start"), "end_date": params.get("end")})
    async with contextlib.AsyncExitStack() as stack:
        path = await stack.enter_async_context(placed(faxcloud.uploads, expected_bytes(request)))
        file = await receive(request, path, faxcloud.uploads, params.get("name"))
        if file.bytes == 0:
            raise EmptyFile(file=file.name)
        work = _Work(request, faxcloud, file)
        options = {
            "asked_at": asked_at,
            "contract": params.get("contract"),
            "start": period.start_date,
            "end": period.end_date,
            "force": params.get("force", False),
            "duplicates": params.get("duplicates"),
            "source": params.get("source"),
            "dates": params.get("dates"),
        }
        facts = ("POST", request.url.path, *(f"{name}={params[name]}" for name in sorted(params)))
        facts += (file.name, file.sha256)
        do = partial(done_once, faxcloud, actor.name, key, facts, partial(work.run, options))
        answer = asyncio.create_task(_to_the_end(stack.pop_all(), do))
    if "respond-async" in request.headers.get("prefer", ""):
        first: set[asyncio.Future[Any]] = {answer, work.begun}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.add_done_callback(_log_incident)
            return await work.accepted()
    # A client that disconnects now finds the report in the list, or the response by its Idempotency-Key.
    return await asyncio.shield(answer)


async def _to_the_end(stack: contextlib.AsyncExitStack, do: Any) -> Response:
    """Finish the work in any case, and release the file only then."""
    async with stack:
        answered: Response = await do()
        return answered


def _log_incident(answer: asyncio.Task[Response]) -> None:
    if not answer.cancelled() and (error := answer.exception()) is not None:
        log.error("an import that nobody waits for has failed", exc_info=error)


class _Work:
    """Import in progress, and the event that it has an id."""

    def __init__(self, request: Request, faxcloud: Services, file: Received) -> None:
        self._root = request.scope.get("root_path", "")
        self._faxcloud = faxcloud
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._limiter = _imports_at_once(request)
        self.begun: asyncio.Future[str] = self._loop.create_future()

    async def run(self, options: dict[str, Any]) -> Response:
        """Run the import; returns the response, also for a refused file."""
        outcomes = await to_thread.run_sync(self._import_each, options, limiter=self._limiter)
        if len(outcomes) == 1:
            [outcome] = outcomes
            if outcome.error is not None:
                return problem_of(outcome.error)
            assert outcome.result is not None
            location = {"Location": self._location(outcome.result.report_id)}
            return json_response(document_of(outcome.result), 201, location)
        documents = [_document(outcome) for outcome in outcomes]
        is_partial = any(outcome.error is not None for outcome in outcomes)
        status = HTTPStatus.MULTI_STATUS if is_partial else HTTPStatus.CREATED
        return json_response({"reports": documents}, status)

    def _import_each(self, options: dict[str, Any]) -> list[Outcome]:
        asked_at = options.pop("asked_at")

        def import_one(path: Path, name: str) -> ImportResult:
            nonlocal asked_at
            start, asked_at = asked_at, None
            return self._faxcloud.import_jobs.run(
                path, name=name, progress=self._progress, asked_at=start, **options
            )

        return list(self._faxcloud.archives.outcomes(self._file.path, self._file.name, import_one))

    async def accepted(self) -> Response:
        """Response 202 with the report so far."""
        report_id = await self.begun
        report = await to_thread.run_sync(self._faxcloud.reports.show, report_id)
        headers = {"Location": self._location(report_id), "Preference-Applied": "respond-async"}
        return json_response(report, 202, headers)

    def _progress(self, progress: Progress) -> None:
        if progress.report_id and not self.begun.done():
            self._loop.call_soon_threadsafe(self._tell, progress.report_id)

    def _tell(self, report_id: str) -> None:
        if not self.begun.done():
            self.begun.set_result(report_id)

    def _location(self, report_id: str) -> str:
        return f"{self._root}/v3/reports/{report_id}"


def _document(outcome: Outcome) -> dict[str, Any]:
    """The import, or the problem document of a refused member with the member's name."""
    if outcome.error is None:
        return document_of(outcome.result)
    problem: dict[str, Any] = json.loads(bytes(problem_of(outcome.error).body))
    return {"file": outcome.name, **problem}


def _imports_at_once(request: Request) -> anyio.CapacityLimiter:
    """Threads for imports, so that those that wait for a place do not use the threads of other requests."""
    from faxcloud.services.imports.jobs import AT_ONCE

    state = request.app.state
    if not hasattr(state, "imports_at_once"):
        state.imports_at_once = anyio.CapacityLimiter(AT_ONCE)
    limiter: anyio.CapacityLimiter = state.imports_at_once
    return limiter
