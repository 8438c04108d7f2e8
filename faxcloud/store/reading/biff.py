"""Size limits for XLS workbooks (BIFF in an OLE container): cells and texts are counted before they are read.

The reader keeps all sheets in memory, each as a full rectangle with a copy of each shared text, so a few
kilobytes suffice to exhaust a machine.

Formats: [MS-CFB] for the container, [MS-XLS] for the records.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from faxcloud.errors import EncryptedWorkbook, UnreadableWorkbook
from faxcloud.store.reading.oversize import CELL_BYTES, MOST_CELLS, MOST_TEXT, SheetFacts, oversized
from faxcloud.store.reading.source import WORKBOOK_DAMAGED, Source

MOST_BYTES = 512 << 20
"""Of the file; 65,536 rows of an export are 15 MB."""

_HEADER = struct.Struct("<30xHH10xI I 4x I I I I I")
_END_OF_CHAIN = 0xFFFFFFFA
"""Numbers above name no sector."""

_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _SST, _CONTINUE, _ROW = 0x809, 0x0A, 0x2F, 0x85, 0xFC, 0x3C, 0x208
_SHARED_TEXT, _FORMULA, _DIMENSIONS = 0xFD, 0x06, 0x200
_CELLS = frozenset((0x201, 0x203, 0x204, 0x205, 0x27E, 0xBD, 0xBE, 0xD6, _SHARED_TEXT, _FORMULA))
_SEVERAL = frozenset((0xBD, 0xBE))
"""Records of several cells; the last column stands at their end."""

_HIDDEN_ROW = 0x20


def refuse_oversized(source: Source) -> list[SheetFacts]:
    """Check what reading an XLS workbook would take.

    Returns:
        Facts of each sheet, in the order of the workbook.

    Raises:
        OversizedWorkbook: reading it would cost too much.
        UnreadableWorkbook, EncryptedWorkbook: it is damaged, or protected by a password.
    """
    source.container.seek(0)
    data = source.container.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise oversized(source, len(data), MOST_BYTES)
    try:
        book = _Book(_workbook_stream(data))
    except (struct.error, IndexError, ValueError) as error:
        raise UnreadableWorkbook(file=source.name, reason=WORKBOOK_DAMAGED) from error
    if book.is_encrypted:
        raise EncryptedWorkbook(file=source.name)
    cells = sum(sheet.cells for sheet in book.sheets)
    if cells > MOST_CELLS:
        raise oversized(source, cells * CELL_BYTES, MOST_CELLS * CELL_BYTES)
    text = sum(sheet.shared_texts for sheet in book.sheets) * book.longest_text
    if text > MOST_TEXT:
        raise oversized(source, text, MOST_TEXT)
    return [book.facts.get(start, SheetFacts()) for start in book.starts]


class _Sheet:
    def __init__(self) -> None:
        self.facts = SheetFacts()
        self.rows = self.columns = self.shared_texts = 0

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def count(self, kind: int, record: memoryview) -> None:
        if kind == _ROW:
            self.facts.hidden_rows += bool(struct.unpack_from("<12xH", record)[0] & _HIDDEN_ROW)
        elif kind == _DIMENSIONS:
            # The reader makes room for what this promises.
            last_row, last_column = struct.unpack_from("<4xI2xH" if len(record) >= 14 else "<2xH2xH", record)
            self.rows, self.columns = max(self.rows, last_row), max(self.columns, last_column)
        elif kind in _CELLS:
            row, column = struct.unpack_from("<HH", record)
            if kind in _SEVERAL:
                column = struct.unpack_from("<H", record, len(record) - 2)[0]
            self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
            self.shared_texts += kind == _SHARED_TEXT


class _Book:
    """Sheets of the workbook's stream, and the longest shared text.

    Attributes:
        starts: Where each sheet begins in the stream, in the order of the workbook.
        facts: By that position.
    """

    def __init__(self, stream: memoryview) -> None:
        self.is_encrypted = False
        self.longest_text = 0
        self.starts: list[int] = []
        self.facts: dict[int, SheetFacts] = {}
        self.sheets: list[_Sheet] = []
        open_sheets: list[_Sheet] = []
        texts: list[memoryview] | None = None
        for start, kind, record in _records(stream):
            if kind == _CONTINUE and texts is not None:
                texts.append(record)
                continue
            if texts is not None:
                self.longest_text = _longest_text(texts)
                texts = None
            if kind == _BOF:  # of the workbook, of a sheet, or of a chart in a sheet
                open_sheets.append(_Sheet())
                self.sheets.append(open_sheets[-1])
                self.facts[start] = open_sheets[-1].facts
            elif kind == _EOF:
                if open_sheets:
                    open_sheets.pop()
            elif kind == _FILEPASS:
                self.is_encrypted = True
                return
            elif kind == _BOUNDSHEET:
                self.starts.append(struct.unpack_from("<I", record)[0])
            elif kind == _SST:
                texts = [record]
            elif open_sheets:
                open_sheets[-1].count(kind, record)


def _records(stream: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    at, end = 0, len(stream) - 4
    while at <= end:
        kind, size = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _longest_text(parts: list[memoryview]) -> int:
    """Bytes of the longest text in UTF-8; a text may run on in the next record, after a new flag byte."""
    longest = part = 0
    at = 8
    while True:
        while at >= len(parts[part]):
            part, at = part + 1, at - len(parts[part])
            if part == len(parts):
                return longest
        characters, flags = struct.unpack_from("<HB", parts[part], at)
        at += 3
        extra = 0
        if flags & 8:
            extra += 4 * struct.unpack_from("<H", parts[part], at)[0]
            at += 2
        if flags & 4:
            extra += struct.unpack_from("<I", parts[part], at)[0]
            at += 4
        longest = max(longest, int(characters) * (3 if flags & 1 else 2))
        while characters:
            width = 2 if flags & 1 else 1
            here = min(characters, (len(parts[part]) - at) // width)
            characters -= here
            at += here * width
            if characters:
                part, at = part + 1, 1
                if part == len(parts):
                    return longest
                flags = parts[part][0]
        at += extra


def _workbook_stream(data: bytes) -> memoryview:
    """The stream `Workbook` (`Book` before Excel 97) of the container."""
    (sector_shift, mini_shift, fat_sectors, directory, cutoff, mini_fat, _, difat, _) = _HEADER.unpack_from(
        data
    )
    if not 7 <= sector_shift <= 16 or mini_shift > sector_shift:
        raise ValueError("no container")
    sector_bytes = 1 << sector_shift

    def sector(number: int) -> bytes:
        return data[(number + 1) * sector_bytes : (number + 2) * sector_bytes]

    fat_places = list(struct.unpack_from("<109I", data, 76))
    seen = 0
    while difat < _END_OF_CHAIN and seen <= len(data) // sector_bytes:
        *more, difat = struct.unpack(f"<{sector_bytes // 4}I", sector(difat))
        fat_places += more
        seen += 1
    fat = b"".join(sector(number) for number in fat_places[:fat_sectors] if number < _END_OF_CHAIN)
    directory_bytes = b"".join(sector(number) for number in _chain(fat, directory))
    entries = [directory_bytes[at : at + 128] for at in range(0, len(directory_bytes) - 127, 128)]
    streams = {entry[: max(entry[64] - 2, 0)].decode("utf-16-le", "replace"): entry for entry in entries}
    entry = streams.get("Workbook") or streams.get("Book")
    if entry is None:
        raise ValueError("no workbook")
    start, size = struct.unpack_from("<II", entry, 116)
    if size >= cutoff:
        content = b"".join(sector(number) for number in _chain(fat, start))
    else:
        root = struct.unpack_from("<I", entries[0], 116)[0]
        small = b"".join(sector(number) for number in _chain(fat, root))
        places = b"".join(sector(number) for number in _chain(fat, mini_fat))
        step = 1 << mini_shift
        content = b"".join(small[at * step : (at + 1) * step] for at in _chain(places, start))
    return memoryview(content)[:size]


def _chain(table: bytes, number: int) -> Iterator[int]:
    """Sectors of a stream.

    Raises:
        ValueError: it runs in a circle.
        struct.error: it leads nowhere.
    """
    steps = 0
    while number < _END_OF_CHAIN:
        yield number
        number = struct.unpack_from("<I", table, number * 4)[0]
        steps += 1
        if steps > len(table) // 4:
            raise ValueError("circle")
