"""Duplicate records: find and leave out the rows of an import that the lake has already."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from faxcloud.domain.columns import KEY_SQL
from faxcloud.store.changes.rewriting import row_groups
from faxcloud.store.lake.parquet import FaxWriter, WrittenFile
from faxcloud.store.lake.table import LakeFile
from faxcloud.store.queries.engine import Engine, file_list

ROWS_PER_BATCH = 131_072


@dataclass(frozen=True, slots=True)
class Span:
    """Dates of the rows of some files, from statistics.

    Attributes:
        low: Earliest second, as ISO text; '' when unknown.
        high: Latest second; blank, and below `low`, when no row has a date.
        has_undated: Whether a row may have no date.
    """

    low: str
    high: str
    has_undated: bool

    def overlap(self, other: Span) -> Span | None:
        """Dates that both may have; None when they can share no row."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        has_undated = self.has_undated and other.has_undated
        return Span(low, high, has_undated) if low <= high or has_undated else None

    def union(self, other: Span) -> Span:
        """Dates from the earliest to the latest of both."""
        return Span(
            min(self.low, other.low), max(self.high, other.high), self.has_undated or other.has_undated
        )

    def condition(self) -> str:
        """SQL condition that selects the rows of these dates."""
        dated = f"sent_at BETWEEN '{self.low}' AND '{self.high}.999999'" if self.low <= self.high else ""
        undated = "sent_at IS NULL" if self.has_undated else ""
        return f"({' OR '.join(part for part in (dated, undated) if part)})"


_NO_DATE = ("9999-12-31T23:59:59", "0001-01-01T00:00:00")
_ANY_DATE = _NO_DATE[::-1]


@dataclass(slots=True)
class Duplicates:
    """Rows of new files that are stored already.

    Attributes:
        rows: Per file, by its path, a flag for each of its rows; files without duplicates are left out.
        reports: Number of them by the oldest report that has the record.
    """

    rows: dict[str, np.ndarray] = field(default_factory=dict)
    reports: Counter[str] = field(default_factory=Counter)


def span_of(rows: int, low: str | None, high: str | None, nulls: int | None) -> Span:
    """Dates of a file by its statistics; what they do not say may be any."""
    if low is None or high is None:
        return Span(*(_NO_DATE if nulls == rows else _ANY_DATE), has_undated=nulls != 0)
    # To the second, since a log may round its statistics.
    return Span(low[:19], high[:19], has_undated=nulls != 0)


def lake_span(file: LakeFile) -> Span:
    """Dates of a data file."""
    return span_of(file.rows, file.low.get("sent_at"), file.high.get("sent_at"), file.nulls.get("sent_at"))


def new_span(files: Sequence[WrittenFile]) -> Span:
    """Dates of files that were just written."""
    span = Span(*_NO_DATE, has_undated=False)
    for file in files:
        said: Mapping[str, Mapping[str, str]] = json.loads(file.statistics)
        low, high = said["minValues"].get("sent_at"), said["maxValues"].get("sent_at")
        nulls = said["nullCount"].get("sent_at")
        span = span.union(span_of(file.rows, low, high, None if nulls is None else int(nulls)))
    return span


def find_duplicates(
    engine: Engine,
    new: Sequence[WrittenFile],
    stored: Sequence[LakeFile],
    leaving: Collection[str] = (),
) -> Duplicates:
    """Find the rows of new files that stored files have too; each stored row accounts for one new row.

    Only rows of the dates that both sides have are read.

    Args:
        stored: The files whose dates overlap with those of the new files.
        leaving: Reports whose rows do not count, since they are being deleted.

    Raises:
        LakeUnavailable: a file cannot be read.
    """
    found = Duplicates()
    span = new_span(new)
    common = [both for file in stored if (both := span.overlap(lake_span(file))) is not None]
    if not common:
        return found
    dates = common[0]
    for both in common[1:]:
        dates = dates.union(both)
    reports = sorted(_reports_in(engine, stored) - set(leaving))
    with engine.batches(_hits_sql(engine, new, stored, dates, reports), None, ROWS_PER_BATCH) as batches:
        columns = [[column.to_numpy(zero_copy_only=False) for column in batch.columns] for batch in batches]
    if not columns:
        return found
    hashed, occurrences, report, file_index, row = (
        np.concatenate(parts) for parts in zip(*columns, strict=True)
    )
    is_duplicate = _occurrence(hashed) < occurrences
    for position, count in enumerate(np.bincount(report[is_duplicate], minlength=len(reports))):
        if count:
            found.reports[reports[position]] = int(count)
    for position in np.unique(file_index[is_duplicate]):
        file = new[int(position)]
        found.rows[file.path] = np.zeros(file.rows, bool)
        found.rows[file.path][row[is_duplicate & (file_index == position)]] = True
    return found


