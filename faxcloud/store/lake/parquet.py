"""Parquet writer for the lake: about a million rows per file, zstd, each file fsynced when it is closed.

pyarrow writes rather than DuckDB's COPY: text that arrives dictionary-encoded is written as it is, which
takes half the processor time for the same file (benchmarks/README.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from faxcloud.domain.columns import FAXES
from faxcloud.store.checksums import with_checksum
from faxcloud.store.durability import fsync_file

ROWS_PER_FILE = 1_000_000
ROWS_PER_GROUP = 131_072
"""A row group is what DuckDB gives a thread, and skips by its minimum and maximum."""

STATISTICS = ("report_id", "line", "sent_at", "number", "fax_id", "ruleset")
"""The columns by which the file list of a version is pruned."""

LONGEST_STATISTIC = 64
"""A longer text says too little to be worth repeating in every log entry."""

_ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
    "DECIMAL(12,2)": pa.decimal128(12, 2),
}

SCHEMA = pa.schema([pa.field(c.name, _ARROW_TYPES[c.sql_type], c.nullable) for c in FAXES])
"""The faxes table as Arrow; files and Delta log have exactly these types."""

ADDED = "user_key"
"""The newest column. The commit log counts its nulls, which tells files with all columns from older ones."""

# fax_id hardly repeats: a dictionary would only be given up half-way. With its lengths apart it is read
# twice as fast, which is what a search for a part of an id waits for.
_UNREPEATED = {"fax_id": "DELTA_LENGTH_BYTE_ARRAY", "line": "DELTA_BINARY_PACKED"}
_REPEATED = [name for name in SCHEMA.names if name not in _UNREPEATED]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """Closed, fsynced file that no commit names yet.

    Attributes:
        path: Relative to the lake's folder.
        statistics: Delta's statistics document, as JSON.
    """

    path: str
    rows: int
    bytes: int
    statistics: str


class FaxWriter:
    """Writer of tables with `SCHEMA`'s columns into files `part-<prefix>-<n>-<checksum>.parquet`.

    Text may be dictionary-encoded.

    Not safe for threads: each thread has its own, with its own prefix.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix
        self._files: list[WrittenFile] = []
        self._writer: pq.ParquetWriter | None = None
        self._path = folder
        self._rows = 0

    def write(self, table: pa.Table) -> None:
        """Append rows; columns are taken by name.

        Raises:
            OSError: the disk is full.
        """
        if not table.num_rows:
            return
        # A dictionary that changes within a row group makes the writer fall back to plain text for good.
        table = table.select(SCHEMA.names).unify_dictionaries()
        if self._writer is None:
            self._open(table.schema)
        assert self._writer is not None
        self._writer.write_table(table, row_group_size=ROWS_PER_GROUP)
        self._rows += table.num_rows
        if self._rows >= ROWS_PER_FILE:
            self._close_file()

    def close(self) -> list[WrittenFile]:
        """Close the last file; returns all files written, in order."""
        self._close_file()
        return self._files

    def discard(self) -> None:
        """Remove the written files: they were never committed, so nobody reads them."""
        if self._writer is not None:
            # An unfinished file has no footer to write when the disk is full.
            with suppress(OSError, pa.ArrowException):
                self._writer.close()
            self._writer = None
            self._path.unlink(missing_ok=True)
        for file in self._files:
            (self._folder / file.path).unlink(missing_ok=True)
        self._files = []

    def _open(self, schema: pa.Schema) -> None:
        self._path = self._folder / f"part-{self._prefix}-{len(self._files):04d}.parquet"
        self._writer = pq.ParquetWriter(
            self._path,
            schema,
            compression="zstd",
            use_dictionary=_REPEATED,
            column_encoding=_UNREPEATED,
            store_schema=False,
            write_page_checksum=True,  # for other readers of the table; FaxCloud compares whole files
        )
        self._rows = 0

    def _close_file(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        fsync_file(self._path)
        named = with_checksum(self._path)
        self._path.rename(named)
        self._files.append(written_file(named))


def written_file(path: Path) -> WrittenFile:
    """Describe a finished Parquet file for a commit, from its own footer."""
    footer = pq.read_metadata(path)
    return WrittenFile(path.name, footer.num_rows, path.stat().st_size, json.dumps(_statistics(footer)))


def _statistics(footer: pq.FileMetaData) -> dict[str, Any]:
    lows: dict[str, Any] = {}
    highs: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for name in (*STATISTICS, ADDED):
        groups = list(_column_statistics(footer, SCHEMA.names.index(name)))
        if len(groups) != footer.num_row_groups:
            continue
        nulls[name] = sum(group.null_count for group in groups)
        if name == ADDED:  # its texts may be anything: none of them belongs into a log
            continue
        ranges = [(group.min, group.max) for group in groups if group.has_min_max]
        texts = [value for pair in ranges for value in pair if isinstance(value, str)]
        if ranges and all(len(text) <= LONGEST_STATISTIC for text in texts):
            lows[name] = _json_value(min(low for low, _ in ranges))
            highs[name] = _json_value(max(high for _, high in ranges))
    return {"numRecords": footer.num_rows, "minValues": lows, "maxValues": highs, "nullCount": nulls}


def _column_statistics(footer: pq.FileMetaData, index: int) -> Iterator[Any]:
    for group in range(footer.num_row_groups):
        statistics = footer.row_group(group).column(index).statistics
        if statistics is not None and statistics.has_null_count:
            yield statistics


def _json_value(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def with_all_columns(rows: pa.Table) -> pa.Table:
    """Add the columns that a data file of an earlier version lacks, as null."""
    for field in SCHEMA:
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows


def remove_files(folder: Path, names: Iterable[str]) -> None:
    """Remove files that no version names."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
