"""Usage and cost: pages, billed pages, duration and money of a selection, and of each part of it.

Every cost is the sum of what its faxes cost by the price list (domain/prices.py): exact to a ten-thousandth,
so that the lines of any table add up to its total. Faxes without a cost are counted beside it; where no fax
has one, the cost is None and never 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, get_args

from faxcloud.domain.calendar import next_month
from faxcloud.domain.filters import Filters
from faxcloud.domain.masking import mask_text
from faxcloud.domain.prices import PriceList
from faxcloud.errors import FilterInvalid
from faxcloud.i18n import Translator
from faxcloud.services.actors import current_actor
from faxcloud.services.analytics.coverage import Coverages
from faxcloud.services.analytics.usage_files import (
    Line,
    amounts_of,
    columns_of,
    csv_of,
    key_text,
    workbook_of,
)
from faxcloud.services.imports.reports import Reports
from faxcloud.services.journal import Journal, Note
from faxcloud.services.scoping import IN_FULL, Scope, shown_keys
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.queries.faxes import FaxReader
from faxcloud.store.queries.filters import Selection
from faxcloud.store.queries.usage import UsageKey, UsageReader

Row = dict[str, Any]

SETTING = "usage.price_list"
BY: tuple[UsageKey, ...] = get_args(UsageKey)
EDGE_DAYS = 7
"""Where the data begins on the 8th or later, or lacks the last week, that month is no whole one."""
MOST_MONTHS = 1_200
"""One mistyped year must not make a thousand empty months; beyond, those without faxes are left out."""

_FOREIGN = frozenset(("reseller", "billing_type"))
"""Keys that are texts of the export, in which a number or an address may stand."""


@dataclass(frozen=True, slots=True)
class UsageTable:
    """Usage by one key, from one version.

    Attributes:
        rows: One per `key`, highest cost first, months in their order: faxes, pages, billed_pages and cost
            (exact decimals), duration_s, internal, international, without_price, without_amount.
        total: Numbers of the selection: the sum of the rows.
        previous: The total of as many days just before; None unless both dates are filtered and the data
            covers both periods whole.
        cost_change: Change of the total cost against `previous`, as a rate; None without one of the two.
        unpriced: `billing_type`, `destination` and `faxes` of what the list has no price for, most first.
    """

    by: UsageKey
    rows: list[Row]
    total: Row
    previous: Row | None
    cost_change: float | None
    unpriced: list[Row]
    prices: PriceList
    version: int


class Usage:
    """Usage queries, the price list and the files for accounting."""

    def __init__(
        self,
        faxes: FaxReader,
        reader: UsageReader,
        scope: Scope,
        catalogue: Catalogue,
        journal: Journal,
        reports: Reports,
    ) -> None:
        self._faxes = faxes
        self._reader = reader
        self._scope = scope
        self._catalogue = catalogue
        self._journal = journal
        self._reports = reports
        self._coverages = Coverages(catalogue)

    def price_list(self) -> PriceList:
        """Price list that all costs use; without lines until one was saved.

        Raises:
            NotAllowed: the actor may not see usage.
            PriceListInvalid: what is stored was changed by hand and cannot be used.
        """
        current_actor().require("usage.read")
        with self._catalogue.read() as conn:
            stored = get_setting(conn, SETTING)
        return PriceList() if stored is None else PriceList.from_dict(stored)

    def save_price_list(self, given: Any) -> PriceList:
        """Validate and save a price list in the form of `PriceList.to_dict`; every cost follows at once.

        Raises:
            PriceListInvalid: it cannot be used; nothing is changed.
            NotAllowed: the actor may not change settings.
        """
        current_actor().require("settings.change")
        prices = PriceList.from_dict(given)
        before = self.price_list()
        if prices == before:
            return prices
        details = {
            "currency": prices.currency,
            "from": len(before.prices),
            "to": len(prices.prices),
            "kept": len(set(prices.prices) & set(before.prices)),
        }
        with self._catalogue.write() as conn:
            put_setting(conn, SETTING, prices.to_dict())
            self._journal.record(conn, Note("setting.change", f"setting:{SETTING}", details=details))
        return prices

    def usage(self, filters: Filters, by: UsageKey = "user") -> UsageTable:
        """Usage and cost by one key; names are masked for actors who see names masked.

        Raises:
            NotAllowed: the actor may not see usage.
            FilterInvalid: there is no such key.
        """
        current_actor().require("usage.read")
        if by not in BY:
            raise FilterInvalid(name="by", value=str(by), expected=", ".join(BY))
        prices, filters = self.price_list(), self._scope.narrowed(filters)
        selection = self._faxes.select(filters)
        rows = self._reader.groups(selection, prices, by)
        if by != "month":
            rows = sorted(rows, key=_dearest_first)
        total, before = self._reader.total(selection, prices), filters.previous_period()
        previous = None
        if before is not None and self._compares(filters, before):
            previous = self._reader.total(self._faxes.select(before), prices)
        return UsageTable(
            by=by,
            rows=_as_seen(rows, by),
            total=total,
            previous=previous,
            cost_change=_rate(total, previous, "cost"),
            unpriced=self._unpriced(selection, prices),
            prices=prices,
            version=selection.version,
        )

    def _compares(self, filters: Filters, before: Filters) -> bool:
        """Whether the data covers the periods of both whole."""
        coverage = self._coverages.of(filters)
        periods = (filters.period(), before.period())
        return all(period is not None and coverage.is_whole(*period) for period in periods)

    def months(self, filters: Filters) -> list[Row]:
        """Usage by month, oldest first, months without faxes in between included; undated faxes in none.

        `start` is its first day. `is_whole` is False where the dates filtered cut it, where the reports cover
        only a part of it, and of the first and the last month where the faxes selected begin or end
        `EDGE_DAYS` or more inside. `cost_change`,
        `billed_pages_change` and `faxes_change` are rates against the month before, None where one of the
        two is not whole or has nothing to compare with.
        """
        found = {row["key"]: row for row in self.usage(filters, "month").rows if row["key"] is not None}
        rows: list[Row] = []
        coverage = self._coverages.of(self._scope.narrowed(filters))
        for start in _without_gaps(sorted(found)):
            row = {**found.get(start, _nothing()), "start": start}
            row.pop("key", None)
            row["is_whole"] = coverage.is_whole(start, next_month(start)) and _is_whole(
                row, filters, is_first=not rows, is_last=start == max(found)
            )
            before = rows[-1] if rows and next_month(rows[-1]["start"]) == start else None
            rows.append(row | {f"{key}_change": _change(row, before, key) for key in CHANGES})
        return rows

    def csv(self, filters: Filters, by: UsageKey, t: Translator) -> bytes:
        """Usage table for accounting in the CSV dialect of the language, its last line the total; audited.

        Raises:
            NotAllowed: the actor may not export usage.
        """
        lines, currency = self._file(filters, by, t, "csv")
        return csv_of(t, columns_of(t, by, currency), lines)

    def workbook(self, filters: Filters, by: UsageKey, t: Translator) -> bytes:
        """Usage table as an Excel workbook, with the price list on a sheet of its own; audited likewise."""
        lines, currency = self._file(filters, by, t, "xlsx")
        return workbook_of(t, columns_of(t, by, currency), lines, self.price_list())

    def key_text(self, t: Translator, by: UsageKey, key: Any) -> str:
        """Display name of a row's key."""
        if by == "report":
            return self._report_names().get(key, str(key))
        return key_text(t, by, key)

    def _file(self, filters: Filters, by: UsageKey, t: Translator, format_: str) -> tuple[list[Line], str]:
        current_actor().require("usage.export")
        table = self.usage(filters, by)
        names = self._report_names() if by == "report" else {}
        lines = [
            [names.get(row["key"]) or key_text(t, by, row["key"]), *amounts_of(row)] for row in table.rows
        ]
        lines.append([t("Total"), *amounts_of(table.total)])
        given = [each.name for each in fields(filters) if each.name != "reports"]
        details = {
            "by": by,
            "format": format_,
            "rows": len(table.rows),
            # Which filters, not their values: one may be somebody's name.
            "filters": [name for name in given if getattr(filters, name) is not None],
        }
        resource = f"report:{filters.report}" if filters.report else ""
        self._journal.write(Note("usage.export", resource, details=details))
        return lines, table.prices.currency

    def _unpriced(self, selection: Selection, prices: PriceList) -> list[Row]:
        rows = self._reader.unpriced(selection, prices)
        if current_actor().may(IN_FULL):
            return rows
        return [row | {"billing_type": mask_text(row["billing_type"] or "")} for row in rows]

    def _report_names(self) -> dict[str, str]:
        return {report["report_id"]: report["file"] for report in self._reports.list()}


