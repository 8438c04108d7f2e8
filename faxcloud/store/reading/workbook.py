"""Workbook exports (XLSX, XLS, ODS): typed cells become the text that a CSV of the service has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa
import python_calamine

from faxcloud.domain.blanks import trim
from faxcloud.domain.calendar import days_after
from faxcloud.domain.columns import RAW_NAMES, SOURCE_NAMES
from faxcloud.domain.sources.header import match_header
from faxcloud.errors import (
    EmptyFile,
    EncryptedWorkbook,
    HeaderOnly,
    HiddenTable,
    ImportRefused,
    UnreadableWorkbook,
)
from faxcloud.store.reading import biff, opendocument
from faxcloud.store.reading.columns import SOURCE_SCHEMA, TEXT_TYPES, int64_array, text_array
from faxcloud.store.reading.dialect import HEADER_WITHIN, Layout, find_layout, header_refusal, sources_of
from faxcloud.store.reading.oversize import SheetFacts, refuse_oversized
from faxcloud.store.reading.profiles import Choices, ColumnProfiles
from faxcloud.store.reading.rejects import Reject
from faxcloud.store.reading.segments import Segment
from faxcloud.store.reading.source import WORKBOOK_DAMAGED, Source

ROWS_PER_SEGMENT = 65_536

Cell = str | float | int | bool | datetime | date | time | timedelta


class SheetState(StrEnum):
    """What became of a sheet."""

    READ = "read"
    HIDDEN = "hidden"
    WITHOUT_TABLE = "without_table"


@dataclass(slots=True)
class SheetReading:
    """How a sheet was read, for the report.

    Attributes:
        header_row: Number of the header's row in the sheet, 1 = first; 0 without a table.
        records: Rows below the header, blank ones included.
        hidden_rows: Rows that a filter or a user has hidden; they are records like the others.
        formulas_without_value: Cells with a formula whose value was never stored: they read as blank.
    """

    name: str
    state: SheetState
    header_row: int = 0
    records: int = 0
    hidden_rows: int = 0
    formulas_without_value: int = 0


@dataclass(frozen=True, slots=True)
class RawRows:
    """Unparsed segment: rows of one sheet, the record number of the first, and the sheet's layout."""

    first_line: int
    rows: list[list[Cell]]
    layout: Layout


@dataclass(frozen=True, slots=True)
class _Table:
    sheet: Any
    header_row: int
    layout: Layout
    reading: SheetReading


