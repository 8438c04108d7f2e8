"""CSV chunks of about a megabyte that end where a record ends, with their records counted.

This is the ledger: it counts record ends by itself, by quotes and line ends alone, before any CSV parser sees
the bytes. Every parser of a chunk has to reach the same number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from faxcloud.errors import NotATable
from faxcloud.i18n import N_
from faxcloud.store.reading.dialect import LONGEST_HEADER, Dialect, find_dialect
from faxcloud.store.reading.encodings import UNDECIDED, find_encoding
from faxcloud.store.reading.profiles import Choices
from faxcloud.store.reading.records import LONGEST_FIELD, Record, read_records
from faxcloud.store.reading.repairs import Repaired, find_repairs
from faxcloud.store.reading.source import Source
from faxcloud.store.reading.streams import Chained, Readable

PIECE_BYTES = 1 << 20
"""What a parser keeps in the processor's cache; four times as much is a third slower."""

QUOTE = 34


@dataclass(frozen=True, slots=True)
class Piece:
    """Chunk of whole records, in file order.

    Attributes:
        data: Their bytes, not copied out of the block that was read.
        records: Number of records that the ledger counted.
        first_line: Record number of the first one.
        quoted: Whether a quote is in the data, all of them in pairs around whole fields.
        read: The records themselves where quotes are irregular: then `data` is not for a parser.
    """

    data: memoryview
    records: int
    first_line: int
    quoted: bool = False
    read: tuple[Record, ...] | None = None


class Pieces:
    """Splits a CSV source into chunks.

    Attributes:
        dialect: Found from the beginning of the source.
        encoding: `utf-8`, one of `encodings.SINGLE_BYTE`, `utf-16-le` or `utf-16-be`; known for certain
            once a byte beyond ASCII has passed, `utf-8` before.
        repairs: What has to be done to the bytes first.
        records: Records counted so far.
    """

    def __init__(self, source: Source, choices: Choices, piece_bytes: int = PIECE_BYTES) -> None:
        self._source = source
        self._piece_bytes = piece_bytes
        head = _read_until_header(source)
        self.repairs = find_repairs(head)
        stream: Readable = source
        if self.repairs:
            stream = Repaired(Chained(head, source), self.repairs)
            head = _read_until_header(stream)
        self._rest, self._stream = head, stream
        is_whole = len(head) < LONGEST_HEADER
        self.dialect: Dialect = find_dialect(head, source.name, choices, is_whole=is_whole)
        self._rest = head[self.dialect.start :]
        fixed = self.dialect.layout.source.encoding
        self._decided = bool(source.utf16 or fixed)
        self.encoding = source.utf16 or fixed or UNDECIDED
        self.records = 0
        self._note_encoding(head)

    @property
    def codec(self) -> str:
        """Encoding of the chunks' bytes, as `encodings.decode` takes it."""
        return UNDECIDED if self._source.utf16 else self.encoding

    def __iter__(self) -> Iterator[Piece]:
        """Every record of the file once.

        Raises:
            NotATable: a record does not end within a size that no record has.
        """
        carry = b""
        for block in self._blocks():
            is_last = not block
            data = carry + block if carry else block
            if not data:
                return
            piece = self._cut(data, is_last=is_last)
            carry = data[len(piece.data) :]
            if len(carry) > 4 * LONGEST_FIELD:
                raise NotATable(file=self._source.name, looks_like=N_("data without line ends"))
            if piece.records:
                self.records += piece.records
                self._note_encoding(piece.data)
                yield piece

    def _blocks(self) -> Iterator[bytes]:
        """What follows the header, then b''."""
        size = self._piece_bytes
        for start in range(0, len(self._rest), size):
            yield self._rest[start : start + size]
        self._rest = b""
        while block := self._stream.read(size):
            yield block
        yield b""

    def _cut(self, data: bytes, *, is_last: bool) -> Piece:
        newline = self.dialect.newline
        if is_last and data.endswith(b"\x1a"):
            data = data.rstrip(b"\x1a")  # the end-of-file mark of DOS
        if b'"' in data:
            return self._cut_quoted(data, is_last=is_last)
        end = len(data) if is_last else data.rfind(newline) + 1
        whole = memoryview(data)[:end]
        unfinished = is_last and bool(data) and not data.endswith(newline)
        # numpy counts what stands in every hundredth byte three times as fast as bytes.count.
        ends = int(np.count_nonzero(np.frombuffer(whole, np.uint8) == newline[0]))
        return Piece(whole, ends + unfinished, self.records + 1)

    def _cut_quoted(self, data: bytes, *, is_last: bool) -> Piece:
        found = _regular_quotes(data, self.dialect, is_last=is_last)
        if found is not None:
            end, records = found
            return Piece(memoryview(data)[:end], records, self.records + 1, quoted=True)
        columns = self.dialect.width
        read = tuple(
            read_records(data, self.dialect.delimiter, self.dialect.newline, columns, is_last=is_last)
        )
        end = read[-1].end if read else 0
        records = sum(record.count for record in read)
        return Piece(memoryview(data)[:end], records, self.records + 1, quoted=True, read=read)

    def _note_encoding(self, data: bytes | memoryview) -> None:
        if self._decided or (known := bytes(data)).isascii():
            return
        self._decided = True
        self.encoding = find_encoding(known)


def _read_until_header(source: Readable) -> bytes:
    head = b""
    while len(head) < LONGEST_HEADER:
        block = source.read(PIECE_BYTES)
        head += block
        if not block:
            break
    return head


def _regular_quotes(data: bytes, dialect: Dialect, *, is_last: bool) -> tuple[int, int] | None:
    """Where the last record ends and how many there are, if every quote opens or closes a whole field.

    None where a quote stands elsewhere, or a line break within quotes: those are read record by record.
    """
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == QUOTE)
    ends = np.flatnonzero(text == dialect.newline[0])
    if is_last and (len(ends) == 0 or ends[-1] != len(data) - 1):
        ends = np.append(ends, len(data))
    if len(ends) == 0:
        return None
    # Everything up to the last line end that has an even number of quotes before it.
    before_end = np.searchsorted(quotes, ends)
    if np.any(before_end[:-1] % 2):
        return None
    last = -1 if before_end[-1] % 2 == 0 else -2
    if len(ends) < -last:
        return None
    quotes = quotes[: before_end[last]]
    opening, closing = quotes[0::2], quotes[1::2]
    around = np.array([dialect.delimiter[0], dialect.newline[0], 13], np.uint8)
    padded = np.append(text, dialect.newline[0])
    doubled = np.zeros(len(opening) + 1, bool)
    doubled[1:-1] = opening[1:] == closing[:-1] + 1
    before = np.where(opening > 0, padded[opening - 1], dialect.newline[0])
    opens_field = np.isin(before, around) | doubled[:-1]
    closes_field = np.isin(padded[closing + 1], around) | doubled[1:]
    if not (opens_field.all() and closes_field.all()):
        return None
    count = len(ends) if last == -1 else len(ends) - 1
    return min(int(ends[last]) + 1, len(data)), count