def shared_records(engine: Engine, files: Sequence[LakeFile]) -> list[dict[str, Any]]:
    """Records that several reports have: `older` and `newer` report, and how many `faxes` too many newer has.

    Only files whose dates overlap with those of another report are read.

    Raises:
        LakeUnavailable: a file cannot be read.
    """
    shared = [file for file in files if _may_share(file, files)]
    if not shared:
        return []
    paths = file_list(engine.folder, [file.path for file in shared])
    sql = f"""
        WITH counted AS (
            SELECT {KEY_SQL}, report_id, count(*) AS occurrences
            FROM read_parquet({paths}, union_by_name = true)
            GROUP BY hashed, moment, report_id
        ), repeated AS (
            SELECT hashed, moment FROM counted GROUP BY hashed, moment HAVING count(*) > 1
        ), in_order AS (
            SELECT report_id AS newer, occurrences, first_value(report_id) OVER earlier AS older,
                max(occurrences) OVER earlier AS stored
            FROM counted SEMI JOIN repeated USING (hashed, moment)
            WINDOW earlier AS (
                PARTITION BY hashed, moment ORDER BY report_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        )
        SELECT older, newer, CAST(sum(least(occurrences, stored)) AS BIGINT) AS faxes
        FROM in_order WHERE stored IS NOT NULL GROUP BY older, newer ORDER BY faxes DESC, older, newer"""
    with engine.batches(sql) as batches:  # without the time limit of a query
        return [row for batch in batches for row in batch.to_pylist()]


def _may_share(file: LakeFile, files: Sequence[LakeFile]) -> bool:
    """Whether a row of the file may also be in another report."""
    if not _holds_one_report(file):
        return True
    report_id, span = file.low["report_id"], lake_span(file)
    return any(
        not other.holds_only(report_id) and span.overlap(lake_span(other)) is not None for other in files
    )


def _reports_in(engine: Engine, files: Sequence[LakeFile]) -> set[str]:
    """Reports that have rows in the files; only files of several reports are read."""
    reports = {str(file.low["report_id"]) for file in files if _holds_one_report(file)}
    mixed = [file.path for file in files if not _holds_one_report(file)]
    if mixed:
        sql = f"SELECT DISTINCT report_id FROM read_parquet({file_list(engine.folder, mixed)})"
        reports |= {row["report_id"] for row in engine.rows(sql)}
    return reports


def _holds_one_report(file: LakeFile) -> bool:
    return "report_id" in file.low and file.holds_only(file.low["report_id"])


def _hits_sql(
    engine: Engine,
    new: Sequence[WrittenFile],
    stored: Sequence[LakeFile],
    dates: Span,
    reports: Sequence[str],
) -> str:
    """Query of the new rows whose record is stored; a column is as small as it can be, since all are kept.

    `report` is a position in `reports`: a number needs a third of the memory of an id.
    """
    stored_files = file_list(engine.folder, [file.path for file in stored])
    new_files = file_list(engine.folder, [file.path for file in new])
    names = ", ".join(f"'{report_id}'" for report_id in reports)
    return f"""
        WITH stored AS (
            SELECT {KEY_SQL}, CAST(count(*) AS UINTEGER) AS occurrences, min(report) AS report
            FROM (
                SELECT *, CAST(list_position([{names}]::VARCHAR[], report_id) - 1 AS UINTEGER) AS report
                FROM read_parquet({stored_files}, union_by_name = true) WHERE {dates.condition()}
            ) WHERE report IS NOT NULL GROUP BY hashed, moment
        ), new AS (
            SELECT {KEY_SQL}, CAST(file_index AS UINTEGER) AS file_index,
                CAST(file_row_number AS UINTEGER) AS file_row_number
            FROM read_parquet({new_files}, file_row_number = true) WHERE {dates.condition()}
        )
        SELECT hashed, occurrences, report, file_index, file_row_number
        FROM new JOIN stored USING (hashed, moment)"""


def _occurrence(keys: np.ndarray) -> np.ndarray:
    """Number of equal keys before each one.

    >>> _occurrence(np.array([7, 5, 7, 7])).tolist()
    [0, 0, 1, 2]
    """
    occurrence = np.zeros(len(keys), np.uint32)
    in_order = np.sort(keys)
    if not (in_order[1:] == in_order[:-1]).any():  # as nearly always
        return occurrence
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    starts = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])
    occurrence[order] = np.arange(len(keys)) - np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    return occurrence


def rewrite_unique(
    folder: Path, file: WrittenFile, is_duplicate: np.ndarray, prefix: str
) -> list[WrittenFile]:
    """Rewrite a file without its duplicates; uncommitted, and the old file stays as it is."""
    if is_duplicate.all():
        return []
    writer = FaxWriter(folder, prefix)
    try:
        position = 0
        for rows in row_groups(folder, file.path):
            flags = is_duplicate[position : position + rows.num_rows]
            position += rows.num_rows
            writer.write(rows.filter(pa.array(~flags)))
        return writer.close()
    except BaseException:
        writer.discard()
        raise
