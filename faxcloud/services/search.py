"""Looking faxes up: one page of a selection, or one fax in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from faxcloud.rules.filters import Filters, Paging
from faxcloud.store.faxes import FaxReader


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a selection under their published names (rules/entries.py).

    Attributes:
        total: Rows of the whole selection.
        page: From 1; one beyond the last has no results.
        pages: 0 when there are no rows.
    """

    total: int
    page: int
    per_page: int
    pages: int
    results: list[dict[str, Any]]


class Search:
    """The questions. Rows come in a total order: no page repeats or skips one while the data stands still."""

    def __init__(self, faxes: FaxReader) -> None:
        self._faxes = faxes

    def page(self, filters: Filters, paging: Paging | None = None) -> Page:
        """One page, newest first unless sorted otherwise; rows without what is sorted by come last."""
        paging = paging or Paging()
        total, rows = self._faxes.page(self._faxes.select(filters), paging)
        return Page(total, paging.page, paging.per_page, -(-total // paging.per_page), rows)

    def fax(self, report_id: str, line: int) -> dict[str, Any] | None:
        """One fax with all its columns; None when there is none."""
        return self._faxes.fax(report_id, line)
