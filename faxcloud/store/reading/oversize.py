"""Workbooks that would cost gigabytes, refused before any memory is spent on them.

The reader unpacks whole sheets and keeps a full rectangle of cells, so a few hundred bytes suffice to
exhaust a machine: by what they unpack to, by one cell far to the right or far below, by one long text in many
cells.
"""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Iterator

from faxcloud.errors import OversizedWorkbook, TooManyColumns, UnreadableWorkbook
from faxcloud.i18n import N_
from faxcloud.store.reading.source import DAMAGED, Source

MOST_BYTES = 2 << 30
"""Unpacked; a sheet of a million faxes is about half of it."""

SUSPECT_RATIO = 200
"""Sheets pack ten to thirty times; a bomb a thousand times."""

SUSPECT_BYTES = 64 << 20
"""Below this even a bomb does no harm."""

MOST_COLUMNS = 78
"""Up to column BZ."""

MOST_CELLS = 24_000_000
"""Of the rectangle that holds all cells: a full sheet of 22 columns. The reader needs 32 bytes for each."""

MOST_TEXT = 4 << 30
"""Bytes of all texts if each were as long as the longest; the reader copies a shared text into every cell."""

LAST_ROW = 1_048_576
TALL = 100_000
"""Rows from which the exact rectangle is looked at."""

CELL_BYTES = 32

_REF = rb"\sr\s*=\s*[\"']"
_FAR = rb"(?:[C-Zc-z][A-Za-z]|[A-Za-z]{3})[0-9]"
_FAR_OR_TALL = re.compile(rb' r="(?:' + _FAR + rb"|[A-Za-z]*[0-9]{6})")
_ANY_FAR_OR_TALL = re.compile(_REF + rb"(?:" + _FAR + rb"|[A-Za-z]*[0-9]{6})")
_ANY_FAR = re.compile(_REF + _FAR)
_ROW_OF_REF = re.compile(_REF + rb"[A-Za-z]*([0-9]+)")
_COLUMN_OF_REF = re.compile(_REF + rb"([A-Za-z]+)[0-9]")
_SPACED = re.compile(rb"r\s+=")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")


def refuse_oversized(source: Source) -> None:
    """Look at the workbook's parts without unpacking any of them into memory.

    Raises:
        OversizedWorkbook, TooManyColumns: reading it would cost too much.
        UnreadableWorkbook: it is damaged, or says another size than it has.
    """
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            packed = max(sum(member.compress_size for member in members), 1)
            if unpacked > MOST_BYTES or (unpacked > SUSPECT_BYTES and unpacked / packed > SUSPECT_RATIO):
                raise _oversized(source, unpacked)
            longest, cells = 0, 0
            for member in members:
                parts = _parts(archive, member, source)
                if member.filename.startswith("xl/worksheets/"):
                    cells += _check_sheet(parts, source)
                elif member.filename.lower().endswith("sharedstrings.xml"):
                    longest = max((len(text) for part in parts for text in part.split(b"si>")), default=0)
                elif member.filename.endswith((".xml", ".rels")):
                    for _ in parts:
                        pass
            if longest * cells > MOST_TEXT:
                raise _oversized(source, longest * cells)
    except DAMAGED as error:
        raise UnreadableWorkbook(file=source.name, reason=str(error)) from error


def _oversized(source: Source, unpacked: int) -> OversizedWorkbook:
    return OversizedWorkbook(file=source.name, unpacked=unpacked, limit=MOST_BYTES)


def _parts(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: Source) -> Iterator[bytes]:
    """The member in pieces that end with a tag, as long as it really is: the directory may lie about it."""
    whole = copy.copy(member)
    whole.file_size = MOST_BYTES
    length, rest = 0, b""
    with archive.open(whole) as file:
        while block := file.read(1 << 20):
            length += len(block)
            if length > member.file_size:
                raise UnreadableWorkbook(file=source.name, reason=N_("it holds more than it says"))
            part = rest + block
            end = part.rfind(b">") + 1
            rest = part[end:]
            if len(rest) > 8 << 20:
                raise _oversized(source, len(rest))
            yield part[:end]
    yield rest


def _check_sheet(parts: Iterator[bytes], source: Source) -> int:
    """How many cells hold a shared text.

    Raises:
        OversizedWorkbook, TooManyColumns: the rectangle around all cells is too large.
    """
    last_row, columns, shared, rows = 0, set[bytes](), 0, 0
    tall = False
    for part in parts:
        shared += part.count(b't="s"') + part.count(b"t='s'")
        regular = _is_regular(part)
        if (_FAR_OR_TALL if regular else _ANY_FAR_OR_TALL).search(part):
            if _ANY_FAR.search(part):
                raise TooManyColumns(columns=f"> {MOST_COLUMNS}", limit=MOST_COLUMNS, file=source.name)
            tall = True
        if not regular and max(map(len, map(_CELL.findall, _ROW.split(part)))) > 2 * MOST_COLUMNS:
            # Cells that do not say where they are stand side by side.
            raise TooManyColumns(columns=f"> {MOST_COLUMNS}", limit=MOST_COLUMNS, file=source.name)
        rows += part.count(b"<row")
        if tall or rows > TALL:
            last_row = max(last_row, rows, *map(int, _ROW_OF_REF.findall(part)))
        columns.update(_COLUMN_OF_REF.findall(part) if tall else ())
    width = max(map(_column_number, columns), default=MOST_COLUMNS)
    if last_row > LAST_ROW or (tall and last_row * width > MOST_CELLS):
        raise _oversized(source, last_row * width * CELL_BYTES)
    return shared


def _is_regular(part: bytes) -> bool:
    """Whether every row and cell says where it is, in the one spelling that nearly all writers use."""
    refs = part.count(b' r="')
    return (
        refs == part.count(b"<c ") + part.count(b"<row ")
        and refs == part.count(b'r="')
        and refs > 0
        and b"r='" not in part
        and not _SPACED.search(part)
    )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
