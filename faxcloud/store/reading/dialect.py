"""CSV dialect detection: delimiter, line end and header, from the beginning of the file and column names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from faxcloud.domain.columns import REQUIRED_HEADERS, HeaderMatch, match_header
from faxcloud.errors import (
    AmbiguousColumns,
    EmptyFile,
    HeaderOnly,
    ImportRefused,
    MissingColumns,
    TooManyColumns,
)
from faxcloud.store.reading.records import ANY_COLUMNS, read_records

DELIMITERS = (b";", b",", b"\t", b"|")
_NOTHING = b" \r\n" + b"".join(DELIMITERS)
_QUOTED_OR_LINE_END = re.compile(rb'"[^"]*"|\r+\n|\n|\r')

MOST_COLUMNS = 1_000
LONGEST_HEADER = 1 << 18
"""Bytes; a first record that goes on for longer is no header."""

SHOWN_HEADERS = 30
"""How many of a wrong file's headers its error message quotes."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """CSV dialect of a file, for what follows the header.

    Attributes:
        newline: What ends a record: `\\n` (also for `\\r\\n`) or `\\r`.
        headers: As written.
        match: Which header is which column.
        start: Offset of the first record, in bytes of the head.
    """

    delimiter: bytes
    newline: bytes
    headers: tuple[str, ...]
    match: HeaderMatch
    start: int


def find_dialect(head: bytes, name: str, *, is_whole: bool) -> Dialect:
    """Detect the dialect from a file's first bytes, which hold its header.

    Args:
        is_whole: The file has no other bytes.

    Raises:
        EmptyFile: there is nothing but blank lines.
        HeaderOnly: nothing follows the header.
        AmbiguousColumns: a required column is there twice.
        MissingColumns: no delimiter makes a header of it that has the required columns.
        TooManyColumns: more than `MOST_COLUMNS`.
    """
    newline = _find_newline(head)
    start = len(head) - len(head.removeprefix(b"\xef\xbb\xbf"))
    start = _after_blank_lines(head, start, newline)
    if start == len(head):
        raise EmptyFile(file=name)
    if head[start : start + 4].lower() == b"sep=":
        # Excel's own way of naming the delimiter, before the header.
        start = _after_blank_lines(head, _line_end(head, start, newline), newline)
    best = max((_read_header(head, start, delimiter, newline) for delimiter in DELIMITERS), key=_fitness)
    if len(best.headers) > MOST_COLUMNS:
        raise TooManyColumns(columns=len(best.headers), limit=MOST_COLUMNS)
    if (refusal := header_refusal(best.match, best.headers, name)) is not None:
        raise refusal
    if is_whole and not head[best.start :].strip(_NOTHING + b"\x1a"):
        raise HeaderOnly(file=name)
    return best


def header_refusal(match: HeaderMatch, headers: Sequence[str], name: str) -> ImportRefused | None:
    """Error for a file with this header, naming missing or duplicate columns; None when it is fine."""
    if match.missing:
        found = [header.strip()[:60] for header in headers if header.strip()][:SHOWN_HEADERS]
        return MissingColumns(missing=", ".join(match.missing), found=", ".join(found) or "–", file=name)
    for column in match.ambiguous:
        claiming = (headers[match.columns[column]].strip(), *match.duplicates[column])
        return AmbiguousColumns(column=REQUIRED_HEADERS[column], headers=", ".join(claiming), file=name)
    return None


def _fitness(dialect: Dialect) -> tuple[int, int, int]:
    return *_known_columns(dialect), len(dialect.headers)


def _known_columns(dialect: Dialect) -> tuple[int, int]:
    return -len(dialect.match.missing), len(dialect.match.columns)


def _read_header(head: bytes, start: int, delimiter: bytes, newline: bytes) -> Dialect:
    end = _line_end(head, start, newline)
    # With stray quotes in it, a header is its line without them.
    line = head[start:end].rstrip(b"\r\n").replace(b'"', b"")
    plain = _dialect(delimiter, newline, line.split(delimiter), end)
    record = next(read_records(head[start:], delimiter, newline, ANY_COLUMNS, is_last=True), None)
    if record is None or record.fields is None:
        return plain
    exact = _dialect(delimiter, newline, record.fields, start + record.end)
    return max(exact, plain, key=_known_columns)


def _dialect(delimiter: bytes, newline: bytes, fields: Sequence[bytes], end: int) -> Dialect:
    headers = tuple(_decoded(field) for field in fields)
    return Dialect(delimiter, newline, headers, match_header(headers), end)


def _find_newline(head: bytes) -> bytes:
    """What ends the first line, quoted line breaks aside."""
    for found in _QUOTED_OR_LINE_END.finditer(head):
        if not found[0].startswith(b'"'):
            return b"\r" if found[0] == b"\r" else b"\n"
    return b"\n"


def _line_end(head: bytes, start: int, newline: bytes) -> int:
    found = head.find(newline, start)
    return len(head) if found < 0 else found + 1


def _after_blank_lines(head: bytes, start: int, newline: bytes) -> int:
    # By whole lines: a header may well begin with a tab, under which pandas wrote its row numbers.
    while start < len(head):
        end = _line_end(head, start, newline)
        if head[start:end].strip(_NOTHING):
            break
        start = end
    return start


def _decoded(field: bytes) -> str:
    try:
        return field.decode("utf-8")
    except UnicodeDecodeError:
        return field.decode("cp1252", "replace")
