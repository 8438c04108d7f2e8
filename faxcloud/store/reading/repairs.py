"""Repairs of unusual CSV dialects: bytes are rewritten to regular CSV before they are cut into records.

Each repair is found from the beginning of a file and applied to whole lines of all of it. A regular file has
none and pays nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from faxcloud.store.reading.streams import Readable

DELIMITERS = (b";", b",", b"\t", b"|")
_SAMPLE_LINES = 20
_QUOTED_OR_LINE_END = re.compile(rb'"[^"]*"|\r+\n|\n\r|\n|\r')
_ANY_LINE_END = re.compile(rb"\r*\n|\r")
_QUOTED = re.compile(rb'"[^"]*"')
_WRAPPED = re.compile(rb'"((?:[^"]|"")*)"[;,\t|]*')
_CURLY = (b"\xe2\x80\x9c", b"\xe2\x80\x9d", b"\xe2\x80\x9e", b"\x93", b"\x94", b"\x84")


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair.

    Attributes:
        name: Stable code, for the report: `line_ends`, `wrapped_lines`, `quotes` or `blanks_before_quotes`.
        apply: Rewrites whole lines.
        ends: What a block must not end with when it is rewritten, since the next byte belongs to it.
    """

    name: str
    apply: Callable[[bytes], bytes]
    ends: bytes = b""


def find_repairs(head: bytes) -> tuple[Repair, ...]:
    """Detect the repairs that a file needs, from its first bytes."""
    found = []
    for find in (_line_ends, _wrapped_lines, _quotes, _blanks_before_quotes):
        if (repair := find(head)) is not None:
            found.append(repair)
            head = repair.apply(head)
        if _first_line_end(head) == b"\r":
            break  # lines are found by LF below
    return tuple(found)


class Repaired:
    """Stream of repaired bytes."""

    def __init__(self, stream: Readable, repairs: tuple[Repair, ...]) -> None:
        self._stream = stream
        self._by_block = [repair for repair in repairs if repair.ends]
        self._by_line = [repair for repair in repairs if not repair.ends]
        self._rest = b""
        self._line = b""
        self._is_over = False

    def read(self, size: int, /) -> bytes:
        while not self._is_over:
            block = self._stream.read(size)
            self._is_over = not block
            data = self._rest + block
            self._rest = b""
            for repair in self._by_block:
                if not self._is_over and data.endswith(repair.ends):
                    data, self._rest = data[:-1], data[-1:]
                data = repair.apply(data)
            if self._by_line:
                data = self._line + data
                end = len(data) if self._is_over else data.rfind(b"\n") + 1
                data, self._line = data[:end], data[end:]
                for repair in self._by_line:
                    data = repair.apply(data)
            if data:
                return data
        return b""


def _line_ends(head: bytes) -> Repair | None:
    """LF CR, and CR in a file that has other line ends too."""
    if b"\r" not in head:
        return None
    first = _first_line_end(head)
    if first == b"\n\r" and head.count(b"\n\r") >= max(2, head.count(b"\n") - 1):
        return Repair("line_ends", lambda data: data.replace(b"\n\r", b"\n"), b"\n")
    bare = _QUOTED.sub(b"", head)
    lone = len(re.findall(rb"\r(?![\r\n])", bare)) - (1 if bare.endswith(b"\r") else 0)
    if lone and b"\n" in bare and _are_records(bare):
        return Repair("line_ends", lambda data: _ANY_LINE_END.sub(b"\n", data), b"\r")
    return None


def _first_line_end(head: bytes) -> bytes:
    return next((end[0] for end in _QUOTED_OR_LINE_END.finditer(head) if end[0][:1] != b'"'), b"")


