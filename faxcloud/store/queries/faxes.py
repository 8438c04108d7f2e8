"""Fax queries: every DuckDB query about the faxes of the lake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Literal, Protocol, TypeVar

import pyarrow as pa

from faxcloud.domain.blanks import user_sql, users_sql
from faxcloud.domain.calendar import Grain
from faxcloud.domain.filters import Filters, Paging
from faxcloud.domain.metrics import BY_KEY
from faxcloud.store.cache.cache import Cache
from faxcloud.store.lake.table import Snapshot
from faxcloud.store.queries.csv_json_sql import ENTRY_SQL, CsvStyle, csv_line_sql, json_line_sql
from faxcloud.store.queries.cube import NOT_ADDITIVE, OVER_CUBE, OVER_ROWS, columns_sql, cube_sql
from faxcloud.store.queries.engine import Engine
from faxcloud.store.queries.filters import Selection, select, source_of, within
from faxcloud.store.queries.row_pages import Pages, ordered
from faxcloud.store.queries.text_search import Match, resolve
from faxcloud.store.queries.text_search_dictionary import TextDictionary
from faxcloud.store.queries.text_search_index import ExactIndex

T = TypeVar("T")
CubeKey = Literal["mode", "hour", "weekday"]
RowKey = Literal["user", "number_type", "country", "report"]
Stream = AbstractContextManager[Iterator[pa.RecordBatch]]
"""Arrow batches, read inside a `with` block in constant memory."""

_CUBE_KEYS: Mapping[CubeKey, str] = {"mode": "mode", "hour": "hour(hour)", "weekday": "isodow(hour)"}
_ROW_KEYS: Mapping[RowKey, str] = {
    "user": user_sql(),
    "number_type": "number_type",
    "country": "country",
    "report": "report_id",
}


class ReadableLake(Protocol):
    """Lake interface for readers: the files of the newest version."""

    def snapshot(self) -> Snapshot: ...

    def moved_at(self) -> dt.datetime | None: ...


class FaxReader:
    """Queries about the faxes of a lake. Safe for threads.

    A `Selection` holds the version that it was made of, so that its answers agree while others write. Answers
    are cached per version; a repeated query costs one look at the log.
    """

    def __init__(self, lake: ReadableLake, engine: Engine, cache: Cache) -> None:
        self._lake = lake
        self._engine = engine
        self._cache = cache
        self._known = TextDictionary(engine)
        self._exact = ExactIndex(engine)
        self._pages = Pages(engine, cache)

    def forget(self) -> None:
        """Clear all memory caches: after an erasure the subject must not be found there either."""
        self._cache.clear()
        self._known.forget()
        self._exact.forget()
        self._pages.forget()

    def version(self) -> int:
        """Newest version; -1 when there is no table yet."""
        return self._lake.snapshot().version

    def moved_at(self) -> dt.datetime | None:
        """Time of the newest version, in UTC; None when there is no table yet."""
        return self._lake.moved_at()

    def mark(self) -> Hashable:
        """Identifier of the newest version, distinct from one of the same number after a restore."""
        return self._lake.snapshot().mark

    def select(self, filters: Filters) -> Selection:
        """Selection of filters in the newest version.

        Raises:
            LakeUnavailable: the log cannot be read.
        """
        snapshot = self._lake.snapshot()
        match = self._match(snapshot, filters.q, filters.reports) if filters.q else None
        return select(filters, snapshot, self._engine.folder, match)

    def count(self, selection: Selection) -> int:
        """Number of rows of the selection."""
        return self._pages.count(selection)

    def totals(self, selection: Selection, *, groups_follow: bool = False) -> dict[str, Any]:
        """Metrics of the selection by key; no rows give what SQL gives for none.

        Args:
            groups_follow: The users' groups are needed as well: their number is the number of users.
        """

        def ask() -> dict[str, Any]:
            numbers = self._engine.rows(
                f"SELECT {_over_cube(selection)} FROM cube", cube=self._cube(selection)
            )[0]
            if groups_follow:
                return numbers | {"users": sum(1 for row in self.groups(selection, "user") if row["key"])}
            others = columns_sql({key: BY_KEY[key].sql for key in NOT_ADDITIVE})
            return numbers | self._engine.rows(f"SELECT {others} FROM {selection.rows}", selection.values)[0]

        return self._kept(selection, "totals", ask)

    def timeline(self, selection: Selection, grain: Grain) -> list[dict[str, Any]]:
        """Timeline: one row per `start` (local time; weeks begin on Monday) that has faxes, oldest first."""
        sql = (
            f"SELECT date_trunc('{grain}', hour) AS start, {_over_cube(selection)} FROM cube"
            " WHERE hour IS NOT NULL GROUP BY start ORDER BY start"
        )
        return self._over_cube(selection, f"timeline-{grain}", sql)

    def cube_groups(self, selection: Selection, by: CubeKey) -> list[dict[str, Any]]:
        """Groups from the cube, one row per `key`.

        Rows without a date have None for hour and weekday (1 = Monday).
        """
        order = "faxes DESC, key" if by == "mode" else "key NULLS LAST"
        numbers = _over_cube(selection)
        sql = f"SELECT {_CUBE_KEYS[by]} AS key, {numbers} FROM cube GROUP BY key ORDER BY {order}"
        return self._over_cube(selection, f"by-{by}", sql)

    def rules(self, selection: Selection, column: Literal["violations", "warnings"]) -> list[dict[str, Any]]:
        """Violations by rule: one row per rule id with the number of faxes that violate it, most first."""
        sql = (
            'SELECT key, CAST(sum("rows") AS BIGINT) AS violations'
            f" FROM (SELECT unnest(string_split({column}, '|')) AS key, \"rows\""
            f" FROM cube WHERE {column} <> '') GROUP BY key ORDER BY violations DESC, key"
        )
        return self._over_cube(selection, f"rules-{column}", sql)

    def heatmap(self, selection: Selection) -> list[dict[str, Any]]:
        """Heat map: one row per weekday (1 = Monday) and hour that has faxes."""
        sql = (
            f"SELECT isodow(hour) AS weekday, hour(hour) AS hour, {_over_cube(selection)} FROM cube"
            " WHERE hour IS NOT NULL GROUP BY ALL ORDER BY ALL"
        )
        return self._over_cube(selection, "heatmap", sql)

    def groups(self, selection: Selection, by: RowKey) -> list[dict[str, Any]]:
        """Groups: one row per `key`, all of them, those with most invalid faxes first."""
        numbers = columns_sql(OVER_ROWS, by_verdict=bool(selection.by_verdict))
        sql = (
            f"SELECT {_ROW_KEYS[by]} AS key, {numbers} FROM {selection.rows}"
            " GROUP BY key ORDER BY invalid DESC, faxes DESC, key"
        )
        return self._kept(selection, f"by-{by}", lambda: self._engine.rows(sql, selection.values))

    def numbers(self, selection: Selection, limit: int, *, only_invalid: bool) -> list[dict[str, Any]]:
        """Called numbers, one row each, most invalid faxes first; `called_text` is one way it was written.

        `faxes` counts all faxes to the number, also those that the selection's status or rule leaves out, and
        `invalid_rate` is the share of the invalid ones. The other columns are of the selected faxes; with
        `only_invalid`, of the invalid ones among them. A called text without any digit has no number and is
        identified by its text.
        """
        text = "CASE WHEN number = '' THEN called_text END"
        sql = f"""
          WITH listed AS (
            SELECT number, {text} AS text, min(called_text) AS called_text, count(*) AS counted,
              count(*) FILTER (WHERE NOT is_valid) AS invalid,
              string_agg(DISTINCT violations, '|' ORDER BY violations)
                FILTER (WHERE violations <> '') AS violations,
              {users_sql()} AS users,
              min(sent_at) AS first_at, max(sent_at) AS last_at
            FROM {selection.rows} {"AND NOT is_valid" if only_invalid else ""}
            GROUP BY ALL ORDER BY invalid DESC, counted DESC, number, called_text LIMIT {int(limit)}
          ), called AS (
            SELECT number, {text} AS text, count(*) AS faxes FROM {selection.rows_of_any_verdict}
              AND number IN (SELECT number FROM listed) GROUP BY ALL
          )
          SELECT listed.* EXCLUDE (text, counted), faxes, invalid / faxes AS invalid_rate
          FROM listed JOIN called
            ON called.number = listed.number AND called.text IS NOT DISTINCT FROM listed.text
          ORDER BY invalid DESC, counted DESC, listed.number, listed.called_text"""
        key = f"numbers-{limit}-{only_invalid}"
        return self._kept(selection, key, lambda: self._engine.rows(sql, selection.values))

    def page(self, selection: Selection, paging: Paging) -> tuple[int, list[dict[str, Any]]]:
        """Page of rows under their published names, and the number of rows of the selection."""
        return self._pages.page(selection, paging)

    def fax(self, report_id: str, line: int) -> dict[str, Any] | None:
        """Single fax with all its columns under their published names; None when there is none."""
        selection = self.select(Filters(report=report_id))
        sql = f"SELECT {ENTRY_SQL} FROM {selection.rows} AND line = $line"
        found = self._engine.rows(sql, dict(selection.values) | {"line": line})
        return found[0] if found else None

    def entries(self, selection: Selection, order: Paging | None = None) -> Stream:
        """All rows, typed, under their published names, in the order of storage unless another is given.

        Raises:
            DataFileDamaged: a file's checksum is wrong: no part of an export is written from it.
        """
        return self._stream(self._sound(selection), ENTRY_SQL, order)

    def csv_lines(self, selection: Selection, style: CsvStyle, order: Paging | None = None) -> Stream:
        """All rows as the text `line` of a CSV file, its line break included."""
        return self._stream(self._sound(selection), csv_line_sql(style), order)

    def json_lines(self, selection: Selection, order: Paging | None = None) -> Stream:
        """All rows as the text `line`: a comma, a line break, a JSON object."""
        return self._stream(self._sound(selection), json_line_sql(), order)

    def _sound(self, selection: Selection) -> Selection:
        for file in selection.files:
            if (damage := file.damage(self._engine.folder)) is not None:
                raise damage
        return selection

    def _stream(self, selection: Selection, columns: str, order: Paging | None) -> Stream:
        rows = selection.rows
        if order is not None:  # inside, since the text of a line bears the name of a column
            rows = f"(SELECT * FROM {rows} {ordered(order, limited=False)})"
        return self._engine.batches(f"SELECT {columns} FROM {rows}", selection.values)

    def _cube(self, selection: Selection) -> pa.Table:
        return self._kept(
            selection, "cube", lambda: self._engine.table(cube_sql(selection.rows), selection.values)
        )

    def _over_cube(self, selection: Selection, name: str, sql: str) -> list[dict[str, Any]]:
        return self._kept(selection, name, lambda: self._engine.rows(sql, cube=self._cube(selection)))

    def _match(self, snapshot: Snapshot, text: str, reports: tuple[str, ...] | None) -> Match:
        source = source_of(snapshot.files, self._engine.folder)
        if reports is not None:
            # The meaning of a search text must not depend on rows that the actor cannot see.
            source = f"(FROM {source} WHERE {within(reports)})"

        def ask() -> Match:
            is_whole = reports is None and self._exact.ready(snapshot)
            indexed = partial(self._exact.hits, snapshot) if is_whole else None
            return resolve(self._engine, source, text, partial(self._known.texts, snapshot), indexed)

        return self._cache.get(("match", text, reports), ask, depends={"lake": snapshot.mark})

    def _kept(self, selection: Selection, name: str, ask: Callable[[], T]) -> T:
        return self._cache.get((name, *selection.key), ask, depends=selection.depends)


def _over_cube(selection: Selection) -> str:
    """Every number that the cube of the selection can tell, as columns."""
    return columns_sql(OVER_CUBE, by_verdict=bool(selection.by_verdict))
