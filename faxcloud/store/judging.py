"""Rows are judged in DuckDB, a segment at a time: source texts become typed rows with a verdict."""

from __future__ import annotations

import threading

import duckdb
import pyarrow as pa

from faxcloud.errors import ConditionRefused
from faxcloud.rules.columns import COLUMN_NAMES, JUDGED_COLUMNS
from faxcloud.rules.conditions import CompiledRuleset
from faxcloud.rules.parsing import PARSED, parsing_sql
from faxcloud.store.parquet import SCHEMA
from faxcloud.store.reading.columns import repeated

SECONDS_A_SEGMENT = 120.0
"""A condition that needs longer for a hundred thousand rows would never finish a month."""

_PASSED_ON = tuple(name for name, sql in PARSED.items() if sql == name)
_CONSTANT = tuple(name for name, sql in PARSED.items() if sql == "''")
_COMPUTED = tuple(name for name in PARSED if name not in _PASSED_ON + _CONSTANT)
VERDICTS = ("is_valid", "violations", "warnings")


class Judge:
    """Applies one compiled ruleset. Not for two threads at once: each has its own.

    Its DuckDB has one thread, so that rows come back in the order in which they went in, and no way to files.
    """

    def __init__(self, ruleset: CompiledRuleset) -> None:
        self.ruleset = ruleset
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": "1",
                "enable_external_access": "false",
                "python_enable_replacements": "false",
                "lock_configuration": "true",
            },
        )
        parsed = parsing_sql("source", carried=("report_id", "line"))
        computed = ", ".join(["line", *_COMPUTED])
        self._import_sql = f"SELECT {computed}, {_verdict_sql(ruleset)} FROM ({parsed})"
        self._again_sql = f"SELECT line, {_verdict_sql(ruleset)} FROM source"

    def judge(self, source: pa.Table, report_id: str) -> pa.Table:
        """Source texts (`reading.columns.SOURCE_SCHEMA`) as rows of the `faxes` table, in the same order.

        Raises:
            ConditionRefused: a condition of the ruleset cannot be computed for some row.
        """
        rows = source.num_rows
        report = repeated(report_id, rows)
        judged = self._run(self._import_sql, source.append_column("report_id", report))
        columns = {name: source.column(name) for name in ("line", *_PASSED_ON)}
        columns |= {name: judged.column(name) for name in (*_COMPUTED, *VERDICTS)}
        columns |= {name: repeated("", rows) for name in _CONSTANT}
        columns |= {"report_id": report, "ruleset": repeated(self.ruleset.key, rows)}
        return pa.Table.from_arrays([columns[name] for name in COLUMN_NAMES], names=list(COLUMN_NAMES))

    def judge_again(self, stored: pa.Table) -> pa.Table:
        """New verdicts (`VERDICTS`) for stored rows, in the same order.

        Raises:
            ConditionRefused: as `judge`.
        """
        return self._run(self._again_sql, stored).drop_columns(["line"])

    def close(self) -> None:
        """Free its memory."""
        self._connection.close()

    def _run(self, sql: str, source: pa.Table) -> pa.Table:
        timer = threading.Timer(SECONDS_A_SEGMENT, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            self._connection.from_arrow(source).create_view("source", replace=True)
            answer = self._connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise ConditionRefused(
                rule=self.ruleset.key, reason=str(error).splitlines()[0], ruleset=self.ruleset.key
            ) from error
        finally:
            timer.cancel()
            self._connection.execute("DROP VIEW IF EXISTS source")
        # Columns are put side by side by position: the record numbers prove that the order is the same.
        if not answer.column("line").equals(source.column("line")):
            raise AssertionError("DuckDB gave rows in another order")
        return answer


def _verdict_sql(ruleset: CompiledRuleset) -> str:
    # Written twice rather than in a step of its own: DuckDB computes an expression that stands twice once.
    return (
        f"({ruleset.violations_sql}) = '' AS is_valid, ({ruleset.violations_sql}) AS violations,"
        f" ({ruleset.warnings_sql}) AS warnings"
    )


def check_conditions(ruleset: CompiledRuleset) -> None:
    """Bind a ruleset against the columns of a fax: sqlglot knows names, DuckDB knows types.

    Raises:
        ConditionRefused: DuckDB does not accept a condition.
    """
    judge = Judge(ruleset)
    try:
        judge.judge_again(pa.Table.from_batches([], SCHEMA).select(list(JUDGED_COLUMNS)))
    finally:
        judge.close()
