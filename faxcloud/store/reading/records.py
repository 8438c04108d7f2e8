"""Exact CSV parser: reads the records that the fast reader leaves.

It is also the reference in the tests of the fast reader.

A quote counts only at the start of a field (RFC 4180). Real exports also hold quotes that mean nothing, and
one of them must cost one record, never the rows up to the next quote: where a quoted field does not end as
it should, its physical line alone is rejected and reading goes on with the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from faxcloud.domain.blanks import BLANKS

TOO_FEW = "columns.few"
TOO_MANY = "columns.many"
STRAY_QUOTE = "quote.stray"

REASONS = (TOO_FEW, TOO_MANY, STRAY_QUOTE)

ANY_COLUMNS = 0
"""For `columns`: a record of any width is right. So is a header."""

LONGEST_FIELD = 1 << 20
"""Bytes in which a quoted field must end; a longer one is a quote that was never closed."""

BLANK_BYTES = (*(blank.encode() for blank in BLANKS), b"\xa0", b"\x00")
"""White space in UTF-8, the no-break space of Windows-1252, and NUL, of which damaged disks leave blocks."""

_BLANK = re.compile(b"(?:" + b"|".join(map(re.escape, BLANK_BYTES)) + b")*+")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a CSV file.

    Attributes:
        fields: The values as bytes, unquoted; None for a rejected record.
        text: The source bytes without the line end.
        reason: Reason of the rejection, one of `REASONS`; '' otherwise.
        end: Offset of the next record.
        count: More than 1 for blank records that follow each other: millions of them are given as one.
        found: The fields of a record that has too few or too many of them.
    """

    fields: tuple[bytes, ...] | None
    text: bytes
    reason: str
    end: int
    count: int = 1
    found: tuple[bytes, ...] = ()


class RecordIncomplete(Exception):
    """Data that ends inside a quoted field: more of it has to be read first."""


def read_records(
    data: bytes, delimiter: bytes, newline: bytes, columns: int, *, is_last: bool
) -> Iterator[Record]:
    """Parse the records of `data`, which begins with one and, unless `is_last`, may end in the middle of one.

    A record that `data` does not complete is not returned: reading continues at the last record's `end`.

    Args:
        newline: What ends a record: `\\n` (with or without `\\r` before it) or `\\r`.
        columns: Number of fields of the header, or `ANY_COLUMNS`.
    """
    position = 0
    blank_lines = _blank_lines_pattern(delimiter, newline)
    while position < len(data):
        if blank := blank_lines.match(data, position):
            position = blank.end()
            yield Record((), b"", "", position, data.count(newline, blank.start(), position))
            continue
        try:
            record = _read_record(data, position, delimiter, newline, columns, is_last=is_last)
        except RecordIncomplete:
            return
        yield record
        position = record.end


def is_blank(fields: tuple[bytes, ...]) -> bool:
    """Whether a record is blank: an empty line, or separators and spaces only."""
    return all(_BLANK.fullmatch(field) for field in fields)


def _read_record(
    data: bytes, start: int, delimiter: bytes, newline: bytes, columns: int, *, is_last: bool
) -> Record:
    if newline == b"\r" and data.startswith(b"\n", start):
        start += 1  # a file of bare CR, to which one with CRLF was joined
    end = data.find(newline, start)
    if end < 0:
        if not is_last:
            raise RecordIncomplete
        end = len(data)
    line = data[start:end]
    after = min(end + 1, len(data))
    if b'"' not in line:
        text = line.rstrip(b"\r")
        return _counted(tuple(text.split(delimiter)), text, columns, after)
    found = _record_pattern(delimiter, newline).match(data, start)
    if found is None:
        if not is_last and _may_go_on(data, start, delimiter, newline):
            raise RecordIncomplete
        return _stray(line, after)
    if found.end() == len(data) and not data.endswith(newline) and not is_last:
        raise RecordIncomplete
    text = found.group(1)
    if newline in text and _swallows_records(text, delimiter, newline, columns):
        return _stray(line, after)
    text = text.rstrip(b"\r")
    fields = tuple(
        quoted[1:-1].replace(b'""', b'"') if quoted else plain
        for quoted, plain in _field_pattern(delimiter, newline).findall(delimiter + text)
    )
    return _counted(fields, text, columns, found.end())


def _counted(fields: tuple[bytes, ...], text: bytes, columns: int, end: int) -> Record:
    if columns in (len(fields), ANY_COLUMNS) or is_blank(fields):
        return Record(fields, text, "", end)
    return Record(None, text, TOO_FEW if len(fields) < columns else TOO_MANY, end, found=fields)


def _stray(line: bytes, end: int) -> Record:
    return Record(None, line.rstrip(b"\r"), STRAY_QUOTE, end)


def _may_go_on(data: bytes, start: int, delimiter: bytes, newline: bytes) -> bool:
    """Whether the data ends inside a quoted field that later data could still close."""
    found = _open_pattern(delimiter, newline).match(data, start)
    return found is not None and len(data) - found.start(1) < LONGEST_FIELD


def _swallows_records(text: bytes, delimiter: bytes, newline: bytes, columns: int) -> bool:
    """Whether two of a record's lines could be records by themselves: its quotes are then stray."""
    if columns == ANY_COLUMNS:
        columns = text.split(newline, 1)[0].count(delimiter) + 1
    return sum(line.count(delimiter) >= columns - 1 for line in text.split(newline)) > 1


@lru_cache(maxsize=8)
def _blank_lines_pattern(delimiter: bytes, newline: bytes) -> re.Pattern[bytes]:
    blanks = b"".join(blank for blank in BLANK_BYTES if blank.isascii() and blank != newline) + delimiter
    return re.compile(rb"(?:[" + re.escape(blanks) + rb"]*+" + re.escape(newline) + rb")++")


@lru_cache(maxsize=8)
def _patterns(delimiter: bytes, newline: bytes) -> tuple[bytes, bytes]:
    mark, end = re.escape(delimiter), re.escape(newline)
    quoted = rb'"[^"]*+(?:""[^"]*+)*+"'
    plain = rb'(?:[^"' + mark + end + rb"][^" + mark + end + rb"]*+)?"
    return quoted, plain


@lru_cache(maxsize=8)
def _record_pattern(delimiter: bytes, newline: bytes) -> re.Pattern[bytes]:
    quoted, plain = _patterns(delimiter, newline)
    mark, end = re.escape(delimiter), re.escape(newline)
    field = rb"(?:" + quoted + rb"(?=" + mark + rb"|\r*\n|\r|\Z)|" + plain + rb")"
    returns = rb"\r*" if newline == b"\n" else b""  # with \r alone, the next one ends a blank record
    return re.compile(rb"(" + field + rb"(?:" + mark + field + rb")*+" + returns + rb")(?:" + end + rb"|\Z)")


@lru_cache(maxsize=8)
def _open_pattern(delimiter: bytes, newline: bytes) -> re.Pattern[bytes]:
    quoted, plain = _patterns(delimiter, newline)
    mark = re.escape(delimiter)
    return re.compile(rb"(?:(?:" + quoted + rb"|" + plain + rb")" + mark + rb')*+("[^"]*+(?:""[^"]*+)*+"?)\Z')


@lru_cache(maxsize=8)
def _field_pattern(delimiter: bytes, newline: bytes) -> re.Pattern[bytes]:
    quoted, _ = _patterns(delimiter, newline)
    mark = re.escape(delimiter)
    return re.compile(mark + rb"(?:(" + quoted + rb")|([^" + mark + rb"]*+))")
