"""Data file rewrites, uncommitted: with new verdicts, without a report, or several files merged into one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pac
import pyarrow.parquet as pq

from faxcloud.domain.columns import COLUMN_NAMES, JUDGED_COLUMNS
from faxcloud.domain.rulesets.conditions import CompiledRuleset
from faxcloud.errors import DataFileDamaged, LakeUnavailable
from faxcloud.store.changes.judging import Judge
from faxcloud.store.changes.verdicts import CHANGE_COLUMNS
from faxcloud.store.checksums import fault_of
from faxcloud.store.durability import fsync_folder, replacing
from faxcloud.store.lake.parquet import FaxWriter, WrittenFile, with_all_columns
from faxcloud.store.lake.table import LakeFile
from faxcloud.store.reading.columns import REPEATED, repeated

ROWS_JOINED = 100_000
"""Rows of a row group that is made of smaller ones."""


def rewrite(
    folder: Path,
    file: LakeFile,
    ruleset: CompiledRuleset,
    prefix: str,
    changes: Path,
    report_id: str | None = None,
) -> list[WrittenFile]:
    """Rewrite a file with the verdicts of a ruleset, and write the rows whose verdict changed into `changes`.

    Nothing of it is committed; the old file stays as it is.

    Args:
        report_id: Only this report's rows are judged again; the others keep what they have.
    """
    judge, writer, changed = Judge(ruleset), FaxWriter(folder, prefix), _Changes(changes)
    try:
        for stored in row_groups(folder, file.path):
            judged = _with_verdicts(stored, judge, report_id)
            changed.write(_changes(stored, judged))
            writer.write(judged)
        return writer.close()
    except BaseException:
        writer.discard()
        raise
    finally:
        changed.close()
        judge.close()


def rewrite_without(folder: Path, file: LakeFile, report_id: str, prefix: str) -> list[WrittenFile]:
    """Rewrite a file without one report's rows; uncommitted."""
    writer = FaxWriter(folder, prefix)
    try:
        for stored in row_groups(folder, file.path):
            writer.write(stored.filter(pac.not_equal(stored.column("report_id"), pa.scalar(report_id))))
        return writer.close()
    except BaseException:
        writer.discard()
        raise


def rewrite_together(folder: Path, files: Sequence[LakeFile], prefix: str) -> list[WrittenFile]:
    """Merge the rows of several files into as few files as possible; uncommitted."""
    writer = FaxWriter(folder, prefix)
    waiting: list[pa.Table] = []
    try:
        for table in itertools.chain.from_iterable(row_groups(folder, file.path) for file in files):
            waiting.append(table)
            # Row groups of a few rows are what makes small files slow; they are joined too.
            if sum(table.num_rows for table in waiting) >= ROWS_JOINED:
                writer.write(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            writer.write(pa.concat_tables(waiting))
        return writer.close()
    except BaseException:
        writer.discard()
        raise


def holds_rows(folder: Path, file: LakeFile, report_id: str) -> bool:
    """Whether a file holds rows of a report, for a file whose statistics leave that open.

    Raises:
        LakeUnavailable: the file cannot be read.
    """
    if file.holds_only(report_id):
        return True
    tables = row_groups(folder, file.path, ["report_id"])
    return any(pac.any(pac.equal(table.column("report_id"), report_id)).as_py() for table in tables)


def row_groups(folder: Path, path: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Rows of a file, a row group at a time; texts that repeat are dictionary-encoded, as they are stored.

    The checksum is compared first: rows of a damaged file must not be written again under a new checksum.

    Raises:
        DataFileDamaged: the file is not what was committed.
        LakeUnavailable: the file cannot be read.
    """
    if reason := fault_of(folder / path):
        raise DataFileDamaged(file=str(folder / path), reason=reason)
    try:
        with pq.ParquetFile(folder / path, read_dictionary=_dictionary_columns()) as source:
            for group in range(source.num_row_groups):
                rows = source.read_row_group(group, columns)
                yield rows if columns else with_all_columns(rows)
    except (OSError, pa.ArrowInvalid) as error:
        raise LakeUnavailable(lake=str(folder), reason=f"{path}: {error}") from error


class _Changes:
    """Change list of one file; there is no list when no row changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replacing = ExitStack()
        self._writer: pq.ParquetWriter | None = None

    def write(self, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        if self._writer is None:
            part = self._replacing.enter_context(replacing(self._path, unique=False))
            self._writer = pq.ParquetWriter(part, rows.schema, compression="zstd")
        self._writer.write_table(rows)

    def close(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._replacing.close()
        fsync_folder(self._path.parent)


def _dictionary_columns() -> list[str]:
    """Columns to read dictionary-encoded, as they are stored, so that rewriting them costs no hashing."""
    return sorted(REPEATED | {"report_id", "ruleset", "mode", "called_text", "number", "sender_number"})


def _with_verdicts(stored: pa.Table, judge: Judge, report_id: str | None) -> pa.Table:
    verdicts = judge.judge_again(stored.select(list(JUDGED_COLUMNS)))
    columns: dict[str, Any] = {name: stored.column(name) for name in COLUMN_NAMES}
    columns |= {name: verdicts.column(name) for name in verdicts.column_names}
    columns["ruleset"] = repeated(judge.ruleset.key, stored.num_rows)
    if report_id is not None:
        mine = pac.equal(stored.column("report_id"), pa.scalar(report_id))
        for name in (*verdicts.column_names, "ruleset"):
            old = stored.column(name)
            new = columns[name]
            columns[name] = pac.if_else(mine, _plain(new), _plain(old))
    return pa.Table.from_arrays([columns[name] for name in COLUMN_NAMES], names=list(COLUMN_NAMES))


def _plain(column: Any) -> Any:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _changes(stored: pa.Table, judged: pa.Table) -> pa.Table:
    differs = pac.not_equal(_plain(stored.column("violations")), judged.column("violations"))
    old, new = stored.filter(differs), judged.filter(differs)
    columns = {name: _plain(old.column(name)) for name in CHANGE_COLUMNS}
    for verdict in ("violations", "warnings"):
        columns[f"{verdict}_before"] = _plain(old.column(verdict))
        columns[f"{verdict}_after"] = _plain(new.column(verdict))
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))
