"""Row validation in DuckDB, a segment at a time: source texts become typed rows with a verdict."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from faxcloud.domain.columns import COLUMN_NAMES, JUDGED_COLUMNS, SOURCE_NAMES
from faxcloud.domain.parsing import PARSED, PARSED_FROM, DateLimits, parsing_sql
from faxcloud.domain.rulesets.conditions import CompiledRuleset
from faxcloud.domain.rulesets.ruleset import Ruleset, condition_trees
from faxcloud.errors import ConditionRefused
from faxcloud.store.lake.parquet import SCHEMA
from faxcloud.store.reading.columns import REPEATED, blank_array, int64_array, repeated, text_array

SECONDS_A_SEGMENT = 120.0
"""A condition that needs longer for a hundred thousand rows would never finish a month."""

_PASSED_ON = tuple(name for name, sql in PARSED.items() if sql == name)
_CONSTANT = tuple(name for name, sql in PARSED.items() if sql == "''")
_COMPUTED = tuple(name for name in PARSED if name not in _PASSED_ON + _CONSTANT)
_PARSING_SQL = f"SELECT line, {', '.join(_COMPUTED)} FROM ({parsing_sql('source', carried=('line',))})"
_CLOSED: dict[str, Any] = {
    "threads": "1",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}
VERDICTS = ("is_valid", "violations", "warnings")


class Judge:
    """Validator of one compiled ruleset. Not safe for threads: each thread has its own.

    Its DuckDB has one thread, so that rows come back in the order in which they went in, and no file access.
    """

    def __init__(self, ruleset: CompiledRuleset, limits: DateLimits | None = None) -> None:
        """Open its DuckDB.

        Args:
            limits: Dates outside are unlikely; without limits every readable date counts.
        """
        self.ruleset = ruleset
        self._limits = limits or DateLimits()
        self._connection = duckdb.connect(":memory:", config=_CLOSED)
        self._again_sql = f"SELECT line, {_verdict_sql(ruleset)} FROM source"

    def judge(self, source: pa.Table, report_id: str) -> pa.Table:
        """Validate source texts (`reading.columns.SOURCE_SCHEMA`).

        Returns rows of the `faxes` table, in the same order.

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
        """Validate stored rows again; returns new verdicts (`VERDICTS`), in the same order.

        Raises:
            ConditionRefused: as `judge`.
        """
        return self._run(self._again_sql, stored).drop_columns(["line"])

    def close(self) -> None:
        """Free the memory of its DuckDB."""
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
        table = pa.Table.from_arrays([*arrays, lines], names)
        parsed = self._run(_PARSING_SQL, table, self._limits.values).combine_chunks()
        placed = {}
        for name in _COMPUTED:
            origin = texts[PARSED_FROM[name]]
            values = parsed.column(name).chunk(0).slice(0, len(origin.dictionary))
            placed[name] = _placed(values, origin.indices)
        return placed

    def _run(self, sql: str, source: pa.Table, values: Mapping[str, Any] | None = None) -> pa.Table:
        timer = threading.Timer(SECONDS_A_SEGMENT, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            self._connection.from_arrow(source).create_view("source", replace=True)
            answer = self._connection.sql(sql, params=dict(values) if values else None).to_arrow_table()
        except duckdb.Error as error:
            raise refused(self.ruleset.key, self.ruleset.key, error) from None
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
    """Expand distinct values to one per row.

    Text stays dictionary-encoded, with each text once as Parquet needs it.
    """
    if not pa.types.is_string(values.type):
        return values.take(indices)
    if values.null_count == len(values):  # source texts that were all read, as in most files
        return pa.DictionaryArray.from_arrays(pa.nulls(len(indices), pa.int32()), text_array([]))
    encoded = values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(indices), encoded.dictionary)


def _verdict_sql(ruleset: CompiledRuleset) -> str:
    # Written twice rather than in a step of its own: DuckDB computes an expression that stands twice once.
    return (
        f"({ruleset.violations_sql}) = '' AS is_valid, ({ruleset.violations_sql}) AS violations,"
        f" ({ruleset.warnings_sql}) AS warnings"
    )


_EXAMPLES: dict[Any, tuple[Any, ...]] = {
    pa.string(): ("", "x", "x"),
    pa.int64(): (0, 1, 1),
    pa.int32(): (None, 1, 2),
    pa.bool_(): (None, True, False),
    pa.timestamp("us"): (None, dt.datetime(2026, 1, 2, 8, 5), dt.datetime(2026, 12, 31)),  # noqa: DTZ001
    pa.decimal128(12, 2): (None, Decimal(1), Decimal(2)),
}


def check_conditions(ruleset: Ruleset) -> None:
    """Type-check a ruleset by computing each condition over invented faxes.

    sqlglot knows names, DuckDB knows types.

    Raises:
        ConditionRefused: a condition is not true or false, or compares values of different types.
    """
    fields = [SCHEMA.field(name) for name in JUDGED_COLUMNS]
    columns = [pa.array(_EXAMPLES[field.type], field.type) for field in fields]
    faxes = pa.Table.from_arrays(columns, list(JUDGED_COLUMNS))
    with duckdb.connect(":memory:", config=_CLOSED) as connection:
        connection.register("source", faxes)
        for rule, tree in zip(ruleset.rules, condition_trees(ruleset), strict=True):
            try:
                answer = connection.sql(f"SELECT {tree.sql(dialect='duckdb', comments=False)} FROM source")
                [given] = answer.types
                answer.fetchall()
            except duckdb.Error as error:
                raise refused(rule.id, ruleset.key, error) from None
            if str(given) != "BOOLEAN":
                reason = f"it gives {given} and not BOOLEAN: it has to be true or false"
                raise ConditionRefused(rule=rule.id, reason=reason, ruleset=ruleset.key)


def refused(rule: str, ruleset: str, error: duckdb.Error) -> ConditionRefused:
    """Reason why DuckDB cannot compute a condition; without its message where that may quote a fax."""
    reason = next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), None)
    if reason is None and isinstance(error, _ABOUT_THE_CONDITION):
        reason = str(error).splitlines()[0]
    return ConditionRefused(
        rule=rule, reason=reason or f"DuckDB reports {type(error).__name__}", ruleset=ruleset
    )


_REASONS: dict[type[duckdb.Error], str] = {
    duckdb.InterruptException: "it takes too long",
    duckdb.ConversionException: "some value is not of the type that it is compared with; write a CAST",
    duckdb.OutOfRangeException: "a number becomes too large",
}
_ABOUT_THE_CONDITION = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.NotImplementedException,
)
"""Raised before any row is read."""
