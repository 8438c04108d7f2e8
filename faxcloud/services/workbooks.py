"""An XLSX workbook of faxes, written row by row: memory does not grow with the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

from faxcloud.rules.entries import ENTRY, ENTRY_NAMES, Kind

if TYPE_CHECKING:
    import pyarrow as pa
    import xlsxwriter  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

ROWS_PER_SHEET = 1_048_575
"""What a sheet holds besides its header."""

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
    """Write the rows of `rules.entries.ENTRY`, on as many sheets as they need.

    Raises:
        OSError: the disk is full.
    """
    import xlsxwriter

    guarded = _UntilItFails(file)
    with xlsxwriter.Workbook(guarded, _OPTIONS) as book:
        bold = book.add_format({"bold": True})
        sheet = _new_sheet(book, bold)
        writers = [_WRITERS[column.kind] for column in ENTRY]
        row_number = 0
        for batch in batches:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if row_number == rows_per_sheet:
                    sheet, row_number = _new_sheet(book, bold), 0
                row_number += 1
                for position, (write, value) in enumerate(zip(writers, row, strict=True)):
                    if value is not None and value != "":
                        write(sheet, row_number, position, value)
    if guarded.error is not None:
        raise guarded.error


class _UntilItFails:
    """A file that keeps its first error and then takes everything in silence.

    The zip archive under a workbook writes once more when it is thrown away, long after the file was closed,
    and nobody could catch what that raises.
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
