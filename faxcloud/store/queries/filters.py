"""Filters as SQL: which files of a version can hold the selection, and which rows of them are in it.

Days are half-open days of the service's local time. A row without a readable date is in a selection only
when no date filter is set; one without readable pages only when no pages filter is set.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faxcloud.domain.blanks import name_sql, trim
from faxcloud.domain.calendar import days_after
from faxcloud.domain.columns import FAXES
from faxcloud.domain.filters import Filters
from faxcloud.store.lake.table import LakeFile, Snapshot
from faxcloud.store.queries.engine import file_list
from faxcloud.store.queries.text_search import Match

_REPORT_ID = re.compile(r"[\w.-]+", re.ASCII)

OTHER_MODES = "OTHER"
"""The mode that stands for every mode but SF and RF, blank included."""

EMPTY = (
    "(SELECT "
    + ", ".join(f"CAST(NULL AS {column.sql_type}) AS {column.name}" for column in FAXES)
    + " WHERE FALSE)"
)
"""No faxes, with their columns: `read_parquet` of no file is an error."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of one version: what `rows` selects with `values` bound.

    Attributes:
        conditions: All that hold besides `match`, with the values `filtered`.
        by_verdict: Those of the conditions that ask for a verdict: a status or a violated rule.
        match: What the search text means; None without one.
        version: Of the lake, the same for all that is asked of this selection.
        key: Tells it from every other selection of the version, for the cache.
        depends: What the cache has to know of the version.
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
        """What stands after FROM."""
        return self.rows_where(*([] if self.match is None else [self.match.where]))

    @property
    def values(self) -> dict[str, Any]:
        """What is bound for `rows`."""
        return {**self.filtered, **(self.match.values if self.match else {})}

    @property
    def rows_of_any_verdict(self) -> str:
        """As `rows`, without the conditions `by_verdict`."""
        others = [condition for condition in self.conditions if condition not in self.by_verdict]
        if self.match is not None:
            others.append(self.match.where)
        return f"{self.source} WHERE {' AND '.join(others) or 'TRUE'}"

    def rows_where(self, *more: str) -> str:
        """Likewise, without the search text and with more conditions."""
        return f"{self.source} WHERE {' AND '.join((*self.conditions, *more)) or 'TRUE'}"


def source_of(files: tuple[LakeFile, ...], folder: Path) -> str:
    """The relation that holds these files' rows."""
    return f"read_parquet({file_list(folder, [file.path for file in files])})" if files else EMPTY


def select(filters: Filters, snapshot: Snapshot, folder: Path, match: Match | None) -> Selection:
    """The selection of `filters` in that version.

    Args:
        match: What `filters.q` means there; None when there is no q.
    """
    by_verdict = _verdict_conditions(filters)
    conditions, values = _conditions(filters)
    files = tuple(file for file in snapshot.files if _may_hold(file, filters))
    return Selection(
        version=snapshot.version,
        source=source_of(files, folder),
        conditions=(*conditions, *by_verdict),
        by_verdict=by_verdict,
        match=match,
        filtered=values,
        key=(filters,),
        depends={"lake": snapshot.mark},
        files=files,
    )


def _conditions(filters: Filters) -> tuple[list[str], dict[str, Any]]:
    start, end = _instants(filters)
    wanted: tuple[tuple[str, str, Any], ...] = (
        ("report", "report_id = $report", filters.report),
        ("mode", "mode = $mode", filters.mode if filters.mode != OTHER_MODES else None),
        ("user", *_of_user(filters.user)),
        ("number_type", "number_type = $number_type", filters.number_type),
        ("start", "sent_at >= $start", start),
        ("end", "sent_at < $end", end),
        ("pages_min", "pages >= $pages_min", filters.pages_min),
        ("pages_max", "pages <= $pages_max", filters.pages_max),
    )
    conditions = [sql for _, sql, value in wanted if value is not None]
    if filters.mode == OTHER_MODES:
        conditions.append("mode NOT IN ('SF', 'RF')")
    if filters.reports is not None:
        conditions.append(within(filters.reports))
    values: dict[str, Any] = {name: value for name, _, value in wanted if value is not None}
    if filters.rule:
        values["rule"] = f"|{filters.rule}|"
    return conditions, values


def _verdict_conditions(filters: Filters) -> tuple[str, ...]:
    """Those that ask for a verdict; `$rule` is bound with the others' values."""
    conditions = []
    if filters.rule:
        conditions.append(
            "(contains('|' || violations || '|', $rule) OR contains('|' || warnings || '|', $rule))"
        )
    if filters.status is not None:
        conditions.append("is_valid" if filters.status == "valid" else "NOT is_valid")
    return tuple(conditions)


def _of_user(user: str | None) -> tuple[str, str | None]:
    """The condition on the user name and what it binds; white space alone means the faxes without a name."""
    if user is None or trim(user):
        return "user_name = $user", user  # bare, so that Parquet's statistics serve
    return f"{name_sql('user_name')} = $user", ""


def within(reports: tuple[str, ...]) -> str:
    """The condition that a row is of one of these reports; their ids are of our own making."""
    quoted = (f"'{report}'" for report in reports if _REPORT_ID.fullmatch(report))
    return f"report_id IN ({', '.join(quoted) or 'NULL'})"


def _instants(filters: Filters) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The first instant of the period and the first one after it."""
    start, last = filters.start_date, filters.end_date
    return (
        None if start is None else dt.datetime.combine(start, dt.time()),
        None if last in (None, dt.date.max) else dt.datetime.combine(days_after(last), dt.time()),
    )


def _may_hold(file: LakeFile, filters: Filters) -> bool:
    """False when the commit log's statistics say that no row of the file can be in the selection."""
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
