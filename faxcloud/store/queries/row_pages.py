"""Pagination of rows, without sorting more of the lake than a page needs.

The order is total: the sort key, nulls last, then report and line, which identify one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pac

from faxcloud.domain.filters import Paging
from faxcloud.store.cache.cache import Cache
from faxcloud.store.queries.csv_json_sql import ENTRY_SQL
from faxcloud.store.queries.engine import Engine
from faxcloud.store.queries.filters import Selection
from faxcloud.store.queries.row_pages_cache import DecodedRows
from faxcloud.store.queries.text_search import HIT_COLUMNS, MOST_HITS, Match

FAR = 1_000
"""From this row on, among those of the page's days, it is worth sorting keys before whole rows are read."""


class Pages:
    """Pages of rows for `FaxReader`."""

    def __init__(self, engine: Engine, cache: Cache) -> None:
        self._engine = engine
        self._cache = cache
        self._rows = DecodedRows(engine.folder)

    def forget(self) -> None:
        """Clear what is stored beside the cache."""
        self._rows.forget()

    def count(self, selection: Selection) -> int:
        """Number of rows of the selection."""
        if (hits := self._kept_hits(selection, "sent_at")) is not None:
            return int(hits.num_rows)
        return self._cache.get(
            ("count", *selection.key),
            lambda: self._count_of(selection.rows, selection.values),
            depends=selection.depends,
        )

    def _count_of(self, rows: str, values: Mapping[str, Any]) -> int:
        return int(self._engine.rows(f"SELECT count(*) AS rows FROM {rows}", values)[0]["rows"])

    def page(self, selection: Selection, paging: Paging) -> tuple[int, list[dict[str, Any]]]:
        """Rows of one page under their published names, and the total number of rows."""
        hits = self._kept_hits(selection, paging.column)
        by_day = hits is None and paging.column == "sent_at"
        if hits is not None:
            total = int(hits.num_rows)
        elif by_day:  # one reading of all that match gives the total and where every page is
            total = sum(row["rows"] for row in self._days(selection))
        else:
            total = self.count(selection)
        if paging.offset >= total:
            return total, []
        if hits is not None:
            keys = self._engine.table(
                f"SELECT report_id, line, sent_at FROM hits {ordered(paging)}", hits=hits
            )
            return total, self._fetch(selection, keys, paging)
        more, offset = self._days_of(selection, paging) if by_day else ("", paging.offset)
        rows, order = f"{selection.rows}{more}", ordered(paging, offset)
        if offset < FAR and selection.match is None and not self._rows.ready(selection.files):
            return total, self._engine.rows(f"SELECT {ENTRY_SQL} FROM {rows} {order}", selection.values)
        sql = f"SELECT report_id, line, sent_at FROM {rows} {order}"
        return total, self._fetch(selection, self._engine.table(sql, selection.values), paging)

    def _fetch(self, selection: Selection, keys: pa.Table, paging: Paging) -> list[dict[str, Any]]:
        """The rows of some keys: a page's, since a sort of whole rows takes ten times as long."""
        if self._rows.ready(selection.files):
            rows = self._rows.take(selection.files, keys)
            if rows is not None:
                return rows
        period, values = "TRUE", {}
        if keys.column("sent_at").null_count == 0:
            # Rows of a page are mostly of the same days: what is read shrinks to these.
            instants = pac.min_max(keys.column("sent_at")).as_py()
            period, values = (
                "sent_at BETWEEN $first AND $last",
                {"first": instants["min"], "last": instants["max"]},
            )
        sql = (
            f"SELECT {ENTRY_SQL} FROM (FROM {selection.source} WHERE {period}) SEMI JOIN keys"
            f" USING (report_id, line) {ordered(paging, limited=False)}"
        )
        return self._engine.rows(sql, values, keys=keys)

    def _kept_hits(self, selection: Selection, column: str) -> pa.Table | None:
        """Rows that a search finds; None without a search text, or for too many rows."""
        if selection.match is None:
            return None
        return self._cache.get(
            ("hits", column, *selection.key),
            lambda: self._hits(selection, column),
            depends=selection.depends,
        )

    def _hits(self, selection: Selection, column: str) -> pa.Table | None:
        assert selection.match is not None
        found: list[pa.Table] = []
        for hits in self._found(selection, selection.match, column):
            if hits.num_rows > MOST_HITS:
                return None
            found.append(hits)
        if len(found) == 1:
            return found[0]
        # A row that passes two tests is found twice.
        return self._engine.table("SELECT DISTINCT * FROM hits", hits=pa.concat_tables(found))

    def _found(self, selection: Selection, match: Match, column: str) -> Iterator[pa.Table]:
        """Hits of each test, one after the other, since the first may be too many already."""
        if match.hits and not selection.conditions and column in HIT_COLUMNS:
            yield from match.hits
            return
        names = ", ".join(dict.fromkeys((*HIT_COLUMNS, column)))
        for test, values in match.tests:
            rows = selection.rows_where(test)
            bound = {**selection.filtered, **values}
            yield self._engine.table(f"SELECT {names} FROM {rows} LIMIT {MOST_HITS + 1}", bound)

    def _days(self, selection: Selection) -> list[dict[str, Any]]:
        """Number of rows per `day`, oldest first, those without a date last."""
        sql = (
            f"SELECT CAST(sent_at AS DATE) AS day, count(*) AS rows FROM {selection.rows}"
            " GROUP BY day ORDER BY day NULLS LAST"
        )
        return self._cache.get(
            ("days", *selection.key),
            lambda: self._engine.rows(sql, selection.values),
            depends=selection.depends,
        )

    def _days_of(self, selection: Selection, paging: Paging) -> tuple[str, int]:
        """Condition for the days of the page's rows, and the offset among the rows of these days."""
        days = self._days(selection)
        dated = [row for row in days if row["day"] is not None]
        ordered = dated[::-1] if paging.descending else dated
        ordered += [row for row in days if row["day"] is None]
        wanted, before, passed = [], 0, 0
        for row in ordered:
            if passed + row["rows"] <= paging.offset:
                before = passed + row["rows"]
            elif passed < paging.offset + paging.per_page:
                wanted.append(row["day"])
            passed += row["rows"]
        dates = sorted(day for day in wanted if day is not None)
        tests = ["sent_at IS NULL"] if None in wanted else []
        if dates:
            tests.append(f"sent_at >= DATE '{dates[0]}' AND sent_at < DATE '{dates[-1]}' + 1")
        return f" AND ({' OR '.join(tests)})", paging.offset - before


def ordered(paging: Paging, offset: int | None = None, *, limited: bool = True) -> str:
    """`ORDER BY` clause of a page, or of all rows."""
    direction = "DESC" if paging.descending else "ASC"
    order = f"ORDER BY {paging.column} {direction} NULLS LAST, report_id, line"
    skipped = paging.offset if offset is None else offset
    return f"{order} LIMIT {paging.per_page} OFFSET {skipped}" if limited else order
