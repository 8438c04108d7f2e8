"""Row changes and removals in data files: find, count and rewrite rows, uncommitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pac

from faxcloud.store.changes.rewriting import row_groups
from faxcloud.store.lake.parquet import FaxWriter, WrittenFile
from faxcloud.store.lake.table import LakeFile


class RowChange(Protocol):
    """One kind of change and the rows that it concerns."""

    @property
    def kind(self) -> str:
        """Prefix of the names of its files and transactions."""

    @property
    def columns(self) -> Sequence[str]:
        """Columns that `concerned` reads, besides `report_id`."""

    @property
    def removes(self) -> bool:
        """Whether the change removes rows as a whole."""

    def may_concern(self, file: LakeFile) -> bool:
        """Whether a file may hold concerned rows, by its statistics in the commit log."""

    def concerned(self, rows: pa.Table) -> pa.Array:
        """Flag per row, never null: whether the change concerns it."""

    def changed(self, rows: pa.Table, concerned: pa.Array) -> pa.Table:
        """Replacement rows; whole rows in, whole rows out."""


def count_rows(folder: Path, path: str, change: RowChange) -> Counter[str]:
    """Number of rows that a change concerns in a file, by report.

    Raises:
        LakeUnavailable: the file cannot be read.
    """
    found: Counter[str] = Counter()
    for rows in row_groups(folder, path, ["report_id", *change.columns]):
        found += _per_report(rows, change.concerned(rows))
    return found


def rewrite_changed(folder: Path, path: str, change: RowChange, prefix: str) -> list[WrittenFile]:
    """Rewrite a file with the change applied; uncommitted, and the old file stays as it is."""
    writer = FaxWriter(folder, prefix)
    try:
        for rows in row_groups(folder, path):
            writer.write(change.changed(rows, change.concerned(rows)))
        return writer.close()
    except BaseException:
        writer.discard()
        raise


def _per_report(rows: pa.Table, concerned: pa.Array) -> Counter[str]:
    reports = rows.column("report_id").filter(concerned)
    return Counter({group["values"]: group["counts"] for group in pac.value_counts(reports).to_pylist()})
