"""CSV dialect detection: delimiter, line end, header and source, from the beginning of the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from faxcloud.domain.blanks import trim
from faxcloud.domain.columns import EXPORT_HEADERS
from faxcloud.domain.sources.format import SourceFormat
from faxcloud.domain.sources.header import HeaderMatch, header_key, match_header
from faxcloud.domain.sources.parser import builtin_sources
from faxcloud.domain.sources.value_formats import date_text
from faxcloud.errors import (
    AmbiguousColumns,
    EmptyFile,
    HeaderOnly,
    ImportRefused,
    MissingColumns,
    TooManyColumns,
)
from faxcloud.i18n import N_
from faxcloud.store.reading.encodings import decode, find_encoding
from faxcloud.store.reading.profiles import Choices
from faxcloud.store.reading.records import ANY_COLUMNS, read_records
from faxcloud.store.reading.repairs import DELIMITERS
from faxcloud.store.reading.rows import RecordShape

_NOTHING = b" \r\n" + b"".join(DELIMITERS)
_QUOTED_OR_LINE_END = re.compile(rb'"[^"]*"|\r+\n|\n|\r')
_NUMBER = re.compile(r"\+?[0-9][0-9 .]{7,16}")

MOST_COLUMNS = 1_000
LONGEST_HEADER = 1 << 18
"""Bytes; a first record that goes on for longer is no header."""

HEADER_WITHIN = 50
"""Records in which the header is looked for, after titles and remarks above it."""

SAMPLE_RECORDS = 50
SHOWN_HEADERS = 30
"""How many of a wrong file's headers its error message quotes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is laid out: its source, header and columns, in a CSV or on a sheet.

    Attributes:
        headers: As written, without blank ones at the end; empty for a file without a header.
        match: Which header is which column.
        header_line: Of the header, 1 = the file's first; 0 without one.
        reason: Why this source was used: `header`, `positions`, `saved` or `chosen`.
    """

    source: SourceFormat
    headers: tuple[str, ...]
    match: HeaderMatch
    header_line: int
    reason: str

    @property
    def shape(self) -> RecordShape:
        """What a fax looks like in it."""
        return RecordShape(self.match.columns, tuple(map(header_key, self.headers)), self.source)


@dataclass(frozen=True, slots=True)
class Dialect:
    """CSV dialect of a file, for what follows the header.

    Attributes:
        newline: What ends a record: `\\n` (also for `\\r\\n`) or `\\r`.
        width: Fields of a regular record; more than headers where each record ends with a delimiter.
        start: Offset of the first record, in bytes of the head.
    """

    delimiter: bytes
    newline: bytes
    layout: Layout
    width: int
    start: int


def find_dialect(head: bytes, name: str, choices: Choices, *, is_whole: bool) -> Dialect:
    """Detect the dialect from a file's first bytes, which hold its header.

    Args:
        is_whole: The file has no other bytes.

    Raises:
        EmptyFile: there is nothing but blank lines.
        HeaderOnly: nothing follows the header.
        AmbiguousColumns: a required column is there twice.
        MissingColumns: no record makes a header that has the required columns.
        TooManyColumns: more than `MOST_COLUMNS`.
    """
    newline = _find_newline(head)
    start = len(head) - len(head.removeprefix(b"\xef\xbb\xbf"))
    start = _after_blank_lines(head, start, newline)
    if start == len(head):
        raise EmptyFile(file=name)
    if head[start : start + 5].lower().lstrip(b'"').startswith(b"sep="):
        # Excel's own way of naming the delimiter, before the header.
        start = _after_blank_lines(head, _line_end(head, start, newline), newline)
    marks = (
        (choices.source.delimiter.encode(),) if choices.source and choices.source.delimiter else DELIMITERS
    )
    encoding = find_encoding(head[:LONGEST_HEADER])
    tables = {mark: list(_head_records(head, start, mark, newline, encoding)) for mark in marks}
    best = _find_header(tables, choices) or _find_positions(tables, choices, start)
    if best is None:
        widest = max((len(fields) for records in tables.values() for _, fields in records), default=0)
        if widest > MOST_COLUMNS:
            raise TooManyColumns(columns=widest, limit=MOST_COLUMNS)
        raise _refusal(tables, name, choices)
    mark, layout, end = best
    if len(layout.headers) > MOST_COLUMNS:
        raise TooManyColumns(columns=len(layout.headers), limit=MOST_COLUMNS)
    if (refusal := header_refusal(layout.match, layout.headers, name)) is not None:
        raise refusal
    line = head.count(newline, 0, end) if layout.headers else 0
    if is_whole and not head[end:].strip(_NOTHING + b"\x1a"):
        raise HeaderOnly(file=name)
    layout = Layout(layout.source, layout.headers, layout.match, line, layout.reason)
    return Dialect(mark, newline, layout, _regular_width(head, end, mark, newline, layout), end)


def find_layout(rows: Sequence[Sequence[str]], choices: Choices) -> tuple[int, Layout] | None:
    """Header of a sheet among its first rows of texts, and its number (0 = first); None without one."""
    found = _best_header([(number, row) for number, row in enumerate(rows[:HEADER_WITHIN])], choices)
    return found and (found[0], found[1])


def header_refusal(match: HeaderMatch, headers: Sequence[str], name: str) -> ImportRefused | None:
    """Error for a file with this header, naming missing or duplicate columns; None when it is fine."""
    if match.missing:
        found = [header.strip()[:60] for header in headers if header.strip()][:SHOWN_HEADERS]
        return MissingColumns(missing=", ".join(match.missing), found=", ".join(found) or "–", file=name)
    for column in match.ambiguous:
        claiming = (headers[match.columns[column]].strip(), *match.duplicates[column])
        return AmbiguousColumns(column=EXPORT_HEADERS[column], headers=", ".join(claiming), file=name)
    return None


_HeadRecord = tuple[int, tuple[str, ...]]
"""End of a record in the head, and its fields."""


def _head_records(
    head: bytes, start: int, delimiter: bytes, newline: bytes, encoding: str
) -> Iterator[_HeadRecord]:
    """The first records in one delimiter; one with quotes also without them: they may be stray."""
    begin = start
    records = read_records(head[start:], delimiter, newline, ANY_COLUMNS, is_last=True)
    for record in islice(records, HEADER_WITHIN):
        end = start + record.end
        if record.fields:
            yield end, tuple(decode(field, encoding) for field in record.fields)
        if b'"' in record.text:
            line_end = _line_end(head, begin, newline)
            line = head[begin:line_end].rstrip(b"\r\n").replace(b'"', b"")
            yield line_end, tuple(decode(field, encoding) for field in line.split(delimiter))
        begin = end


def sources_of(choices: Choices) -> tuple[SourceFormat, ...]:
    """Sources among which a file's own is looked for."""
    return (choices.source,) if choices.source else choices.sources or builtin_sources()


