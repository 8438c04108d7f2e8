"""Audit log endpoints (`/admin/audit`), and audit events for API calls."""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import CancelScope, to_thread
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import answer_by_content
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.paging import link_header
from faxcloud.api.http.parameters import PAGES, NoParams, Parameter, Params, Table, query
from faxcloud.api.http.services import Faxcloud, Shared
from faxcloud.api.http.streaming import attachment, streamed
from faxcloud.domain.filter_values import ANY_DAY, choice, text
from faxcloud.errors import FaxCloudError
from faxcloud.services.actors import Actor, acting, nobody
from faxcloud.services.exports.formats import FORMATS
from faxcloud.services.journal import Note, Outcome
from faxcloud.services.monitoring.audit import AuditPage

if TYPE_CHECKING:
    from faxcloud.services.monitoring.audit import AuditSearch
    from faxcloud.wiring import Services

log = logging.getLogger(__name__)

router = APIRouter(tags=["administration"])

Auditor = Annotated[Actor, requires("audit.read")]
Format = Annotated[Literal["csv", "json"], Path(description="The kind of file.")]

SEARCH: Table = {
    "action": Parameter(text(), "Such as `report.import`, or `report` for all that was done to reports."),
    "actor": Parameter(text(), "Such as `key:…`, `cli:…` or `local`."),
    "resource": Parameter(text(), "Such as `report:…`."),
    "outcome": Parameter(choice("done", "refused", "failed"), "Outcome of the action."),
    "start_date": Parameter(ANY_DAY, "First day."),
    "end_date": Parameter(ANY_DAY, "Last day, included."),
    "q": Parameter(text(), "Part of any text."),
}
LogParams = Annotated[Params, query(SEARCH, PAGES)]
LogExportParams = Annotated[Params, query(SEARCH)]
READING = frozenset(("GET", "HEAD", "OPTIONS"))
REFUSED_AT_THE_DOOR = frozenset((401, 403, 421, 429))
"""Statuses of the access check, which writes audit events of its own, limited per client."""


class AuditedEvent(BaseModel):
    """Audit event: an action that was done, refused or failed."""

    sequence: int = Field(description="Without gaps.")
    at: dt.datetime
    actor: str = Field(description="Such as `key:` and a key's id, `user:` and an account.")
    actor_name: str = Field(description="The name of the key; of others the same as `actor`.")
    address: str = Field(description="Where the request came from; empty without a network.")
    action: str
    resource: str
    outcome: Literal["done", "refused", "failed"]
    details: dict[str, Any] = Field(description="Counts, ids and choices.")
    hash: str = Field(description="Signs the event together with the one before it.")


class AuditLog(BaseModel):
    """A page of events, newest first."""

    total: int
    page: int
    per_page: int
    pages: int
    results: list[AuditedEvent]


class AuditVerified(BaseModel):
    """Result of the verification of the audit log."""

    ok: bool
    events: int
    first: int = Field(description="Number of the first event; earlier ones were removed by retention.")
    last: int
    head: str = Field(description="The last hash: noted elsewhere, it shows later that nothing has changed.")
    problems: list[str]


@router.get("/admin/audit", response_model=AuditLog)
async def audit_log(request: Request, faxcloud: Faxcloud, _actor: Auditor, params: LogParams) -> Response:
    """Audit events, newest first."""
    page, per_page = params["page"], params["per_page"]
    return await answer_by_content(
        request,
        lambda: _named(faxcloud, faxcloud.audit.log(per_page, page=page, **_search(params))),
        lambda found: link_header(request, page, found.pages),
    )


def _named(faxcloud: Services, found: AuditPage) -> AuditPage:
    names = faxcloud.keys.names()
    named = [{**event, "actor_name": names.get(event["actor"], event["actor"])} for event in found.results]
    return replace(found, results=named)


@router.get("/admin/audit/verify", response_model=AuditVerified)
def verify_audit_log(faxcloud: Faxcloud, _actor: Auditor, _params: NoParams) -> Response:
    """Verify the audit log: whether an event was changed, removed or added afterwards."""
    return json_response(faxcloud.audit.verify())


@router.get(
    "/admin/audit/export/{format}",
    response_class=Response,
    responses={200: {"description": "The file.", "content": {"text/csv": {}, "application/json": {}}}},
)
async def export_audit_log(
    faxcloud: Faxcloud,
    _actor: Auditor,
    format: Format,  # noqa: A002 - as everywhere
    params: LogExportParams,
) -> Response:
    """All matching audit events as a file."""
    search = _search(params)
    stream = faxcloud.audit.stream_csv if format == "csv" else faxcloud.audit.stream_json
    headers = attachment(f"faxcloud-audit.{format}")
    return await streamed(lambda: stream(**search), FORMATS[format].media_type, headers)


def _search(params: Params) -> AuditSearch:
    return {
        "action": params.get("action"),
        "actor": params.get("actor"),
        "resource": params.get("resource"),
        "outcome": params.get("outcome"),
        "start": params.get("start_date"),
        "end": params.get("end_date"),
        "q": params.get("q"),
    }


class AuditedCalls:
    """ASGI middleware inside the access check that writes `api.call` events.

    It logs every call that may change something, and a share of those that read (`FAXCLOUD_AUDIT_API`). The
    effect of a call has its own event; this one records that it came through the API, and the response.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._share: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not await self._is_noted(scope):
            await self._app(scope, receive, send)
            return
        status, is_noted = 0, False
        began = time.monotonic()

        async def note() -> None:
            nonlocal is_noted
            if not is_noted and _is_worth_a_note(scope, status):
                is_noted = True
                with CancelScope(shield=True):  # log the call even if the client disconnected
                    await to_thread.run_sync(_write, scope, _call(scope, status, time.monotonic() - began))

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body"):
                await note()  # first the log entry, then the end of the response: its receiver finds it
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            await note()

    async def _is_noted(self, scope: Scope) -> bool:
        if scope["method"] not in READING:
            return True
        if self._share is None:
            try:
                self._share = (await to_thread.run_sync(_shared(scope))).settings.audit_api
            except FaxCloudError:  # no store, so no log; the call itself reports that error
                return False
        return self._share > 0 and random.random() < self._share  # noqa: S311 - a sample, no secret


def _is_worth_a_note(scope: Scope, status: int) -> bool:
    """Whether a call is logged.

    Not if the access check has logged it, and not if it was refused for want of a key: such guesses are
    unlimited.
    """
    is_refusal_of_nobody = scope.get("state", {}).get("actor") is None and 400 <= status < 500
    return status not in REFUSED_AT_THE_DOOR and not is_refusal_of_nobody


def _shared(scope: Scope) -> Shared:
    found: Shared = scope["app"].state.shared
    return found


def _write(scope: Scope, note: Note) -> None:
    state: Mapping[str, Any] = scope.get("state", {})
    client = scope.get("client") or ("", 0)
    with acting(state.get("actor") or nobody(state.get("address", client[0]))):
        try:
            _shared(scope)().journal.write(note)
        except FaxCloudError as error:
            log.warning("a call of the API was not noted: %s", error.message)


def _call(scope: Scope, status: int, seconds: float) -> Note:
    outcome: Outcome = "done" if 200 <= status < 400 else "refused" if 400 <= status < 500 else "failed"
    report_id = scope.get("path_params", {}).get("report_id")
    details = {
        "method": scope["method"],
        # The route, not the address, whose query may hold a number.
        "route": getattr(scope.get("route"), "path", ""),
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    return Note("api.call", f"report:{report_id}" if report_id else "", outcome, details)
