"""Export endpoints: `/v3/export/…`, a whole selection as a streamed file.

Exports are not compressed in transit, which takes longer than making the file. Parquet and XLSX are small
anyway.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.parameters import (
    FILTERS,
    SWITCH,
    WITHIN_REPORT,
    Table,
    choice_schema,
    documented,
    is_on,
)
from faxcloud.api.http.selections import ReportId, filters_of, params_of
from faxcloud.api.http.services import Faxcloud
from faxcloud.api.http.streaming import attachment, streamed, written
from faxcloud.domain.filters import SORTABLE, Filters
from faxcloud.i18n import LANGUAGES
from faxcloud.services.exports.formats import FORMATS, Format

if TYPE_CHECKING:
    from faxcloud.wiring import Services

router = APIRouter(tags=["exports"])

FormatPath = Annotated[Format, Path(description="The kind of file.")]

STYLE: Table = {
    "separator": {
        "description": "CSV: between the columns.",
        **choice_schema(",", ";", "|", "\t", default=","),
    },
    "bom": {"description": "CSV: mark the file as UTF-8, for Excel.", **SWITCH},
    "decimal_comma": {"description": "CSV: 1,5 instead of 1.5, for Excel in French.", **SWITCH},
    "labels": {
        "description": "CSV: names of rules, and yes or no, in this language instead of ids, 1 and 0.",
        **choice_schema(*LANGUAGES),
    },
    "sort": {
        "description": "Column to sort by; with `-` in front the largest first; as stored if not given.",
        **choice_schema(*(sign + name for name in SORTABLE for sign in ("", "-"))),
    },
    "raw": {
        "description": "CSV: texts as they are, also those that a spreadsheet would calculate.",
        **SWITCH,
    },
}
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
    openapi_extra=documented(FILTERS, STYLE),
    dependencies=[requires("rows.export")],
)
async def export(request: Request, faxcloud: Faxcloud, format: FormatPath) -> Response:  # noqa: A002
    """A selection from all reports."""
    params = params_of(request, FILTERS, STYLE)
    return await _file(request, faxcloud, format, params, None)


@router.get(
    "/v3/export/{report_id}/{format}",
    responses=FILES,
    response_class=Response,
    openapi_extra=documented(WITHIN_REPORT, STYLE),
    dependencies=[requires("rows.export")],
)
async def export_report(
    request: Request,
    faxcloud: Faxcloud,
    report_id: ReportId,
    format: FormatPath,  # noqa: A002 - the contract's word
) -> Response:
    """A selection from one report."""
    params = params_of(request, WITHIN_REPORT, STYLE)
    return await _file(request, faxcloud, format, params, report_id)


async def _file(
    request: Request, faxcloud: Services, kind: Format, params: Mapping[str, str], report_id: str | None
) -> Response:
    named = Filters.from_params({**params, **({"report": report_id} if report_id else {})})
    file_name = f"faxcloud-{named.file_part()}-{_now(faxcloud)}.{kind}"
    sort = params.get("sort") or None
    style: dict[str, Any] = {name: is_on(params.get(name)) for name in ("bom", "decimal_comma", "raw")}
    style["separator"] = params.get("separator", ",")
    style["labels"] = params.get("labels") or None
    style["sort"] = sort
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
