"""Rows that are changed or removed wherever they are: found, counted, written anew; none of it committed."""

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
    """What is done to which rows."""

    @property
    def kind(self) -> str:
        """Begins the names of files and transactions."""

    @property
    def columns(self) -> Sequence[str]:
        """What `concerned` reads, besides `report_id`."""

    @property
    def removes(self) -> bool:
        """True when nothing is left of a row."""

    def may_concern(self, file: LakeFile) -> bool:
        """False when the commit log says that no row of the file is concerned."""

    def concerned(self, rows: pa.Table) -> pa.Array:
        """A flag for each row, never null."""

    def changed(self, rows: pa.Table, concerned: pa.Array) -> pa.Table:
        """The rows that stand in their place; whole rows in, whole rows out."""


def count_rows(folder: Path, path: str, change: RowChange) -> Counter[str]:
    """Rows that a change concerns in a file, by report.

    Raises:
        LakeUnavailable: the file cannot be read.
    """
    found: Counter[str] = Counter()
    for rows in row_groups(folder, path, ["report_id", *change.columns]):
        found += _per_report(rows, change.concerned(rows))
    return found


def rewrite_changed(folder: Path, path: str, change: RowChange, prefix: str) -> list[WrittenFile]:
    """Write a file anew with the change made; uncommitted, and the old file stays as it is."""
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