def _are_records(bare: bytes) -> bool:
    """Whether lone CRs separate records: between all line ends stand as many delimiters as in the header.

    A CR or LF that is part of a value would leave parts with fewer.
    """
    parts = [part for part in re.split(rb"[\r\n]+", bare)[:-1] if part.strip()]
    mark = max(DELIMITERS, key=bare.count)
    counts = [part.count(mark) for part in parts]
    if counts and counts[0] < 2:
        counts = counts[1:]  # a title
    return len(counts) > 1 and counts[0] >= 2 and min(counts) >= counts[0]


def _lines(head: bytes) -> list[bytes]:
    lines = [line.rstrip(b"\r") for line in head.split(b"\n")[: _SAMPLE_LINES + 1]]
    return [line for line in lines[:_SAMPLE_LINES] if line.strip()]


def _wrapped_lines(head: bytes) -> Repair | None:
    """Lines that are one quoted cell each: a `;` file that a spreadsheet for `,` has saved again."""
    lines = [line for line in _lines(head.removeprefix(b"\xef\xbb\xbf")) if line[:4].lower() != b"sep="]
    if len(lines) < 2 or not all(_WRAPPED.fullmatch(line) for line in lines):
        return None
    inner = [_unwrapped(line) for line in lines]
    if not any(all(line.count(mark) >= 2 for line in inner) for mark in DELIMITERS):
        return None
    return Repair("wrapped_lines", lambda data: b"\n".join(map(_unwrapped, data.split(b"\n"))))


def _unwrapped(line: bytes) -> bytes:
    bare = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r")
    found = _WRAPPED.fullmatch(bare)
    return found[1].replace(b'""', b'"') if found else line


def _quotes(head: bytes) -> Repair | None:
    """Fields within `'…'` or `”…”` instead of `"…"`."""
    lines = _lines(head.removeprefix(b"\xef\xbb\xbf"))
    for delimiter in DELIMITERS:
        for opening, closing in (((b"'",), (b"'",)), (_CURLY, _CURLY)):
            fields = [field.strip(b" ") for line in lines for field in line.split(delimiter)]
            quoted = sum(
                field.startswith(opening) and field.endswith(closing) and len(field) > 1 for field in fields
            )
            if len(lines) < 2 or quoted < 2 or 2 * quoted < sum(bool(field) for field in fields):
                continue
            mark = re.escape(delimiter)
            pattern = re.compile(
                rb"(?m)(^|" + mark + rb")[ ]*(?:" + rb"|".join(map(re.escape, opening)) + rb")([^\n]*?)(?:"
                + rb"|".join(map(re.escape, closing)) + rb")[ ]*(?=" + mark + rb"|\r*$)"
            )  # fmt: skip
            doubled = closing[0] * 2

            def requote(found: re.Match[bytes], doubled: bytes = doubled, mark: bytes = closing[0]) -> bytes:
                return found[1] + b'"' + found[2].replace(doubled, mark).replace(b'"', b'""') + b'"'

            return Repair("quotes", lambda data, pattern=pattern, requote=requote: pattern.sub(requote, data))  # type: ignore[misc]
    return None


def _blanks_before_quotes(head: bytes) -> Repair | None:
    """`"SF", "33…"`: blanks between a delimiter and a quote, which would make the quote part of the value."""
    lines = _lines(head)
    bare = [_QUOTED.sub(b"", line) for line in lines[:2]]
    delimiter = max(DELIMITERS, key=lambda mark: sum(line.count(mark) for line in bare))
    mark = re.escape(delimiter)
    # Quoted fields are passed over whole: blanks within them stay.
    pattern = re.compile(rb'("(?:[^"]|"")*")[ ]*(?=' + mark + rb"|[\r\n]|\Z)|" + mark + rb'[ ]+(?=")')

    def without_blanks(data: bytes) -> bytes:
        return pattern.sub(lambda found: found[1] or delimiter, data)

    if len(lines) > 1 and all(b'"' in line and without_blanks(line) != line for line in lines[1:]):
        return Repair("blanks_before_quotes", without_blanks)
    return None