class WorkbookExport:
    """Workbook export: every visible sheet with the required columns, in the order of the sheets.

    Attributes:
        sheets: Hidden sheets, and the visible ones that were reached so far; blank sheets are not among them.

    Raises:
        EncryptedWorkbook, OversizedWorkbook, UnreadableWorkbook, TooManyColumns, EmptyFile, HeaderOnly,
        HiddenTable, MissingColumns: on opening.
    """

    delimiter = ""
    repairs: tuple[str, ...] = ()

    def __init__(self, source: Source, choices: Choices, profiles: ColumnProfiles | None = None) -> None:
        """`profiles` of a first reading carry the plan of the second."""
        self.source = source
        self._choices = choices
        self.encoding = source.kind
        self.sheets: list[SheetReading] = []
        self._facts = CHECKS[source.kind](source)
        self._refusal: ImportRefused | None = None
        with self._readable():
            source.container.seek(0)
            # Not from_path: that believes the extension.
            self._workbook = python_calamine.CalamineWorkbook.from_filelike(source.container)
            self._names = self._visible_sheets()
            self._tables = self._find_tables()
            self._first = self._first_table()
        self.layout = self._first.layout
        self.profiles = profiles or ColumnProfiles(
            self.layout.source, self.layout.match, self.layout.headers, choices
        )

    def raw_segments(self) -> Iterator[RawRows]:
        """Rows as the reader gives them; a sheet is read into memory when its turn comes."""
        first_line, sheets = 1, len(self._names)
        with self._readable():
            for table in chain([self._first], self._tables):
                self._add_unknown(table.layout)
                rows = islice(table.sheet.iter_rows(), table.header_row + 1, None)
                place = self._names.index(table.reading.name)
                total = max(table.sheet.end[0] - table.header_row, 1)
                while chunk := list(islice(rows, ROWS_PER_SEGMENT)):
                    yield RawRows(first_line, chunk, table.layout)
                    first_line += len(chunk)
                    table.reading.records += len(chunk)
                    done = (place + min(table.reading.records / total, 1.0)) / sheets
                    self.source.pass_up_to(int(self.source.bytes * done))

    def parse(self, raw: object) -> Segment:
        """Convert the rows of a segment to text."""
        assert isinstance(raw, RawRows)
        rows, at = raw.rows, raw.layout.match.columns
        swaps = self.profiles.plan.swaps_date_cells
        texts = [
            [cell_text(_as_exported(name, row[position], swaps)) for row in rows]
            for name, position in at.items()
        ]
        used = np.array([any(trim(text) for text in cells) for cells in zip(*texts, strict=True)], bool)
        # A row may say something only in a column that is not ours: it is a row, not blank.
        for index in np.flatnonzero(~used):
            used[index] = any(trim(cell_text(cell)) for cell in rows[index])
        blank = len(rows) - int(used.sum())
        columns = dict(zip(at, texts, strict=True))
        rejects = self._rejects(raw, columns, used)
        kept = np.flatnonzero(used)
        if "sent_time" in columns and "sent_at" in columns:
            columns["sent_at"][:] = [
                f"{day[:10]} {moment}" if day and moment else day
                for day, moment in zip(columns["sent_at"], columns["sent_time"], strict=True)
            ]
        for name in RAW_NAMES:  # one of our own exports: what the parsed cell does not say
            if name in columns and (parsed := columns.get(name.removeprefix("raw_"))):
                parsed[:] = [raw_text or text for raw_text, text in zip(columns[name], parsed, strict=True)]
        arrays = [_text_column(name, columns.get(name), kept) for name in SOURCE_NAMES]
        lines = (kept + raw.first_line).astype(np.int64)
        table = pa.Table.from_arrays([*arrays, int64_array(lines)], schema=SOURCE_SCHEMA)
        dates = [rows[index][at["sent_at"]] for index in kept] if "sent_at" in at else []
        date_cells = [cell for cell in dates if isinstance(cell, date)]
        segment = Segment(
            self.profiles.read(table),
            records=len(rows),
            blank=blank,
            rejects=tuple(rejects),
            date_cells=len(date_cells),
            date_cells_day_above_12=sum(cell.day > 12 for cell in date_cells),
            date_texts=sum(isinstance(cell, str) and trim(cell) != "" for cell in dates),
        )
        self.profiles.add_date_cells(segment.date_cells, segment.date_cells_day_above_12, segment.date_texts)
        return segment

    def _rejects(self, raw: RawRows, columns: Mapping[str, list[str]], used: np.ndarray) -> list[Reject]:
        """Rows that are no faxes, such as totals; they are taken out of `used`."""
        shape, rejects = raw.layout.shape, []
        modes = columns.get("mode") or [""] * len(raw.rows)
        suspects = [index for index in np.flatnonzero(used) if not shape.is_mode(modes[index])]
        if shape.source.fax_kinds:
            suspects = list(np.flatnonzero(used))
        for index in suspects:
            texts = [cell_text(cell) for cell in raw.rows[index]]
            if reason := shape.why_no_fax(texts):
                used[index] = False
                rejects.append(Reject(int(index) + raw.first_line, reason, ";".join(texts).rstrip(";")))
        return rejects

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        """Refuse what the reader cannot read."""
        try:
            yield
        except python_calamine.PasswordError as error:
            raise EncryptedWorkbook(file=self.source.name) from error
        except python_calamine.CalamineError as error:
            raise UnreadableWorkbook(file=self.source.name, reason=WORKBOOK_DAMAGED) from error

    def _visible_sheets(self) -> list[str]:
        names = []
        for sheet in self._workbook.sheets_metadata:
            if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            if sheet.visible == python_calamine.SheetVisibleEnum.Visible:
                names.append(sheet.name)
            else:
                self.sheets.append(SheetReading(sheet.name, SheetState.HIDDEN))
        return names

    def _first_table(self) -> _Table:
        if (first := next(self._tables, None)) is not None:
            return first
        hidden = [sheet.name for sheet in self.sheets if sheet.state is SheetState.HIDDEN]
        for name in hidden:
            if isinstance(self._table(self._workbook.get_sheet_by_name(name)), _Table):
                raise HiddenTable(file=self.source.name, sheets=", ".join(hidden))
        raise self._refusal or EmptyFile(file=self.source.name)

    def _find_tables(self) -> Iterator[_Table]:
        """Visible sheets with rows under a header that has the required columns."""
        for name in self._names:
            table = self._table(self._workbook.get_sheet_by_name(name))
            if isinstance(table, _Table):
                self.sheets.append(table.reading)
                yield table
            elif isinstance(table, HeaderOnly):
                self._refusal = table  # nearer to an export than what other sheets lack
            elif table is not None:
                self.sheets.append(SheetReading(name, SheetState.WITHOUT_TABLE))
                self._refusal = self._refusal or table

    def _table(self, sheet: Any) -> _Table | ImportRefused | None:
        """The table of a sheet, or why it has none; None for a blank one."""
        rows: dict[int, list[str]] = {}
        for number, row in enumerate(sheet.iter_rows()):
            texts = [cell_text(cell) for cell in row]
            if any(trim(text) for text in texts):
                rows[number] = texts
                if len(rows) == HEADER_WITHIN:
                    break
        if not rows:
            return None
        numbers = list(rows)
        found = find_layout(list(rows.values()), self._choices)
        if found is None:
            # Without a header, the row nearest to one says best what is missing.
            source = sources_of(self._choices)[0]
            matches = [match_header(texts, source) for texts in rows.values()]
            best = max(range(len(matches)), key=lambda number: len(matches[number].columns))
            return header_refusal(matches[best], rows[numbers[best]], self.source.name)
        at, layout = numbers[found[0]], replace(found[1], header_line=numbers[found[0]] + 1)
        refused = header_refusal(layout.match, layout.headers, self.source.name)
        if refused is not None:
            return refused
        if sheet.end[0] <= at:
            return HeaderOnly(file=self.source.name)
        reading = SheetReading(sheet.name, SheetState.READ, at + 1)
        position = self._workbook.sheet_names.index(sheet.name)
        if position < len(self._facts):
            facts = self._facts[position]
            reading.hidden_rows = facts.hidden_rows
            reading.formulas_without_value = facts.formulas_without_value
        return _Table(sheet, at, layout, reading)

    def _add_unknown(self, layout: Layout) -> None:
        """Other sheets may have other columns beside the known ones."""
        match = self.layout.match
        unknown = tuple(dict.fromkeys((*match.unknown, *layout.match.unknown)))
        self.layout = replace(self.layout, match=replace(match, unknown=unknown))


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


