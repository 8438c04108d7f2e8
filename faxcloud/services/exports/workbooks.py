"""XLSX export of faxes, written row by row: memory does not grow with the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

from faxcloud.domain.entries import ENTRY, ENTRY_NAMES, Kind

if TYPE_CHECKING:
    import pyarrow as pa
    import xlsxwriter  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

ROWS_PER_SHEET = 1_048_575
"""What a sheet holds besides its header."""

LONGEST_TEXT = 32_767
"""UTF-16 units that a cell holds."""

MOST_NOTED = 1_000
"""Cut cells that are named; how many there are is said in any case."""

FIRST_YEAR = 1900
"""A workbook knows no earlier date; such a one is written as text."""

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "default_date_format": "dd/mm/yyyy hh:mm",
}

Write = Callable[["Worksheet", int, int, Any], Any]


def write_workbook(
    file: BinaryIO, batches: Iterator[pa.RecordBatch], rows_per_sheet: int = ROWS_PER_SHEET
) -> None:
    """Write rows of `domain.entries.ENTRY`, on as many sheets as they need.

    A text that a cell cannot hold is cut and ends with `…`; a last sheet, *Notes*, then names these cells.

    Raises:
        OSError: the disk is full.
    """
    import xlsxwriter
    from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]

    guarded = FirstErrorFile(file)
    with xlsxwriter.Workbook(guarded, _OPTIONS) as book:
        bold = book.add_format({"bold": True})
        sheet = _new_sheet(book, bold)
        cut: list[tuple[str, str, int]] = []
        cuts = 0
        writers = [_WRITERS[column.kind] for column in ENTRY]
        row_number = 0
        for batch in batches:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if row_number == rows_per_sheet:
                    sheet, row_number = _new_sheet(book, bold), 0
                row_number += 1
                for position, (write, value) in enumerate(zip(writers, row, strict=True)):
                    if value is None or value == "":
                        continue
                    if isinstance(value, str) and len(value) > LONGEST_TEXT // 2 and not _fits(value):
                        cuts += 1
                        if cuts <= MOST_NOTED:
                            cell = xl_rowcol_to_cell(row_number, position)
                            cut.append((f"{sheet.get_name()}!{cell}", ENTRY_NAMES[position], len(value)))
                        write(sheet, row_number, position, _cut(value))
                    else:
                        write(sheet, row_number, position, value)
        if cuts:
            _add_notes(book, bold, cut, cuts)
    if guarded.error is not None:
        raise guarded.error


class FirstErrorFile:
    """File that stores its first write error in `error` and ignores what is written after it.

    The zip archive under a workbook writes once more when it is garbage-collected, where nobody can catch an
    error.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.error: OSError | None = None
        self._file = file

    def write(self, data: bytes) -> int:
        if self.error is None:
            try:
                return self._file.write(data)
            except OSError as error:
                self.error = error
        return len(data)

    def flush(self) -> None:
        if self.error is None:
            self._file.flush()

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset if self.error is not None else self._file.seek(offset, whence)

    def tell(self) -> int:
        return 0 if self.error is not None else self._file.tell()


def _new_sheet(book: xlsxwriter.Workbook, bold: Format) -> Worksheet:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for position, name in enumerate(ENTRY_NAMES):
        sheet.write_string(0, position, name, bold)
    return sheet


def _fits(text: str) -> bool:
    return len(text.encode("utf-16-le", "replace")) <= 2 * LONGEST_TEXT


def _cut(text: str) -> str:
    return text.encode("utf-16-le", "replace")[: 2 * LONGEST_TEXT - 2].decode("utf-16-le", "ignore") + "…"


def _add_notes(book: xlsxwriter.Workbook, bold: Format, cut: list[tuple[str, str, int]], cuts: int) -> None:
    """Name the cut cells, in both languages: an export has no reader's language."""
    sheet = book.add_worksheet("Notes")
    limit = f"{LONGEST_TEXT:,}"
    sheet.write_string(
        0, 0, f"{cuts} texts longer than {limit} characters are cut; CSV has them whole.", bold
    )
    limit = limit.replace(",", "\u202f")
    french = f"{cuts} textes de plus de {limit} caractères sont coupés\u202f; le CSV les contient en entier."
    sheet.write_string(1, 0, french, bold)
    for row, (cell, column, characters) in enumerate(cut, 2):
        sheet.write_string(row, 0, cell)
        sheet.write_string(row, 1, column)
        sheet.write_number(row, 2, characters)


def _write_text(sheet: Worksheet, row: int, column: int, value: str) -> None:
    sheet.write_string(row, column, value)


def _write_number(sheet: Worksheet, row: int, column: int, value: int | Decimal | bool) -> None:
    sheet.write_number(row, column, value if isinstance(value, Decimal) else int(value))


def _write_instant(sheet: Worksheet, row: int, column: int, value: dt.datetime) -> None:
    if value.year < FIRST_YEAR:
        sheet.write_string(row, column, value.isoformat(" ", "seconds"))
    else:
        sheet.write_datetime(row, column, value)


_WRITERS: dict[Kind, Write] = {
    "text": _write_text,
    "whole": _write_number,
    "amount": _write_number,
    "flag": _write_number,
    "instant": _write_instant,
}