CHANGES = ("cost", "billed_pages", "faxes")
"""What is compared month by month."""


def _dearest_first(row: Row) -> tuple[bool, Decimal, Decimal, str]:
    return row["cost"] is None, -(row["cost"] or Decimal()), -Decimal(row["billed_pages"]), str(row["key"])


def _as_seen(rows: Sequence[Row], by: UsageKey) -> list[Row]:
    if by == "user":
        return shown_keys(rows)
    if by not in _FOREIGN or current_actor().may(IN_FULL):
        return [*rows]
    return [{**row, "key": mask_text(row["key"] or "")} for row in rows]


def _nothing() -> Row:
    counts = ("faxes", "pages", "duration_s", "internal", "international", "without_price", "without_amount")
    nothing: Row = dict.fromkeys(counts, 0)
    return nothing | {"billed_pages": Decimal(), "cost": None, "first_at": None, "last_at": None}


def _without_gaps(starts: Sequence[dt.date]) -> list[dt.date]:
    if not starts:
        return []
    filled = [starts[0]]
    while filled[-1] < starts[-1] and len(filled) <= MOST_MONTHS:
        filled.append(next_month(filled[-1]))
    return filled if len(filled) <= MOST_MONTHS else [*starts]


def _is_whole(row: Row, filters: Filters, *, is_first: bool, is_last: bool) -> bool:
    start, after = row["start"], next_month(row["start"])
    edge = dt.timedelta(days=EDGE_DAYS)
    return not (
        (filters.start_date is not None and filters.start_date > start)
        or (filters.end_date is not None and filters.end_date < after - dt.timedelta(days=1))
        or (is_first and row["first_at"].date() >= start + edge)
        or (is_last and row["last_at"].date() < after - edge)
    )


def _change(row: Row, before: Row | None, key: str) -> float | None:
    if before is None or not (row["is_whole"] and before["is_whole"]):
        return None
    return _rate(row, before, key)


def _rate(row: Row, before: Row | None, key: str) -> float | None:
    if before is None or row[key] is None or not before[key]:
        return None
    return float((row[key] - before[key]) / before[key])
