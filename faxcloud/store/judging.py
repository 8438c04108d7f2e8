"""Rows are judged in DuckDB, a segment at a time: source texts become typed rows with a verdict."""

from __future__ import annotations

import threading

import duckdb
import numpy as np
import pyarrow as pa

from faxcloud.errors import ConditionRefused
from faxcloud.rules.columns import COLUMN_NAMES, JUDGED_COLUMNS, SOURCE_NAMES
from faxcloud.rules.conditions import CompiledRuleset
from faxcloud.rules.parsing import PARSED, PARSED_FROM, parsing_sql
from faxcloud.store.parquet import SCHEMA
from faxcloud.store.reading.columns import REPEATED, blank_array, int64_array, repeated

SECONDS_A_SEGMENT = 120.0
"""A condition that needs longer for a hundred thousand rows would never finish a month."""

_PASSED_ON = tuple(name for name, sql in PARSED.items() if sql == name)
_CONSTANT = tuple(name for name, sql in PARSED.items() if sql == "''")
_COMPUTED = tuple(name for name in PARSED if name not in _PASSED_ON + _CONSTANT)
_PARSING_SQL = f"SELECT line, {', '.join(_COMPUTED)} FROM ({parsing_sql('source', carried=('line',))})"
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
        self._again_sql = f"SELECT line, {_verdict_sql(ruleset)} FROM source"

    def judge(self, source: pa.Table, report_id: str) -> pa.Table:
        """Source texts (`reading.columns.SOURCE_SCHEMA`) as rows of the `faxes` table, in the same order.

        Raises:
            ConditionRefused: a condition of the ruleset cannot be computed for some row.
        """
        rows = source.num_rows
        if not rows:
            return pa.Table.from_batches([], SCHEMA)
        source = source.combine_chunks()
        columns = {name: source.column(name).chunk(0) for name in ("line", *_PASSED_ON)}
        columns |= self._parsed(source) | {name: repeated("", rows) for name in _CONSTANT}
        columns["report_id"] = repeated(report_id, rows)
        stored = pa.Table.from_arrays([columns[name] for name in JUDGED_COLUMNS], list(JUDGED_COLUMNS))
        verdicts = self.judge_again(stored)
        columns |= {name: verdicts.column(name) for name in VERDICTS}
        columns["ruleset"] = repeated(self.ruleset.key, rows)
        return pa.Table.from_arrays([columns[name] for name in COLUMN_NAMES], list(COLUMN_NAMES))

    def judge_again(self, stored: pa.Table) -> pa.Table:
        """New verdicts (`VERDICTS`) for stored rows, in the same order.

        Raises:
            ConditionRefused: as `judge`.
        """
        return self._run(self._again_sql, stored).drop_columns(["line"])

    def close(self) -> None:
        """Free its memory."""
        self._connection.close()

    def _parsed(self, source: pa.Table) -> dict[str, pa.Array]:
        """The computed columns: each distinct text of a column is parsed once, then put where it stands.

        Columns differ in how many distinct texts they have; in the table that DuckDB reads, blanks fill up.
        """
        texts = {name: source.column(name).chunk(0) for name in set(PARSED_FROM.values()) & REPEATED}
        longest = max(len(column.dictionary) for column in texts.values())
        distinct = {name: _padded(column.dictionary, longest) for name, column in texts.items()}
        blanks = blank_array(longest)
        names = [*SOURCE_NAMES, "line"]
        arrays = [distinct.get(name, blanks) for name in SOURCE_NAMES]
        lines = int64_array(np.arange(longest, dtype=np.int64))
        parsed = self._run(_PARSING_SQL, pa.Table.from_arrays([*arrays, lines], names)).combine_chunks()
        placed = {}
        for name in _COMPUTED:
            origin = texts[PARSED_FROM[name]]
            values = parsed.column(name).chunk(0).slice(0, len(origin.dictionary))
            placed[name] = _placed(values, origin.indices)
        return placed

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


def _padded(values: pa.Array, length: int) -> pa.Array:
    return pa.concat_arrays([values, blank_array(length - len(values))])


def _placed(values: pa.Array, indices: pa.Array) -> pa.Array:
    """The value of each row; text stays dictionary-encoded, with each text once as Parquet needs it."""
    if not pa.types.is_string(values.type):
        return values.take(indices)
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(indices), encoded.dictionary)


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
