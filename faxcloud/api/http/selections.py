"""Selection of a request: its filters, and the report in its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Path
from starlette.requests import Request

from faxcloud.api.http.parameters import ID, Table, given
from faxcloud.domain.filters import Filters

if TYPE_CHECKING:
    from faxcloud.wiring import Services

ReportId = Annotated[str, Path(description="The id of a report.", pattern=ID["pattern"])]


def params_of(request: Request, *tables: Table) -> dict[str, str]:
    """Query parameters of the request; only those in `tables` are allowed.

    Raises:
        FilterInvalid: one cannot be used.
    """
    return given(request.scope["query_string"].decode("latin-1"), *tables)


def filters_of(faxcloud: Services, params: Mapping[str, str], report_id: str | None = None) -> Filters:
    """Filters of the request; a report that does not exist is an error, not an empty selection.

    Raises:
        FilterInvalid: a filter cannot be used.
        ReportNotFound: there is no such report, or the actor may not see it.
    """
    filters = Filters.from_params({**params, **({"report": report_id} if report_id else {})})
    if filters.report is not None:
        faxcloud.reports.show(filters.report)
    return filters


def names_report(request: Request) -> bool:
    """Whether the query may contain a report, found without parsing it."""
    return b"report" in unquote_to_bytes(request.scope["query_string"])
