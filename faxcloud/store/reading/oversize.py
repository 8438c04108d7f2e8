"""Size limits for XLSX workbooks: those that would cost gigabytes are refused before memory is spent on them.

The reader unpacks whole sheets and keeps a full rectangle of cells, so a few hundred bytes suffice to
exhaust a machine: by what they unpack to, by one cell far to the right or far below, by one long text in many
cells.
"""

from __future__ import annotations

import copy
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faxcloud.errors import OversizedWorkbook, TooManyColumns, UnreadableWorkbook
from faxcloud.i18n import N_
from faxcloud.store.reading.source import DAMAGED, WORKBOOK_DAMAGED, Source

MOST_BYTES = 2 << 30
"""Unpacked; a sheet of a million faxes is about half of it."""

SUSPECT_RATIO = 200
"""Sheets pack ten to thirty times; a bomb a thousand times."""

SUSPECT_BYTES = 64 << 20
"""Below this even a bomb does no harm."""

MOST_COLUMNS = 78
"""Up to column BZ."""

MOST_CELLS = 28_000_000
"""Of the rectangle that holds all cells: a full sheet up to column Z. The reader needs 32 bytes for each."""

MOST_TEXT = 4 << 30
"""Bytes of all texts if each were as long as the longest; the reader copies a shared text into every cell."""

LONGEST_TEXT = 8 << 20
"""Bytes between two tags."""

LAST_ROW = 1_048_576
TALL = 100_000
"""Rows from which the exact rectangle is looked at."""

CELL_BYTES = 32

_FAR = rb"(?:[C-Zc-z][A-Za-z]|[A-Za-z]{3})[0-9]"


class _Refs:
    """Searches for the name of a cell or the number of a row, after what `start` matches."""

    def __init__(self, start: bytes) -> None:
        self.suspect = re.compile(start + rb"(?:[A-Za-z]{2}|[A-Za-z]?[0-9]{7})")
        self.far = re.compile(start + _FAR)
        self.wide = re.compile(start + rb"[A-Za-z]{2}[0-9]")
        self.tall = re.compile(start + rb"[A-Za-z]*[0-9]{6}")
        self.names = re.compile(start + rb"([A-Za-z]*)([0-9]+)")


# A literal start is found several times as fast.
_REGULAR, _ANY = _Refs(rb' r="'), _Refs(rb"\sr\s*=\s*[\"']")
_SPACED = re.compile(rb"r\s+=")
# Without `<` in a tag: a search that begins at each of a million `<row` must not run to the end each time.
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\s(?:[^<>]*?\s)?hidden=[\"'](?:1|true)")
_NO_VALUE = re.compile(
    rb"<(?:\w+:)?c(\s[^<>]*)?>"
    rb"(?:<(?:\w+:)?f(?:\s[^<>]*)?>[^<]*</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^<>]*)?/>)"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^<>]*")
_ATTRIBUTE = re.compile(rb"\b([A-Za-z]+)\s*=\s*[\"']([^\"']*)")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")


@dataclass(slots=True)
class SheetFacts:
    """What the reader does not say of a sheet: rows that are not shown, formulas without a stored value."""

    hidden_rows: int = 0
    formulas_without_value: int = 0


def refuse_oversized(source: Source) -> list[SheetFacts]:
    """Check the size of a workbook's parts without unpacking any of them into memory.

    Returns:
        Facts of each sheet, in the order of the workbook; none where that order is not known.

    Raises:
        OversizedWorkbook, TooManyColumns: reading it would cost too much.
        UnreadableWorkbook: it is damaged, or declares a size other than its own.
    """
    try:
        with zipfile.ZipFile(source.container) as archive:
            members = archive.infolist()
            refuse_unpacked(source, members)
            longest, cells = 0, 0
            facts: dict[str, SheetFacts] = {}
            for member in members:
                parts = parts_of(archive, member, source)
                if member.filename.startswith("xl/worksheets/"):
                    facts[member.filename] = SheetFacts()
                    shared, needs_measuring = _check_sheet(_noted(parts, facts[member.filename]), source)
                    cells += shared
                    if needs_measuring:
                        _measure_sheet(parts_of(archive, member, source), source)
                elif member.filename.lower().endswith("sharedstrings.xml"):
                    longest = max((len(text) for part in parts for text in part.split(b"si>")), default=0)
                elif member.filename.endswith((".xml", ".rels")):
                    for _ in parts:
                        pass
            if longest * cells > MOST_TEXT:
                raise oversized(source, longest * cells, MOST_TEXT)
            return [facts.get(path, SheetFacts()) for path in _sheet_paths(archive)]
    except DAMAGED as error:
        raise UnreadableWorkbook(file=source.name, reason=WORKBOOK_DAMAGED) from error


