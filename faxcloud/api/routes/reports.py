"""Report endpoints: `/v3/reports`, with edits, rejects and deletion."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import answer_by_content
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.paging import link_header, page_of
from faxcloud.api.http.parameters import PAGES, Table, choice_schema, documented, is_on
from faxcloud.api.http.schemas_reports import Report, ReportEdit, ReportPage
from faxcloud.api.http.selections import ReportId, params_of
from faxcloud.api.http.services import Faxcloud
from faxcloud.api.http.streaming import attachment, csv_chunks, streamed
from faxcloud.api.routes.exports import STYLE
from faxcloud.domain.filters import Paging
from faxcloud.services.exports.formats import FORMATS

router = APIRouter(tags=["reports"])

STATES = ("importing", "committing", "ready", "failed", "deleting")
STATE: Table = {"state": {"description": "Reports in this state.", **choice_schema(*STATES)}}
CSV_STYLE: Table = {name: STYLE[name] for name in ("separator", "bom")}
CSV_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file: line, reason, text.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/v3/reports",
    response_model=ReportPage,
    openapi_extra=documented(STATE, PAGES),
    dependencies=[requires("reports.read")],
)
async def list_reports(request: Request, faxcloud: Faxcloud) -> Response:
    """Every report, newest first, those that failed or are being imported included.

    Counts are those of the day of the import; `/v3/analytics/report/{id}` counts now.
    """

    def ask() -> dict[str, Any]:
        params = params_of(request, STATE, PAGES)
        paging = Paging.from_params(params)
        rows = [row for row in faxcloud.reports.list() if params.get("state") in (None, row["state"])]
        return page_of(rows, paging.page, paging.per_page)

    return await answer_by_content(
        request, ask, lambda page: link_header(request, page["page"], page["pages"])
    )


@router.get(
    "/v3/reports/{report_id}",
    response_model=Report,
    openapi_extra=documented(),
    dependencies=[requires("reports.read")],
)
async def show_report(request: Request, faxcloud: Faxcloud, report_id: ReportId) -> Response:
    """One report in full; its `state` is `ready` once its faxes can be read."""

    def ask() -> dict[str, Any]:
        params_of(request)
        return faxcloud.reports.show(report_id)

    return await answer_by_content(request, ask)


@router.patch(
    "/v3/reports/{report_id}",
    response_model=Report,
    openapi_extra=documented(),
    dependencies=[requires("reports.change")],
)
async def edit_report(
    request: Request, faxcloud: Faxcloud, report_id: ReportId, edit: ReportEdit
) -> Response:
    """Put a report under another contract or period; what is not given stays, null takes it away.

    The keys that see its contract see the report from then on, and those of the former one no more.
    """

    def ask() -> dict[str, Any]:
        params_of(request)
        report = faxcloud.reports.show(report_id)
        known = {name: report[name] for name in ("contract", "start", "end")}
        return faxcloud.reports.edit(report_id, **known | edit.model_dump(exclude_unset=True))

    return json_response(await request.app.state.answers.in_thread(ask))


@router.delete(
    "/v3/reports/{report_id}",
    status_code=204,
    response_class=Response,
    openapi_extra=documented(),
    dependencies=[requires("reports.delete")],
)
async def delete_report(request: Request, faxcloud: Faxcloud, report_id: ReportId) -> Response:
    """Remove a report with its faxes and rejects; there is no way back but a backup.

    An import that is under way is cancelled: its client gets 422 with `import.cancelled`.
    """
    params_of(request)
    await request.app.state.answers.in_thread(lambda: faxcloud.reports.delete(report_id))
    return Response(status_code=204)


@router.get(
    "/v3/reports/{report_id}/rejects",
    responses=CSV_FILE,
    response_class=Response,
    openapi_extra=documented(CSV_STYLE),
    dependencies=[requires("rejects.read")],
)
async def rejects(request: Request, faxcloud: Faxcloud, report_id: ReportId) -> Response:
    """The records of a report's file that could not be imported, as CSV."""
    params = params_of(request, CSV_STYLE)
    return await streamed(
        lambda: csv_chunks(
            faxcloud.reports.rejects(report_id), params.get("separator", ","), bom=is_on(params.get("bom"))
        ),
        FORMATS["csv"].media_type,
        attachment(f"rejects-{report_id}.csv"),
    )
