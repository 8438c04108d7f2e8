"""Stored rows judged again: what would change, counted without writing; and the files that must be rewritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pac
import pyarrow.parquet as pq

from faxcloud.rules.columns import COLUMN_NAMES, JUDGED_COLUMNS
from faxcloud.rules.conditions import CompiledRuleset
from faxcloud.store.engine import Engine, file_list
from faxcloud.store.judging import Judge
from faxcloud.store.lake import LakeFile
from faxcloud.store.parquet import FaxWriter, WrittenFile, fsync_file, fsync_folder
from faxcloud.store.reading.columns import REPEATED, repeated
from faxcloud.store.tallies import rule_counts

CHANGE_COLUMNS = (
    "report_id",
    "line",
    "fax_id",
    "user_name",
    "sent_at",
    "mode",
    "called_text",
    "number",
    "pages",
    "ruleset",
)


@dataclass(slots=True)
class Comparison:
    """Verdicts as stored against verdicts of a ruleset, over rows.

    Attributes:
        scanned: Rows judged.
        changed: Rows whose violations or warnings differ.
        before: Rows per stored verdict, `(violations, warnings)`; rows in order are left out.
        after: Likewise under the ruleset.
        files: Paths of the files with a changed row.
    """

    scanned: int = 0
    changed: int = 0
    newly_invalid: int = 0
    newly_valid: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    files: set[str] = field(default_factory=set)

    def add(self, other: Comparison) -> None:
        """Count the rows of another one too."""
        self.scanned += other.scanned
        self.changed += other.changed
        self.newly_invalid += other.newly_invalid
        self.newly_valid += other.newly_valid
        self.before.update(other.before)
        self.after.update(other.after)
        self.files |= other.files

    def violations_before(self) -> dict[str, int]:
        """Rows per rule, as stored."""
        return rule_counts(self.before.items())

    def violations_after(self) -> dict[str, int]:
        """Rows per rule, under the ruleset."""
        return rule_counts(self.after.items())


def compare(
    engine: Engine, files: Sequence[LakeFile], ruleset: CompiledRuleset, report_id: str | None = None
) -> Comparison:
    """Judge the rows of files again, all of them or one report's, and write nothing.

    Raises:
        LakeUnavailable, QueryTooSlow: the files cannot be read, or not in time.
    """
    found = Comparison(scanned=_rows(engine, files, report_id))
    groups = engine.rows(
        f"""SELECT file_index, violations, violations_now, warnings <> warnings_now AS warns_otherwise,
                count(*) AS faxes
            FROM ({_judged_sql(engine, files, ruleset, report_id, "file_index")})
            WHERE violations <> '' OR violations_now <> '' OR warnings <> warnings_now
            GROUP BY ALL""",  # noqa: S608 - own fragments and a compiled ruleset; values are bound
        _values(report_id),
    )
    for group in groups:
        faxes, before, after = group["faxes"], group["violations"], group["violations_now"]
        found.before[before] += faxes
        found.after[after] += faxes
        if before != after or group["warns_otherwise"]:
            found.changed += faxes
            found.newly_invalid += faxes if not before and after else 0
            found.newly_valid += faxes if before and not after else 0
            found.files.add(files[group["file_index"]].path)
    return found


@contextmanager
def changed_rows(
    engine: Engine,
    files: Sequence[LakeFile],
    ruleset: CompiledRuleset,
    report_id: str | None = None,
    limit: int | None = None,
) -> Iterator[Iterator[pa.RecordBatch]]:
    """The rows that would change, streamed: `CHANGE_COLUMNS` and the verdicts before and after."""
    columns = ", ".join(CHANGE_COLUMNS)
    sql = f"""SELECT {columns}, violations AS violations_before, violations_now AS violations_after,
            warnings AS warnings_before, warnings_now AS warnings_after
        FROM ({_judged_sql(engine, files, ruleset, report_id, columns)})
        WHERE violations <> violations_now OR warnings <> warnings_now"""  # noqa: S608 - own fragments
    if limit is not None:
        sql += f" LIMIT {int(limit)}"
    with engine.batches(sql, _values(report_id)) as batches:
        yield batches


def rulesets_of(engine: Engine, files: Sequence[LakeFile], report_id: str | None = None) -> dict[str, int]:
    """Rows per ruleset (`id@hash`) that judged them last."""
    rows = engine.rows(
        f"""SELECT ruleset, count(*) AS faxes FROM read_parquet({_paths(engine, files)})
            WHERE {_condition(report_id)} GROUP BY ruleset ORDER BY faxes DESC""",  # noqa: S608 - own fragments
        _values(report_id),
    )
    return {row["ruleset"]: row["faxes"] for row in rows}


def _rows(engine: Engine, files: Sequence[LakeFile], report_id: str | None) -> int:
    if report_id is None:
        return sum(file.rows for file in files)
    rows = engine.rows(
        f"SELECT count(*) AS faxes FROM read_parquet({_paths(engine, files)}) WHERE {_condition(report_id)}",  # noqa: S608
        _values(report_id),
    )
    return int(rows[0]["faxes"])


def _judged_sql(
    engine: Engine, files: Sequence[LakeFile], ruleset: CompiledRuleset, report_id: str | None, columns: str
) -> str:
    return (
        f"SELECT {columns}, violations, warnings, ({ruleset.violations_sql}) AS violations_now,"  # noqa: S608
        f" ({ruleset.warnings_sql}) AS warnings_now"
        f" FROM read_parquet({_paths(engine, files)}) WHERE {_condition(report_id)}"
    )


def _paths(engine: Engine, files: Sequence[LakeFile]) -> str:
    return file_list(engine.folder, [file.path for file in files])


def _condition(report_id: str | None) -> str:
    return "TRUE" if report_id is None else "report_id = $report_id"


def _values(report_id: str | None) -> dict[str, str]:
    return {} if report_id is None else {"report_id": report_id}


def rewrite(
    folder: Path,
    file: LakeFile,
    ruleset: CompiledRuleset,
    prefix: str,
    changes: Path,
    report_id: str | None = None,
) -> list[WrittenFile]:
    """Write a file anew with the verdicts of a ruleset, and the rows that changed into `changes`.

    Nothing of it is committed; the old file stays as it is.

    Args:
        report_id: Only this report's rows are judged again; the others keep what they have.
    """
    judge, writer = Judge(ruleset), FaxWriter(folder, prefix)
    changes_writer: pq.ParquetWriter | None = None
    try:
        source = pq.ParquetFile(folder / file.path, read_dictionary=_dictionary_columns())
        for group in range(source.num_row_groups):
            stored = source.read_row_group(group)
            judged = _with_verdicts(stored, judge, report_id)
            changed = _changes(stored, judged)
            if changed.num_rows:
                if changes_writer is None:
                    changes_writer = pq.ParquetWriter(changes, changed.schema, compression="zstd")
                changes_writer.write_table(changed)
            writer.write(judged)
        if changes_writer is not None:
            changes_writer.close()
            fsync_file(changes)
            fsync_folder(changes.parent)
        return writer.close()
    except BaseException:
        writer.discard()
        raise
    finally:
        judge.close()


def rewrite_without(folder: Path, file: LakeFile, report_id: str, prefix: str) -> list[WrittenFile]:
    """Write a file anew without one report's rows; uncommitted."""
    writer = FaxWriter(folder, prefix)
    try:
        source = pq.ParquetFile(folder / file.path, read_dictionary=_dictionary_columns())
        for group in range(source.num_row_groups):
            stored = source.read_row_group(group)
            writer.write(stored.filter(pac.not_equal(stored.column("report_id"), pa.scalar(report_id))))
        return writer.close()
    except BaseException:
        writer.discard()
        raise


def rewrite_together(folder: Path, files: Sequence[LakeFile], prefix: str) -> list[WrittenFile]:
    """Write the rows of several files into as few as hold them; uncommitted."""
    writer = FaxWriter(folder, prefix)
    waiting: list[pa.Table] = []
    try:
        for file in files:
            source = pq.ParquetFile(folder / file.path, read_dictionary=_dictionary_columns())
            for group in range(source.num_row_groups):
                waiting.append(source.read_row_group(group))
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


ROWS_JOINED = 100_000


def _dictionary_columns() -> list[str]:
    """Read as they are stored, so that writing them again costs no hashing."""
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
    differs = pac.or_(
        pac.not_equal(_plain(stored.column("violations")), judged.column("violations")),
        pac.not_equal(_plain(stored.column("warnings")), judged.column("warnings")),
    )
    old, new = stored.filter(differs), judged.filter(differs)
    columns = {name: _plain(old.column(name)) for name in CHANGE_COLUMNS}
    for verdict in ("violations", "warnings"):
        columns[f"{verdict}_before"] = _plain(old.column(verdict))
        columns[f"{verdict}_after"] = _plain(new.column(verdict))
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))
