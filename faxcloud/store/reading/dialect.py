"""How a CSV is written: delimiter, line end, header. Found from its beginning and from what columns are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faxcloud.errors import EmptyFile, HeaderOnly, MissingColumns, TooManyColumns
from faxcloud.rules.columns import HeaderMatch, match_header
from faxcloud.store.reading.records import read_records

DELIMITERS = (b";", b",", b"\t", b"|")
MOST_COLUMNS = 1_000
LONGEST_HEADER = 1 << 18
"""Bytes; a first record that goes on for longer is no header."""

SHOWN_HEADERS = 30
"""How many of a wrong file's headers its error message quotes."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read what follows the header.

    Attributes:
        newline: What ends a record: `\\n` (also for `\\r\\n`) or `\\r`.
        headers: As written.
        match: Which of them are which columns.
        start: Where the first record begins, in bytes of the head.
    """

    delimiter: bytes
    newline: bytes
    headers: tuple[str, ...]
    match: HeaderMatch
    start: int


def find_dialect(head: bytes, name: str) -> Dialect:
    """Find the dialect in a file's first bytes, which hold its header and one record at least.

    Raises:
        EmptyFile: there is nothing but blank lines.
        HeaderOnly: nothing follows the header.
        MissingColumns: no delimiter makes a header of it that has the required columns.
        TooManyColumns: more than `MOST_COLUMNS`.
    """
    newline = b"\n" if b"\n" in head else b"\r"
    start = len(head) - len(head.removeprefix(b"\xef\xbb\xbf"))
    start = _after_blank_lines(head, start)
    if start == len(head):
        raise EmptyFile(file=name)
    if head[start : start + 4].lower() == b"sep=":
        # Excel's own way of naming the delimiter, before the header.
        start = _after_blank_lines(head, _line_end(head, start, newline))
    best = max((_read_header(head, start, delimiter, newline) for delimiter in DELIMITERS), key=_fitness)
    if len(best.headers) > MOST_COLUMNS:
        raise TooManyColumns(columns=len(best.headers), limit=MOST_COLUMNS)
    if best.match.missing:
        raise missing_columns(best.match, best.headers, name)
    if not head[best.start :].strip(b" \t\r\n\x1a"):
        raise HeaderOnly(file=name)
    return best


def missing_columns(match: HeaderMatch, headers: Sequence[str], name: str) -> MissingColumns:
    """The refusal of a file without its required columns, naming them and what was found."""
    found = [header.strip()[:60] for header in headers if header.strip()][:SHOWN_HEADERS]
    return MissingColumns(missing=", ".join(match.missing), found=", ".join(found) or "–", file=name)


def _fitness(dialect: Dialect) -> tuple[int, int, int]:
    return -len(dialect.match.missing), len(dialect.match.columns), len(dialect.headers)


def _read_header(head: bytes, start: int, delimiter: bytes, newline: bytes) -> Dialect:
    end = _line_end(head, start, newline)
    line = head[start:end].rstrip(b"\r\n")
    columns = len(line.split(delimiter))
    record = next(read_records(head[start:], delimiter, newline, columns, is_last=True), None)
    if record is not None and record.fields is not None:
        fields, end = record.fields, start + record.end
    else:
        # A stray quote in the header: names are compared without quotes anyway.
        fields = tuple(line.split(delimiter))
    headers = tuple(_decoded(field) for field in fields)
    return Dialect(delimiter, newline, headers, match_header(headers), end)


def _line_end(head: bytes, start: int, newline: bytes) -> int:
    found = head.find(newline, start)
    return len(head) if found < 0 else found + 1


def _after_blank_lines(head: bytes, start: int) -> int:
    while start < len(head) and head[start] in b" \t\r\n":
        start += 1
    return start


def _decoded(field: bytes) -> str:
    try:
        return field.decode("utf-8")
    except UnicodeDecodeError:
        return field.decode("cp1252", "replace")
