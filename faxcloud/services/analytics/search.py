"""Fax search: one page of a selection, or one fax in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from faxcloud.domain.filters import Filters, Paging
from faxcloud.services.actors import current_actor
from faxcloud.services.scoping import IN_FULL, Scope, shown
from faxcloud.store.queries.faxes import FaxReader

MASKED_ORDERS = frozenset(("number", "fax_id"))
"""Columns that an actor who sees them masked may not sort by."""


@dataclass(frozen=True, slots=True)
class Page:
    """Page of a selection, rows under their published names (domain/entries.py).

    Attributes:
        total: Number of rows of the whole selection.
        page: From 1; one beyond the last has no results.
        pages: 0 when there are no rows.
    """

    total: int
    page: int
    per_page: int
    pages: int
    results: list[dict[str, Any]]


class Search:
    """Search service. Rows have a total order: no page repeats or skips one while the data stands still."""

    def __init__(self, faxes: FaxReader, scope: Scope | None = None) -> None:
        self._faxes = faxes
        self._scope = scope or Scope()

    def page(self, filters: Filters, paging: Paging | None = None) -> Page:
        """Page of rows, newest first unless sorted otherwise; rows without the sort key come last.

        Raises:
            NotAllowed: it searches or sorts by what the actor sees masked.
        """
        paging = paging or Paging()
        if paging.column in MASKED_ORDERS:  # neighbours in order would tell each other's digits
            current_actor().require(IN_FULL)
        total, rows = self._faxes.page(self._faxes.select(self._scope.narrowed(filters)), paging)
        return Page(total, paging.page, paging.per_page, -(-total // paging.per_page), shown(rows))

    def fax(self, report_id: str, line: int) -> dict[str, Any] | None:
        """Single fax with all its columns; None when there is none, or none that the actor may see."""
        found = self._faxes.fax(report_id, line) if self._scope.sees(report_id) else None
        return None if found is None else shown([found])[0]
