"""Workbook sheets with one table each: typed numbers, rates and dates, every text as text.

No cell is ever evaluated: texts are written as strings, so that a name like `=1+1` stays that name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from faxcloud.i18n import Translator
from faxcloud.presentation.safe_text import printable

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

Kind = Literal["text", "count", "amount", "rate", "day", "instant"]
FIRST_YEAR = 1900
"""A workbook knows no earlier date; such a one is written as text."""
LONGEST_CELL = 32_767
WIDEST = 60
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


@dataclass(frozen=True, slots=True)
class Field:
    """Column: heading, content and width in characters (0: as its longest text)."""

    name: str
    kind: Kind = "text"
    width: int = 0


class Sheets:
    """Writes tables, each on a sheet of its own."""

    def __init__(self, book: Workbook, t: Translator) -> None:
        day = t.locale.sheet_date
        self._book = book
        self.title = book.add_format({"bold": True, "font_size": 16, "font_color": "#0b546d"})
        self.quiet = book.add_format({"font_color": "#55636f"})
        self.heading = book.add_format(
            {"bold": True, "font_color": "#ffffff", "bg_color": "#0b546d", "text_wrap": True, "valign": "top"}
        )
        formats = {"text": "@", "count": "#,##0", "amount": "#,##0.00", "rate": "0.00%", "day": day}
        formats["instant"] = f"{day} hh:mm"
        self._formats = {kind: book.add_format({"num_format": code}) for kind, code in formats.items()}

    def sheet(self, name: str) -> Worksheet:
        return self._book.add_worksheet(name)

    def table(self, name: str, fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> None:
        """Write a sheet with one table, with a frozen header and column filters."""
        sheet = self.sheet(name)
        sheet.freeze_panes(1, 0)
        last = self.write(sheet, 0, fields, rows)
        sheet.autofilter(0, 0, max(last, 1), len(fields) - 1)

    def write(
        self, sheet: Worksheet, top: int, fields: Sequence[Field], rows: Iterable[Sequence[Any]]
    ) -> int:
        """Write header and rows from line `top`; returns the last line."""
        widths = [field.width or min(max(len(field.name) + 3, 12), WIDEST) for field in fields]
        for column, field in enumerate(fields):
            sheet.write_string(top, column, field.name, self.heading)
        line = top
        for line, row in enumerate(rows, top + 1):
            for column, (field, value) in enumerate(zip(fields, row, strict=True)):
                self.cell(sheet, line, column, field.kind, value)
                if not field.width and isinstance(value, str):
                    widths[column] = min(max(widths[column], len(value) + 2), WIDEST)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return line

    def cell(self, sheet: Worksheet, line: int, column: int, kind: Kind, value: Any) -> None:
        """Write one cell; a missing value stays blank, which no formula takes for zero."""
        form: Format = self._formats[kind]
        if value is None or value == "":
            return
        if isinstance(value, str):
            sheet.write_string(line, column, printable(value)[:LONGEST_CELL], self._formats["text"])
        elif isinstance(value, dt.date) and value.year < FIRST_YEAR:
            sheet.write_string(line, column, value.isoformat(), self._formats["text"])
        elif isinstance(value, dt.date):
            sheet.write_datetime(line, column, value, form)
        else:
            sheet.write_number(line, column, value, form)
