"""Data coverage of a selection: which days its reports cover."""

from __future__ import annotations

import datetime as dt

from faxcloud.domain.coverage import ONE_DAY, Coverage, Span
from faxcloud.domain.filters import Filters
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.records.reports import Report, list_reports


class Coverages:
    """Reads the periods of the reports; the given filters are narrowed to what the actor may see."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def of(self, filters: Filters) -> Coverage:
        """Days that the reports of the selection cover; its other filters make no difference."""
        with self._catalogue.read() as conn:
            listed = list_reports(conn)
        spans = [
            span
            for report in listed
            if report.state == "ready"
            and filters.report in (None, report.report_id)
            and (filters.reports is None or report.report_id in filters.reports)
            and (span := _span(report)) is not None
        ]
        return Coverage.of(spans)


def _span(report: Report) -> Span | None:
    """The period entered with it, open ends closed by its faxes; None where neither is known."""
    facts = report.facts
    first = report.period_start or (facts.first_at.date() if facts and facts.first_at else None)
    last = report.period_end or (facts.last_at.date() if facts and facts.last_at else None)
    if first is None or last is None or last < first or last == dt.date.max:
        return None
    return first, last + ONE_DAY
