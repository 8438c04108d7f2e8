"""Re-validation preview: compare stored verdicts with those of a ruleset, without writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from faxcloud.domain.rulesets.conditions import CompiledRuleset
from faxcloud.store.changes.file_counts import rule_counts
from faxcloud.store.changes.judging import refused
from faxcloud.store.lake.table import LakeFile
from faxcloud.store.queries.engine import Engine, file_list
from faxcloud.store.queries.filters import source_of

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
    """Comparison of stored verdicts with verdicts of a ruleset.

    Attributes:
        scanned: Rows judged.
        changed: Rows whose verdict differs: valid or not, or by which error rules.
        warnings_changed: Rows whose warnings differ while the verdict stays.
        before: Rows per stored verdict, `(violations, warnings)`; rows in order are left out.
        after: Rows per verdict under the ruleset, likewise.
        files: Paths of the files with a changed row.
    """

    scanned: int = 0
    changed: int = 0
    warnings_changed: int = 0
    newly_invalid: int = 0
    newly_valid: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    files: set[str] = field(default_factory=set)

    def add(self, other: Comparison) -> None:
        """Add the counts of another comparison."""
        self.scanned += other.scanned
        self.changed += other.changed
        self.warnings_changed += other.warnings_changed
        self.newly_invalid += other.newly_invalid
        self.newly_valid += other.newly_valid
        self.before.update(other.before)
        self.after.update(other.after)
        self.files |= other.files

    @property
    def valid_before(self) -> int:
        """Number of valid rows, as stored."""
        return self.scanned - sum(faxes for violations, faxes in self.before.items() if violations)

    @property
    def valid_after(self) -> int:
        """Number of valid rows, under the ruleset."""
        return self.scanned - sum(faxes for violations, faxes in self.after.items() if violations)

    def violations_before(self) -> dict[str, int]:
        """Rows per rule, as stored."""
        return rule_counts(self.before.items())

    def violations_after(self) -> dict[str, int]:
        """Rows per rule, under the ruleset."""
        return rule_counts(self.after.items())


def compare(
    engine: Engine, files: Sequence[LakeFile], ruleset: CompiledRuleset, report_id: str | None = None
) -> Comparison:
    """Validate the rows of files again, all of them or one report's, and write nothing.

    Raises:
        LakeUnavailable, QueryTooSlow: the files cannot be read, or not in time.
        ConditionRefused: a condition of the ruleset cannot be computed for some row.
    """
    found = Comparison(scanned=_rows(engine, files, report_id))
    with _conditions_watched(ruleset):
        groups = engine.rows(
            f"""SELECT file_index, violations, violations_now, warnings <> warnings_now AS warns_otherwise,
                count(*) AS faxes
            FROM ({_judged_sql(engine, files, ruleset, report_id, "file_index")})
            WHERE violations <> '' OR violations_now <> '' OR warnings <> warnings_now
            GROUP BY ALL""",
            _values(report_id),
        )
    for group in groups:
        faxes, before, after = group["faxes"], group["violations"], group["violations_now"]
        found.before[before] += faxes
        found.after[after] += faxes
        if before != after or group["warns_otherwise"]:
            found.changed += faxes if before != after else 0
            found.warnings_changed += faxes if before == after else 0
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
    """The rows whose verdict would change, streamed: `CHANGE_COLUMNS`, and both verdicts before and after."""
    columns = ", ".join(CHANGE_COLUMNS)
    sql = f"""SELECT {columns}, violations AS violations_before, violations_now AS violations_after,
            warnings AS warnings_before, warnings_now AS warnings_after
        FROM ({_judged_sql(engine, files, ruleset, report_id, columns)})
        WHERE violations <> violations_now"""
    if limit is not None:
        sql += f" LIMIT {int(limit)}"
    with _conditions_watched(ruleset), engine.batches(sql, _values(report_id)) as batches:
        yield batches


@contextmanager
def _conditions_watched(ruleset: CompiledRuleset) -> Iterator[None]:
    """Translate DuckDB's errors: the engine handles files and time; the rest is about a condition."""
    try:
        yield
    except duckdb.Error as error:
        raise refused(ruleset.key, ruleset.key, error) from None


def rulesets_of(engine: Engine, files: Sequence[LakeFile], report_id: str | None = None) -> dict[str, int]:
    """Rows per ruleset (`id@hash`) that validated them last, most first.

    Usually one ruleset validated a whole file, and the log's statistics say so: such a file is not read.
    """
    rows: Counter[str] = Counter()
    unread: list[LakeFile] = []
    for file in files:
        ruleset = file.low.get("ruleset")
        if report_id is None and ruleset is not None and ruleset == file.high.get("ruleset"):
            rows[ruleset] += file.rows
        else:
            unread.append(file)
    if unread:
        sql = f"""SELECT ruleset, count(*) AS faxes FROM read_parquet({_paths(engine, unread)})
            WHERE {_condition(report_id)} GROUP BY ruleset"""
        rows.update({row["ruleset"]: row["faxes"] for row in engine.rows(sql, _values(report_id))})
    return dict(rows.most_common())


def _rows(engine: Engine, files: Sequence[LakeFile], report_id: str | None) -> int:
    if report_id is None:
        return sum(file.rows for file in files)
    rows = engine.rows(
        f"SELECT count(*) AS faxes FROM read_parquet({_paths(engine, files)}) WHERE {_condition(report_id)}",
        _values(report_id),
    )
    return int(rows[0]["faxes"])


def _judged_sql(
    engine: Engine, files: Sequence[LakeFile], ruleset: CompiledRuleset, report_id: str | None, columns: str
) -> str:
    return (
        f"SELECT {columns}, violations, warnings, ({ruleset.violations_sql}) AS violations_now,"
        f" ({ruleset.warnings_sql}) AS warnings_now"
        f" FROM {source_of(files, engine.folder)} WHERE {_condition(report_id)}"
    )


def _paths(engine: Engine, files: Sequence[LakeFile]) -> str:
    return file_list(engine.folder, [file.path for file in files])


def _condition(report_id: str | None) -> str:
    return "TRUE" if report_id is None else "report_id = $report_id"


def _values(report_id: str | None) -> dict[str, str]:
    return {} if report_id is None else {"report_id": report_id}