def _as_exported(name: str, cell: Cell, swaps_date_cells: bool) -> Cell:
    """Convert values that the reader misreads: a duration under a format for times of day, midnight.

    Dates become ISO texts, whose order nothing can mistake; `profiles` writes them as the service does.
    """
    if name == "duration_s" and isinstance(cell, time):
        return cell.hour * 3600 + cell.minute * 60 + cell.second
    if name == "sent_time":
        if isinstance(cell, timedelta):
            cell = (datetime(1900, 1, 1) + cell % timedelta(days=1)).time()  # noqa: DTZ001
        return f"{cell:%H:%M:%S}" if isinstance(cell, datetime | time) else cell
    if name == "sent_at" and isinstance(cell, date):
        if not isinstance(cell, datetime):
            cell = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001
        moment = days_after(cell, 0.5 / 86_400).replace(microsecond=0)
        if swaps_date_cells and moment.day <= 12:
            moment = moment.replace(day=moment.month, month=moment.day)
        return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")
    return cell


def _text_column(name: str, texts: list[str] | None, kept: np.ndarray) -> pa.Array:
    values = [texts[index].encode("utf-8", "replace") for index in kept] if texts else [b""] * len(kept)
    column = text_array(values)
    return column.dictionary_encode() if pa.types.is_dictionary(TEXT_TYPES[name]) else column


CHECKS: Mapping[str, Callable[[Source], list[SheetFacts]]] = {
    "xlsx": refuse_oversized,
    "ods": opendocument.refuse_oversized,
    "xls": biff.refuse_oversized,
}
