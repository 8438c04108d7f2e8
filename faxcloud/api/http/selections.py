"""Selection of a request: its filters, and the report in its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path

from faxcloud.api.http.parameters import ID_PATTERN
from faxcloud.domain.filters import Filters

if TYPE_CHECKING:
    from faxcloud.wiring import Services

ReportId = Annotated[str, Path(description="The id of a report.", pattern=ID_PATTERN)]


def filters_of(faxcloud: Services, params: Mapping[str, Any], report_id: str | None = None) -> Filters:
    """Filters of the request; a report that does not exist is an error, not an empty selection.

    Raises:
        FilterInvalid: a filter cannot be used.
        ReportNotFound: there is no such report, or the actor may not see it.
    """
    filters = Filters.from_params({**params, **({"report": report_id} if report_id else {})})
    if filters.report is not None:
        faxcloud.reports.show(filters.report)
    return filters
