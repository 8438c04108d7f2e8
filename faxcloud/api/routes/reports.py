"""Report endpoints: `/v3/reports`, with edits, rejects and deletion."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import answer_by_content
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.paging import link_header, page_of
from faxcloud.api.http.parameters import PAGES, Parameter, Params, Table, query
from faxcloud.api.http.schemas_reports import Report, ReportEdit, ReportPage
from faxcloud.api.http.selections import ReportId
from faxcloud.api.http.services import Faxcloud
from faxcloud.api.http.streaming import attachment, csv_of_rows, streamed
from faxcloud.api.routes.exports import STYLE
from faxcloud.domain.filter_values import choice
from faxcloud.domain.filters import Paging
from faxcloud.services.exports.formats import FORMATS

router = APIRouter(tags=["reports"])

STATES = ("importing", "committing", "ready", "failed", "deleting")
STATE: Table = {"state": Parameter(choice(*STATES), "Reports in this state.")}
CSV_STYLE: Table = {name: STYLE[name] for name in ("separator", "bom")}
ListParams = Annotated[Params, query(STATE, PAGES)]
RejectsParams = Annotated[Params, query(CSV_STYLE)]
CSV_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file: line, reason, text.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/v3/reports",
    response_model=ReportPage,
    dependencies=[requires("reports.read")],
)
async def list_reports(request: Request, faxcloud: Faxcloud, params: ListParams) -> Response:
    """All reports, newest first, including failed and running imports.

    Counts are those at the time of the import; `/v3/analytics/report/{id}` gives current ones.
    """

    def ask() -> dict[str, Any]:
        paging = Paging.from_params(params)
        rows = [row for row in faxcloud.reports.list() if params.get("state") in (None, row["state"])]
        return page_of(rows, paging.page, paging.per_page)

    return await answer_by_content(
        request, ask, lambda page: link_header(request, page["page"], page["pages"])
    )


@router.get(
    "/v3/reports/{report_id}",
    response_model=Report,
    dependencies=[requires("reports.read"), query()],
)
async def show_report(request: Request, faxcloud: Faxcloud, report_id: ReportId) -> Response:
    """One report in full; its `state` is `ready` once its faxes can be read."""

    def ask() -> dict[str, Any]:
        return faxcloud.reports.show(report_id)

    return await answer_by_content(request, ask)


@router.patch(
    "/v3/reports/{report_id}",
    response_model=Report,
    dependencies=[requires("reports.change"), query()],
)
async def edit_report(
    request: Request, faxcloud: Faxcloud, report_id: ReportId, edit: ReportEdit
) -> Response:
    """Change contract and period of a report. Omitted fields stay unchanged; null removes a value.

    Keys limited to the new contract can see the report from then on, keys limited to the former one cannot.
    """

    def ask() -> dict[str, Any]:
        report = faxcloud.reports.show(report_id)
        known = {name: report[name] for name in ("contract", "start", "end")}
        return faxcloud.reports.edit(report_id, **known | edit.model_dump(exclude_unset=True))

    return json_response(await request.app.state.answers.in_thread(ask))


@router.delete(
    "/v3/reports/{report_id}",
    status_code=204,
    response_class=Response,
    dependencies=[requires("reports.delete"), query()],
)
async def delete_report(request: Request, faxcloud: Faxcloud, report_id: ReportId) -> Response:
    """Remove a report with its faxes and rejects; only a backup can restore it.

    A running import is cancelled; its client gets 422 with `import.cancelled`.
    """
    await request.app.state.answers.in_thread(lambda: faxcloud.reports.delete(report_id))
    return Response(status_code=204)


@router.get(
    "/v3/reports/{report_id}/rejects",
    responses=CSV_FILE,
    response_class=Response,
    dependencies=[requires("rejects.read")],
)
async def rejects(faxcloud: Faxcloud, report_id: ReportId, params: RejectsParams) -> Response:
    """The records of a report's file that could not be imported, as CSV."""
    return await streamed(
        lambda: csv_of_rows(
            faxcloud.reports.rejects(report_id), params["separator"], bom=params.get("bom", False)
        ),
        FORMATS["csv"].media_type,
        attachment(f"rejects-{report_id}.csv"),
    )