def refuse_unpacked(source: Source, members: Sequence[zipfile.ZipInfo]) -> None:
    """Check what a zipped workbook unpacks to.

    Raises:
        OversizedWorkbook: it is more than is read, or than a workbook of its size holds.
    """
    unpacked = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    limit = min(MOST_BYTES, max(SUSPECT_BYTES, packed * SUSPECT_RATIO))
    if unpacked > limit:
        raise oversized(source, unpacked, limit)


def oversized(source: Source, unpacked: int, limit: int) -> OversizedWorkbook:
    return OversizedWorkbook(file=source.name, unpacked=unpacked, limit=limit)


def parts_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: Source) -> Iterator[bytes]:
    """The member in pieces that end with a tag, as long as it really is: the directory may lie about it."""
    whole = copy.copy(member)
    whole.file_size = MOST_BYTES
    length, rest = 0, b""
    with archive.open(whole) as file:
        while block := file.read(1 << 20):
            length += len(block)
            if length > member.file_size:
                raise UnreadableWorkbook(
                    file=source.name, reason=N_("it contains more data than it declares")
                )
            part = rest + block
            end = part.rfind(b">") + 1
            rest = part[end:]
            if len(rest) > LONGEST_TEXT:
                raise oversized(source, len(rest), LONGEST_TEXT)
            yield part[:end]
    yield rest


def _noted(parts: Iterator[bytes], facts: SheetFacts) -> Iterator[bytes]:
    """The same parts; what they say beside the cells' values goes to `facts`."""
    for part in parts:
        if b"hidden=" in part:
            facts.hidden_rows += len(_HIDDEN_ROW.findall(part))
        if b"f>" in part or b"<f" in part:
            # An empty text is a value.
            facts.formulas_without_value += sum(
                b't="str"' not in attributes for attributes in _NO_VALUE.findall(part)
            )
        yield part


def _sheet_paths(archive: zipfile.ZipFile) -> list[str]:
    """Parts that hold the sheets, in the order of the workbook; none where it does not say so."""
    try:
        book, relations = archive.read("xl/workbook.xml"), archive.read("xl/_rels/workbook.xml.rels")
    except KeyError:
        return []
    tags = [dict(_ATTRIBUTE.findall(tag)) for tag in _RELATION.findall(relations)]
    targets = {tag.get(b"Id"): tag.get(b"Target", b"").decode("utf-8", "replace") for tag in tags}
    sheets = [dict(_ATTRIBUTE.findall(tag)).get(b"id") for tag in _SHEET.findall(book)]
    return [posixpath.join("/xl", targets.get(sheet, "")).removeprefix("/") for sheet in sheets]


def _check_sheet(parts: Iterator[bytes], source: Source) -> tuple[int, bool]:
    """How many cells hold a shared text, and whether the rectangle may be too large: both wide and tall.

    Raises:
        OversizedWorkbook, TooManyColumns: some cell is where no export has one.
    """
    shared = rows = 0
    wide = tall = False
    for part in parts:
        shared += part.count(b't="s"') + part.count(b"t='s'")
        rows += part.count(b"<row")
        regular = _is_regular(part)
        refs = _REGULAR if regular else _ANY
        tall = tall or rows > TALL or refs.tall.search(part) is not None
        if refs.suspect.search(part):
            _refuse_far(part, refs, source)
            wide = wide or refs.wide.search(part) is not None
        if not regular and max(map(len, map(_CELL.findall, _ROW.split(part)))) > 2 * MOST_COLUMNS:
            # Cells that do not say where they are stand side by side.
            raise _too_wide(source)
    return shared, wide and tall


def _refuse_far(part: bytes, refs: _Refs, source: Source) -> None:
    if refs.far.search(part):
        raise _too_wide(source)
    last_row = max((int(row) for _, row in refs.names.findall(part)), default=0)
    if last_row > LAST_ROW:
        raise oversized(source, last_row * CELL_BYTES, LAST_ROW * CELL_BYTES)


def _measure_sheet(parts: Iterator[bytes], source: Source) -> None:
    columns, last_row, rows = {b"A"}, 0, 0
    for part in parts:
        found = set((_REGULAR if _is_regular(part) else _ANY).names.findall(part))
        rows += part.count(b"<row")
        columns.update(name for name, _ in found)
        last_row = max(last_row, rows, *(int(row) for row in {row for _, row in found}), 0)
    cells = last_row * max(map(_column_number, columns))
    if cells > MOST_CELLS:
        raise oversized(source, cells * CELL_BYTES, MOST_CELLS * CELL_BYTES)


def _too_wide(source: Source) -> TooManyColumns:
    return TooManyColumns(columns=f"> {MOST_COLUMNS}", limit=MOST_COLUMNS, file=source.name)


def _is_regular(part: bytes) -> bool:
    """Whether every row and cell states its position, in the one spelling that nearly all writers use."""
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