def _find_header(
    tables: dict[bytes, list[_HeadRecord]], choices: Choices
) -> tuple[bytes, Layout, int] | None:
    best = None
    for mark, records in tables.items():
        found = _best_header(list(records), choices)
        if found is not None and (best is None or len(found[1].match.columns) > len(best[1].match.columns)):
            best = mark, found[1], found[0]
    return best


def _best_header(records: Sequence[tuple[int, Sequence[str]]], choices: Choices) -> tuple[int, Layout] | None:
    """The record that names the most columns, all required ones among them; the first of equals."""
    best: tuple[int, Layout] | None = None
    for at, fields in records:
        headers = _without_blank_end(fields)
        if len(headers) < 2:
            continue
        for source in sources_of(choices):
            if source.headers:
                if tuple(map(header_key, headers)) != tuple(map(header_key, source.headers)):
                    continue
            elif not source.columns:
                continue
            match = match_header(headers, source)
            if match.missing:
                continue
            reason = "chosen" if choices.source else "saved" if source.headers else "header"
            if (
                best is None
                or len(match.columns) > len(best[1].match.columns)
                or (source.headers and not best[1].source.headers)
            ):
                best = at, Layout(source, headers, match, 0, reason)
    return best


def _find_positions(
    tables: dict[bytes, list[_HeadRecord]], choices: Choices, start: int
) -> tuple[bytes, Layout, int] | None:
    """A source without a header whose positions fit the first records."""
    for source in sources_of(choices):
        if not source.positions:
            continue
        match = HeaderMatch(columns=dict(source.positions), unknown=(), missing=())
        layout = Layout(source, (), match, 0, "chosen" if choices.source else "positions")
        for mark, records in tables.items():
            if source.delimiter and source.delimiter.encode() != mark:
                continue
            if records and all(_fits_positions(fields, source) for _, fields in records[:SAMPLE_RECORDS]):
                return mark, layout, start
    return None


def _fits_positions(fields: Sequence[str], source: SourceFormat) -> bool:
    if source.widths and len(fields) not in source.widths:
        return False
    at = source.positions.get("sent_at")
    return at is not None and at < len(fields) and date_text(fields[at]) is not None


def _without_blank_end(fields: Sequence[str]) -> tuple[str, ...]:
    headers = list(fields)
    while headers and not header_key(headers[-1]):
        headers.pop()
    return tuple(headers)


def _refusal(tables: dict[bytes, list[_HeadRecord]], name: str, choices: Choices) -> ImportRefused:
    """Names what is missing, by the line that comes closest to a header."""
    closest: tuple[int, HeaderMatch, Sequence[str]] | None = None
    source = sources_of(choices)[0]
    for records in tables.values():
        for number, (_, fields) in enumerate(records):
            match = match_header(fields, source)
            score = (
                (10 * len(match.columns) if len(fields) > 1 else 0) - 10 * len(match.missing) - (number > 0)
            )
            if closest is None or score > closest[0]:
                closest = score, match, fields
            if number == 0 and _looks_like_fax(fields):
                found_instead = N_("no header: the first line is a fax already")
                return MissingColumns(missing=", ".join(match.missing), found=found_instead, file=name)
    assert closest is not None
    missing = closest[1].missing or tuple(EXPORT_HEADERS[column] for column in source.required)
    found = [trim(header)[:60] for header in closest[2] if trim(header)][:SHOWN_HEADERS]
    return MissingColumns(missing=", ".join(missing), found=", ".join(found) or "–", file=name)


def _looks_like_fax(fields: Sequence[str]) -> bool:
    has_date = any(date_text(field) is not None and not field.strip().isdigit() for field in fields)
    return len(fields) > 2 and has_date and any(_NUMBER.fullmatch(trim(field)) for field in fields)


def _regular_width(head: bytes, start: int, delimiter: bytes, newline: bytes, layout: Layout) -> int:
    """Number of fields that most records have, where those beyond the header are blank."""
    named = max(len(layout.headers), 1 + max(layout.match.columns.values()))
    widths: Counter[int] = Counter()
    for record in read_records(head[start:], delimiter, newline, ANY_COLUMNS, is_last=True):
        if record.fields is None or not any(record.fields):
            continue
        if len(record.fields) <= named or not any(map(bytes.strip, record.fields[named:])):
            widths[len(record.fields)] += 1
        if widths.total() == SAMPLE_RECORDS:
            break
    if not widths:
        return named
    return max(named, widths.most_common(1)[0][0])


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
