"""Filters as SQL: which files of a version may hold the selection, and which of their rows are in it.

Days are half-open days of the service's local time. A row without a readable date is in a selection only
when no date filter is set; one without readable pages only when no pages filter is set.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faxcloud.domain.calendar import days_after
from faxcloud.domain.columns import FAXES
from faxcloud.domain.filters import FILTERS, Filters
from faxcloud.store.lake.table import LakeFile, Snapshot
from faxcloud.store.queries.engine import file_list
from faxcloud.store.queries.text_search import Match

_REPORT_ID = re.compile(r"[\w.-]+", re.ASCII)

EMPTY = (
    "(SELECT "
    + ", ".join(f"CAST(NULL AS {column.sql_type}) AS {column.name}" for column in FAXES)
    + " WHERE FALSE)"
)
"""No faxes, with their columns: `read_parquet` of no file is an error."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Selected rows of one version: what `rows` selects with `values` bound.

    Attributes:
        conditions: All conditions besides `match`, with the values `filtered`.
        by_verdict: The conditions on the validation result: a status or a violated rule.
        match: Meaning of the search text; None without one.
        version: Version of the lake, the same for all queries of this selection.
        key: Identifies it among the selections of the version, for the cache.
        depends: Dependencies of its cache entries.
        files: The data files of `source`.
    """

    version: int
    source: str
    conditions: tuple[str, ...]
    match: Match | None
    filtered: Mapping[str, Any]
    key: tuple[Any, ...]
    depends: Mapping[str, str]
    files: tuple[LakeFile, ...] = ()
    by_verdict: tuple[str, ...] = ()

    @property
    def rows(self) -> str:
        """SQL for the FROM clause."""
        return self.rows_where(*([] if self.match is None else [self.match.where]))

    @property
    def values(self) -> dict[str, Any]:
        """Values to bind for `rows`."""
        return {**self.filtered, **(self.match.values if self.match else {})}

    @property
    def rows_of_any_verdict(self) -> str:
        """As `rows`, without the conditions `by_verdict`."""
        others = [condition for condition in self.conditions if condition not in self.by_verdict]
        if self.match is not None:
            others.append(self.match.where)
        return f"{self.source} WHERE {' AND '.join(others) or 'TRUE'}"

    def rows_where(self, *more: str) -> str:
        """As `rows`, without the search text and with more conditions."""
        return f"{self.source} WHERE {' AND '.join((*self.conditions, *more)) or 'TRUE'}"


def source_of(files: Sequence[LakeFile], folder: Path) -> str:
    """Relation that holds these files' rows, with all columns and `read_parquet`'s `file_index`."""
    if not files:
        return EMPTY
    paths = file_list(folder, [file.path for file in files])
    if all(file.has_all_columns for file in files):
        return f"read_parquet({paths})"
    stored = f"SELECT *, file_index FROM read_parquet({paths}, union_by_name = true)"
    return f"(FROM {EMPTY} UNION ALL BY NAME {stored})"


def select(filters: Filters, snapshot: Snapshot, folder: Path, match: Match | None) -> Selection:
    """Selection of `filters` in a version.

    Args:
        match: Meaning of `filters.q` there; None when there is no q.
    """
    conditions, by_verdict, values = _conditions(filters)
    files = tuple(file for file in snapshot.files if _may_hold(file, filters))
    return Selection(
        version=snapshot.version,
        source=source_of(files, folder),
        conditions=(*conditions, *by_verdict),
        by_verdict=tuple(by_verdict),
        match=match,
        filtered=values,
        key=(filters,),
        depends={"lake": snapshot.mark},
        files=files,
    )


def _conditions(filters: Filters) -> tuple[list[str], list[str], dict[str, Any]]:
    """Conditions, those of them that ask for a verdict, and the values bound in them by filter name."""
    conditions: list[str] = []
    by_verdict: list[str] = []
    values: dict[str, Any] = {}
    given = filters.given()
    for entry in FILTERS:
        if entry.condition is None or entry.name not in given:
            continue
        sql, value = entry.condition(given[entry.name])
        (by_verdict if entry.asks_verdict else conditions).append(sql)
        if value is not None:
            values[entry.name] = value
    if filters.reports is not None:
        conditions.append(within(filters.reports))
    return conditions, by_verdict, values


def within(reports: tuple[str, ...]) -> str:
    """SQL condition that a row is of one of these reports; FaxCloud generates their ids."""
    quoted = (f"'{report}'" for report in reports if _REPORT_ID.fullmatch(report))
    return f"report_id IN ({', '.join(quoted) or 'NULL'})"


def _instants(filters: Filters) -> tuple[dt.datetime | None, dt.datetime | None]:
    """First instant of the period and the first one after it."""
    start, last = filters.start_date, filters.end_date
    return (
        None if start is None else dt.datetime.combine(start, dt.time()),
        None if last in (None, dt.date.max) else dt.datetime.combine(days_after(last), dt.time()),
    )


def _may_hold(file: LakeFile, filters: Filters) -> bool:
    """Whether a file may hold rows of the selection, by the commit log's statistics."""
    if filters.report is not None and not file.may_hold(filters.report):
        return False
    if filters.reports is not None and not any(file.may_hold(report) for report in filters.reports):
        return False
    start, end = _instants(filters)
    if start is None and end is None:
        return True
    if file.nulls.get("sent_at") == file.rows:
        return False
    # Texts of one format compare like the instants; to the second, since a log may round its statistics.
    low, high = (bound.get("sent_at") for bound in (file.low, file.high))
    too_early = start is not None and high is not None and high[:19] < start.isoformat()
    too_late = end is not None and low is not None and low[:19] >= end.isoformat()
    return not (too_early or too_late)
