"""Export endpoints: `/v3/export/…`, a whole selection as a streamed file.

Exports are not compressed in transit, which takes longer than making the file. Parquet and XLSX are small
anyway.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.parameters import (
    FILTERS,
    SWITCH,
    WITHIN_REPORT,
    Parameter,
    Params,
    Table,
    query,
)
from faxcloud.api.http.selections import ReportId, filters_of
from faxcloud.api.http.services import Faxcloud
from faxcloud.api.http.streaming import attachment, streamed, written
from faxcloud.domain.filter_values import choice
from faxcloud.domain.filters import SORTABLE, Filters
from faxcloud.i18n import LANGUAGES
from faxcloud.services.exports.formats import FORMATS, Format

if TYPE_CHECKING:
    from faxcloud.wiring import Services

router = APIRouter(tags=["exports"])

FormatPath = Annotated[Format, Path(description="The kind of file.")]

STYLE: Table = {
    "separator": Parameter(choice(",", ";", "|", "\t"), "CSV: column separator.", ","),
    "bom": Parameter(SWITCH, "CSV: begin with a byte order mark, for Excel."),
    "decimal_comma": Parameter(SWITCH, "CSV: 1,5 instead of 1.5, for Excel in French."),
    "labels": Parameter(
        choice(*LANGUAGES),
        "CSV: names of rules, and yes or no, in this language instead of ids, 1 and 0.",
    ),
    "sort": Parameter(
        choice(*(sign + name for name in SORTABLE for sign in ("", "-"))),
        "Column to sort by; with `-` in front in descending order; in the order of storage by default.",
    ),
    "raw": Parameter(SWITCH, "CSV: do not escape texts that a spreadsheet would evaluate as formulas."),
}
ExportParams = Annotated[Params, query(FILTERS, STYLE)]
ReportExportParams = Annotated[Params, query(WITHIN_REPORT, STYLE)]
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {
            format_.media_type.partition(";")[0]: {
                "schema": {"type": "array", "items": {"type": "object"}}
                if format_.name == "json"
                else {"type": "string", "format": "binary"}
            }
            for format_ in FORMATS.values()
        },
    }
}


@router.get(
    "/v3/export/{format}",
    responses=FILES,
    response_class=Response,
    dependencies=[requires("rows.export")],
)
async def export(
    request: Request,
    faxcloud: Faxcloud,
    format: FormatPath,  # noqa: A002 - the contract's word
    params: ExportParams,
) -> Response:
    """Export a selection of faxes from all reports."""
    return await _file(request, faxcloud, format, params, None)


@router.get(
    "/v3/export/{report_id}/{format}",
    responses=FILES,
    response_class=Response,
    dependencies=[requires("rows.export")],
)
async def export_report(
    request: Request,
    faxcloud: Faxcloud,
    report_id: ReportId,
    format: FormatPath,  # noqa: A002
    params: ReportExportParams,
) -> Response:
    """Export a selection of faxes from one report."""
    return await _file(request, faxcloud, format, params, report_id)


async def _file(
    request: Request, faxcloud: Services, kind: Format, params: Params, report_id: str | None
) -> Response:
    named = Filters.from_params({**params, **({"report": report_id} if report_id else {})})
    file_name = f"faxcloud-{named.file_part()}-{_now(faxcloud)}.{kind}"
    sort = params.get("sort")
    style: dict[str, Any] = {name: params.get(name, False) for name in ("bom", "decimal_comma", "raw")}
    style |= {"separator": params["separator"], "labels": params.get("labels"), "sort": sort}
    exports: Any = faxcloud.exports
    headers, media_type = attachment(file_name), FORMATS[kind].media_type
    if FORMATS[kind].is_streamed:
        return await streamed(
            lambda: exports.stream(filters_of(faxcloud, params, report_id), kind, **style),
            media_type,
            headers,
        )
    return await written(
        request,
        lambda target, is_gone: exports.write(
            filters_of(faxcloud, params, report_id), kind, target, sort=sort, is_unwanted=is_gone
        ),
        file_name,
        media_type,
        headers,
    )


def _now(faxcloud: Services) -> str:
    return f"{dt.datetime.now(faxcloud.settings.zone):%Y%m%d-%H%M%S}"
