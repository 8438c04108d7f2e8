"""CSV and JSON lines built by DuckDB, which is faster than its own `COPY … TO csv`.

An instant is `YYYY-MM-DD HH:MM:SS` in local time in every format of text, whatever the language: our import
and every spreadsheet read it, and it sorts. A flag is 0 or 1. What is null is blank in CSV and null in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faxcloud.domain.entries import (
    ENTRY,
    FORMULA_STARTS,
    LONGEST_LITERAL,
    TEXT_CELL_STARTS,
    EntryColumn,
    text_cell,
)

RULE_COLUMNS = ("violations", "warnings")
SEPARATORS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """CSV dialect and value formats.

    Attributes:
        decimal_comma: For amounts, as Excel in French reads them.
        raw: Texts as they are, even where a spreadsheet would evaluate them as formulas; only a text that
            looks like one of our own cells (`="+33…"`) becomes such a cell, so that it reads back as it was.
        labels: Labels of rules by id, written instead of the ids; None writes the ids.
        flags: Texts for true and false.
    """

    separator: str = ","
    decimal_comma: bool = False
    raw: bool = False
    labels: Mapping[str, str] | None = None
    flags: tuple[str, str] = ("1", "0")


ENTRY_SQL = ", ".join(f"{column.column} AS {column.name}" for column in ENTRY)
"""The published columns with their types."""


def csv_header(style: CsvStyle) -> str:
    """Header line of the CSV file."""
    return style.separator.join(column.name for column in ENTRY) + "\n"


def csv_line_sql(style: CsvStyle) -> str:
    """SQL of one text column `line`: a CSV line with its line break."""
    gap = f", {_literal(style.separator)}, "
    return f"concat({gap.join(_csv_cell(column, style) for column in ENTRY)}, chr(10)) AS line"


def json_line_sql() -> str:
    """SQL of one text column `line`: a comma, a line break and a JSON object with the published names."""
    fields = ", ".join(f"{column.name} := {_json_value(column)}" for column in ENTRY)
    return f"concat(',', chr(10), CAST(to_json(struct_pack({fields})) AS VARCHAR)) AS line"


def _json_value(column: EntryColumn) -> str:
    if column.kind == "flag":
        return f"CAST({column.column} AS TINYINT)"
    return f"CAST({column.column} AS VARCHAR)" if column.kind == "instant" else column.column


def _csv_cell(column: EntryColumn, style: CsvStyle) -> str:
    name = column.column
    if style.labels and name in RULE_COLUMNS:
        return _label_cell(name, style.labels)
    if column.kind == "text":
        return _text_cell(name, style)
    if column.kind == "flag":
        true, false = map(_literal, style.flags)
        return f"CASE WHEN {name} THEN {true} WHEN NOT {name} THEN {false} ELSE '' END"
    text = f"coalesce(CAST({name} AS VARCHAR), '')"
    if column.kind == "amount" and style.decimal_comma:
        text = f"replace({text}, '.', ',')"
        return _quoted(text) if style.separator == "," else text
    return text


def _label_cell(name: str, labels: Mapping[str, str]) -> str:
    """The labels of the ids that the column joins by `|`; an id that no ruleset knows stays."""
    known = ", ".join(f"{_literal(key)}: {_literal(text_cell(label))}" for key, label in labels.items())
    each = f"lambda rule: coalesce((MAP {{{known}}})[rule], rule)"
    joined = f"array_to_string(list_transform(string_split({name}, '|'), {each}), ' | ')"
    return f"CASE WHEN {name} <> '' THEN {_quoted(joined)} ELSE '' END"


def _text_cell(name: str, style: CsvStyle) -> str:
    """The ordinary text is let through by comparisons alone: they cost a tenth of a regular expression.

    A text that needs care begins with a character below `.` or between `:` and `@`, or holds a quote, a
    separator or a line break.
    """
    needs_quotes = " OR ".join(
        f"contains({name}, {_literal(char)})" for char in ('"', style.separator, "\n", "\r")
    )
    first = f"{name} < '.' AND {name} <> '' OR {name} >= ':' AND {name} < 'A'"
    starts = TEXT_CELL_STARTS if style.raw else FORMULA_STARTS
    is_formula = " OR ".join(f"starts_with({name}, {_literal(start)})" for start in starts)
    return (
        f"CASE WHEN {first} OR {needs_quotes}"
        f" THEN CASE WHEN {is_formula} THEN {_quoted(_as_text(name))}"
        f" WHEN {needs_quotes} THEN {_quoted(name)} ELSE {name} END"
        f" ELSE coalesce({name}, '') END"
    )


def _as_text(name: str) -> str:
    """`domain.entries.text_cell` of a text that begins like a formula."""
    piece = _quoted(f"substring({name}, nth * {LONGEST_LITERAL} + 1, {LONGEST_LITERAL})")
    last = f"(length({name}) - 1) // {LONGEST_LITERAL}"
    return f"'=' || array_to_string(list_transform(generate_series(0, {last}), lambda nth: {piece}), '&')"


def _quoted(text: str) -> str:
    return f"'\"' || replace({text}, '\"', '\"\"') || '\"'"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
