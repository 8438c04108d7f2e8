"""Size limits for ODS workbooks: repeated cells and rows are counted before memory is spent on them.

A cell that stands in a million rows is written once, and the reader copies it a million times.
"""

from __future__ import annotations

import re
import zipfile

from faxcloud.errors import EncryptedWorkbook, TooManyColumns, UnreadableWorkbook
from faxcloud.store.reading.oversize import (
    MOST_COLUMNS,
    SheetFacts,
    oversized,
    parts_of,
    refuse_unpacked,
)
from faxcloud.store.reading.source import DAMAGED, WORKBOOK_DAMAGED, Source

MOST_CELLS = 8_000_000
"""Of all sheets: 570,000 faxes. The reader has all of them in memory at once."""

CELL_BYTES = 122
"""Of a cell with a short text, as measured."""

MOST_COPIES = 1 << 30
"""Bytes of the texts of repeated cells."""

_TAG = re.compile(rb"<(/?)table:(table-row|table-cell|covered-table-cell|table)((?:\s[^<>]*)?)(/?)>")
_REPEATED = re.compile(rb"table:number-(?:columns|rows)-repeated\s*=\s*[\"'](\d{1,12})")
_HIDDEN = re.compile(rb"table:visibility\s*=\s*[\"'](?:collapse|filter)")
"""The spelling that the reader knows: it takes no other prefix."""


class _Sheet:
    """Cells of one sheet so far; empty rows and cells count once something follows them."""

    def __init__(self) -> None:
        self.facts = SheetFacts()
        self.rows = self.columns = 0
        self.copies = 0
        self._empty_rows = self._row_repeats = 0
        self._row_columns = self._row_empty = self._row_copies = 0
        self._cell_start = self._cell_repeats = 0

    def start_row(self, attributes: bytes) -> None:
        self._row_repeats = _repeats(attributes)
        self._row_columns = self._row_empty = self._row_copies = 0
        if _HIDDEN.search(attributes):
            self.facts.hidden_rows += self._row_repeats

    def end_row(self) -> None:
        if not self._row_columns:
            self._empty_rows += self._row_repeats
            return
        self.rows += self._empty_rows + self._row_repeats
        self._empty_rows = 0
        self.columns = max(self.columns, self._row_columns)
        self.copies += self._row_copies * self._row_repeats

    def start_cell(self, attributes: bytes, start: int, *, is_closed: bool) -> None:
        repeats = _repeats(attributes)
        has_formula = b"table:formula" in attributes
        has_value = b"value-type" in attributes
        self._cell_repeats, self._cell_start = repeats, start
        if is_closed and not has_value and not has_formula:
            self._row_empty += repeats
            return
        if has_formula and not has_value:
            self.facts.formulas_without_value += repeats * self._row_repeats
        self._row_columns += self._row_empty + repeats
        self._row_empty = 0

    def end_cell(self, end: int) -> None:
        if self._cell_repeats * self._row_repeats > 1:
            self._row_copies += (end - self._cell_start) * self._cell_repeats


def refuse_oversized(source: Source) -> list[SheetFacts]:
    """Check the size of an ODS workbook without unpacking it into memory.

    Returns:
        Facts of each sheet, in the order of the workbook.

    Raises:
        OversizedWorkbook, TooManyColumns: reading it would cost too much.
        UnreadableWorkbook, EncryptedWorkbook: it is damaged, or protected by a password.
    """
    try:
        with zipfile.ZipFile(source.container) as archive:
            members = {member.filename: member for member in archive.infolist()}
            refuse_unpacked(source, list(members.values()))
            manifest = members.get("META-INF/manifest.xml")
            if manifest is not None and any(
                b"encryption-data" in part for part in parts_of(archive, manifest, source)
            ):
                raise EncryptedWorkbook(file=source.name)
            if "content.xml" not in members:
                raise UnreadableWorkbook(file=source.name, reason=WORKBOOK_DAMAGED)
            return _checked_sheets(archive, members["content.xml"], source)
    except DAMAGED as error:
        raise UnreadableWorkbook(file=source.name, reason=WORKBOOK_DAMAGED) from error


def _checked_sheets(archive: zipfile.ZipFile, content: zipfile.ZipInfo, source: Source) -> list[SheetFacts]:
    sheets = [_Sheet()]
    before = 0
    for part in parts_of(archive, content, source):
        for tag in _TAG.finditer(part):
            _count(sheets, tag, before)
        before += len(part)
        if max(sheet.columns for sheet in sheets) > MOST_COLUMNS:
            raise TooManyColumns(columns=f"> {MOST_COLUMNS}", limit=MOST_COLUMNS, file=source.name)
        cells = sum(sheet.rows * sheet.columns for sheet in sheets)
        if cells > MOST_CELLS:
            raise oversized(source, cells * CELL_BYTES, MOST_CELLS * CELL_BYTES)
        copies = sum(sheet.copies for sheet in sheets)
        if copies > MOST_COPIES:
            raise oversized(source, copies, MOST_COPIES)
    return [sheet.facts for sheet in sheets[1:]]


def _count(sheets: list[_Sheet], tag: re.Match[bytes], before: int) -> None:
    is_end, name, attributes, closed = tag.groups()
    sheet = sheets[-1]
    is_closed = bool(closed) or attributes.endswith(b"/")
    if name == b"table":
        if not is_end:
            sheets.append(_Sheet())
    elif name == b"table-row":
        if not is_end:
            sheet.start_row(attributes)
        if is_end or is_closed:
            sheet.end_row()
    elif is_end:
        sheet.end_cell(before + tag.end())
    else:
        sheet.start_cell(attributes, before + tag.start(), is_closed=is_closed)


def _repeats(attributes: bytes) -> int:
    found = _REPEATED.search(attributes) if b"repeated" in attributes else None
    return int(found.group(1)) if found is not None else 1
