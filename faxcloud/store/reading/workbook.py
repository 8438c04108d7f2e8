"""XLSX exports: typed cells (a number is a float, a date a serial) become the CSV's text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, cast

import numpy as np
import pyarrow as pa
import python_calamine

from faxcloud.domain.blanks import trim
from faxcloud.domain.calendar import days_after
from faxcloud.domain.columns import RAW_NAMES, SOURCE_NAMES, HeaderMatch, match_header
from faxcloud.errors import (
    EmptyFile,
    EncryptedWorkbook,
    HeaderOnly,
    UnreadableWorkbook,
)
from faxcloud.store.reading.columns import SOURCE_SCHEMA, TEXT_TYPES, int64_array, text_array
from faxcloud.store.reading.dialect import header_refusal
from faxcloud.store.reading.oversize import refuse_oversized
from faxcloud.store.reading.segments import Segment
from faxcloud.store.reading.source import WORKBOOK_DAMAGED, Source

ROWS_PER_SEGMENT = 65_536

Cell = str | float | int | bool | datetime | date | time | timedelta


class WorkbookExport:
    """Workbook export: the first sheet with the required columns; of our own exports every such sheet.

    Raises:
        EncryptedWorkbook, OversizedWorkbook, UnreadableWorkbook, TooManyColumns, EmptyFile, HeaderOnly,
        MissingColumns: on opening.
    """

    encoding = "xlsx"
    delimiter = ""

    def __init__(self, source: Source) -> None:
        self.source = source
        refuse_oversized(source)
        try:
            # Not from_path: that believes the extension.
            with source.path.open("rb") as file:
                workbook = python_calamine.CalamineWorkbook.from_filelike(file)
            self._sheet, self._header_row, self.match = _find_sheet(workbook, source.name)
            self._workbook, self._later = workbook, _later_sheets(workbook, self._sheet, self.match)
        except python_calamine.PasswordError as error:
            raise EncryptedWorkbook(file=source.name) from error
        except python_calamine.CalamineError as error:
            raise UnreadableWorkbook(file=source.name, reason=WORKBOOK_DAMAGED) from error

    def raw_segments(self) -> Iterator[tuple[int, list[list[Cell]]]]:
        """Rows as the reader gives them, with the record number of the first."""
        first_line, sheets = 1, 1 + len(self._later)
        for place, (sheet, header_row) in enumerate(self._sheets()):
            rows = islice(sheet.iter_rows(), header_row + 1, None)
            start, total = first_line, max(sheet.end[0] - header_row, 1)
            while chunk := list(islice(rows, ROWS_PER_SEGMENT)):
                yield first_line, chunk
                first_line += len(chunk)
                done = (place + min((first_line - start) / total, 1.0)) / sheets
                self.source.pass_up_to(int(self.source.bytes * done))

    def _sheets(self) -> Iterator[tuple[Any, int]]:
        """The sheets with rows, and where their header is; one at a time, since each is read into memory."""
        sheet, header_row = self._sheet, self._header_row
        headers = _row(sheet, header_row)
        yield sheet, header_row
        for name in self._later:
            try:
                sheet = self._workbook.get_sheet_by_name(name)
            except python_calamine.CalamineError as error:
                raise UnreadableWorkbook(file=self.source.name, reason=WORKBOOK_DAMAGED) from error
            found = _find_header(sheet)
            if found is not None and found[1] == headers:
                yield sheet, found[0]

    def parse(self, raw: object) -> Segment:
        """Convert the rows of a segment to text."""
        first_line, rows = cast(tuple[int, list[list[Cell]]], raw)
        texts = [
            [cell_text(_as_exported(name, row[at])) for row in rows]
            for name, at in self.match.columns.items()
        ]
        used = np.array([any(trim(text) for text in cells) for cells in zip(*texts, strict=True)], bool)
        # A row may say something only in a column that is not ours: it is a row, not blank.
        for index in np.flatnonzero(~used):
            used[index] = any(trim(cell_text(cell)) for cell in rows[index])
        kept = np.flatnonzero(used)
        columns = dict(zip(self.match.columns, texts, strict=True))
        for name in RAW_NAMES:  # one of our own exports: what the parsed cell does not say
            if name in columns and (parsed := columns.get(name.removeprefix("raw_"))):
                parsed[:] = [raw or text for raw, text in zip(columns[name], parsed, strict=True)]
        arrays = [_text_column(name, columns.get(name), kept) for name in SOURCE_NAMES]
        lines = (kept + first_line).astype(np.int64)
        table = pa.Table.from_arrays([*arrays, int64_array(lines)], schema=SOURCE_SCHEMA)
        return Segment(table, records=len(rows), blank=len(rows) - len(kept))


def cell_text(cell: Cell) -> str:
    """Text of a cell as in the service's CSV.

    >>> cell_text(33493121234.0), cell_text(1.5), cell_text(datetime(2026, 1, 31, 8, 2, 59, 999_990))
    ('33493121234', '1.5', '31/01/2026 08:03')
    >>> cell_text(datetime(9999, 12, 31, 23, 59, 59, 600_000))
    '31/12/9999 23:59:59'
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        # A serial is a fraction of a day; minutes come back as 59.99999 s.
        moment = days_after(cell, 0.5 / 86_400).replace(microsecond=0)
        return moment.strftime("%d/%m/%Y %H:%M:%S" if moment.second else "%d/%m/%Y %H:%M")
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, timedelta):
        return str(round(cell.total_seconds()))
    return str(cell)


def _as_exported(name: str, cell: Cell) -> Cell:
    """Convert values that the reader misreads: a duration under a format for times of day, midnight."""
    if name == "duration_s" and isinstance(cell, time):
        return cell.hour * 3600 + cell.minute * 60 + cell.second
    if name == "sent_at" and isinstance(cell, date) and not isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y} 00:00"
    return cell


def _text_column(name: str, texts: list[str] | None, kept: np.ndarray) -> pa.Array:
    values = [texts[index].encode("utf-8", "replace") for index in kept] if texts else [b""] * len(kept)
    column = text_array(values)
    return column.dictionary_encode() if pa.types.is_dictionary(TEXT_TYPES[name]) else column


def _find_sheet(workbook: Any, name: str) -> tuple[Any, int, HeaderMatch]:
    refusal: Exception | None = None
    for sheet_name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(sheet_name)
        found = _find_header(sheet)
        if found is None:
            continue
        header_row, headers = found
        match = match_header(headers)
        if (refused := header_refusal(match, headers, name)) is not None:
            refusal = refusal or refused
        elif sheet.end[0] <= header_row:
            refusal = HeaderOnly(file=name)  # nearer to an export than what other sheets lack
        else:
            return sheet, header_row, match
    raise refusal or EmptyFile(file=name)


def _later_sheets(workbook: Any, sheet: Any, match: HeaderMatch) -> list[str]:
    """Sheets after the first one, where the workbook is an export of ours: its rows continue there."""
    names: list[str] = workbook.sheet_names
    return names[names.index(sheet.name) + 1 :] if RAW_NAMES[0] in match.columns else []


def _row(sheet: Any, number: int) -> list[str]:
    return [cell_text(cell) for cell in next(islice(sheet.iter_rows(), number, None))]


def _find_header(sheet: Any) -> tuple[int, list[str]] | None:
    """The first row that is not blank, and its number within the sheet."""
    for number, row in enumerate(sheet.iter_rows()):
        headers = [cell_text(cell) for cell in row]
        if any(trim(header) for header in headers):
            return number, headers
    return None
