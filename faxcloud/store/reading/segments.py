"""Segments of text columns from a source, with every record accounted for: imported, rejected or blank."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pac
import pyarrow.csv as pc

from faxcloud.domain.columns import SOURCE_NAMES
from faxcloud.errors import ImportCancelled
from faxcloud.store.reading.columns import (
    RAW_TYPES,
    SOURCE_SCHEMA,
    Decoder,
    indices_of,
    int64_array,
    may_be_blank,
    raw_array,
)
from faxcloud.store.reading.dialect import Layout
from faxcloud.store.reading.encodings import decode
from faxcloud.store.reading.own import source_columns
from faxcloud.store.reading.pieces import PIECE_BYTES, Piece, Pieces
from faxcloud.store.reading.profiles import Choices, ColumnProfiles
from faxcloud.store.reading.records import TOO_FEW, TOO_MANY, Record, is_blank, read_records
from faxcloud.store.reading.rejects import Reject
from faxcloud.store.reading.rows import NUL_BLOCK, NULS
from faxcloud.store.reading.source import Source

SHORT_SEGMENTS = 8
"""So many segments are short, so that a file of a few hundred thousand rows keeps every thread busy."""

PIECES_SHORT = 16
"""About 110,000 rows of the service's own export."""

PIECES_LONG = 48
"""Later ones are long: planning its queries costs the judge 25 ms a segment, whatever is in it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive records. `records == table.num_rows + len(rejects) + blank`, or reading has failed.

    Attributes:
        table: `columns.SOURCE_SCHEMA`, one row per record that became a row, in file order.
        records: Number of records that the ledger counted, before parsing.
        replaced_values: Values that showed a byte without meaning as U+FFFD.
        date_cells: Dates of faxes that a workbook holds as dates; `date_texts` those it holds as text.
        date_cells_day_above_12: Of `date_cells`, those that cannot be a day and month swapped by Excel.
        repaired_values: Values that were encoded twice and are put right.
    """

    table: pa.Table
    records: int
    blank: int = 0
    rejects: tuple[Reject, ...] = ()
    replaced_values: int = 0
    date_cells: int = 0
    date_cells_day_above_12: int = 0
    date_texts: int = 0
    repaired_values: int = 0


class Export(Protocol):
    """Interface of an opened export.

    `raw_segments` is cheap and in order; `parse` is the work, for any thread.
    """

    source: Source

    @property
    def encoding(self) -> str: ...

    @property
    def delimiter(self) -> str: ...

    @property
    def layout(self) -> Layout: ...

    @property
    def profiles(self) -> ColumnProfiles: ...

    @property
    def repairs(self) -> tuple[str, ...]: ...

    def raw_segments(self) -> Iterator[object]: ...

    def parse(self, raw: object) -> Segment: ...


@dataclass(slots=True)
class RawSegment:
    """Unparsed segment: chunks that are parsed together, and the encoding known when they were read."""

    codec: str
    pieces: list[Piece] = field(default_factory=list)


class CsvExport:
    """Opened CSV export with a known dialect."""

    def __init__(
        self,
        source: Source,
        choices: Choices,
        profiles: ColumnProfiles | None = None,
        piece_bytes: int = PIECE_BYTES,
    ) -> None:
        """`profiles` of a first reading carry the plan of the second."""
        self.source = source
        self._pieces = Pieces(source, choices, piece_bytes)
        self._dialect = self._pieces.dialect
        self._names = self._column_names()
        layout = self._dialect.layout
        self._record = layout.shape
        self._checks_kind = "kind" in layout.match.columns and bool(layout.source.fax_kinds)
        self.profiles = profiles or ColumnProfiles(layout.source, layout.match, layout.headers, choices)

    @property
    def encoding(self) -> str:
        """Name of the encoding, for the report."""
        return self._pieces.encoding

    @property
    def delimiter(self) -> str:
        """Delimiter: `;`, `,`, a tab or `|`."""
        return self._dialect.delimiter.decode()

    @property
    def width(self) -> int:
        """Number of fields of a regular record."""
        return self._dialect.width

    @property
    def layout(self) -> Layout:
        """Source and columns of the file."""
        return self._dialect.layout

    @property
    def repairs(self) -> tuple[str, ...]:
        """Codes of what had to be done to the bytes first."""
        return tuple(repair.name for repair in self._pieces.repairs)

    def raw_segments(self) -> Iterator[RawSegment]:
        """Unparsed segments in file order; this reads, counts and hashes."""
        segment = RawSegment(self._pieces.codec)
        given = 0
        for piece in self._pieces:
            segment.pieces.append(piece)
            if len(segment.pieces) == (PIECES_SHORT if given < SHORT_SEGMENTS else PIECES_LONG):
                segment.codec = self._pieces.codec
                yield segment
                given += 1
                segment = RawSegment(self._pieces.codec)
        if segment.pieces:
            segment.codec = self._pieces.codec
            yield segment

    def parse(self, raw: object) -> Segment:
        """Parse a segment to rows; safe for several threads at once."""
        assert isinstance(raw, RawSegment)
        decoder = Decoder(raw.codec)
        batches: list[pa.RecordBatch] = []
        rejects: list[Reject] = []
        blank = 0
        for piece in raw.pieces:
            if self.source.is_cancelled:
                raise ImportCancelled(file=self.source.name)
            columns = self._parse_fast(piece)
            if columns is None:
                columns, lines, rejected, blanks = self._parse_exactly(piece, decoder)
                rejects += rejected
                blank += blanks
            else:
                lines = np.arange(piece.first_line, piece.first_line + piece.records, dtype=np.int64)
            texts = [decoder.text(column) for column in columns]
            batches.append(
                pa.RecordBatch.from_arrays(
                    [*texts, int64_array(lines)],
                    schema=SOURCE_SCHEMA,
                )
            )
        return Segment(
            table=self.profiles.read(pa.Table.from_batches(batches, SOURCE_SCHEMA)),
            records=sum(piece.records for piece in raw.pieces),
            blank=blank,
            rejects=tuple(rejects),
            replaced_values=decoder.replaced_values,
            repaired_values=decoder.repaired_values,
        )

    def _column_names(self) -> list[str]:
        """A unique name for each column of the file: ours where it is known."""
        layout, width = self._dialect.layout, self._dialect.width
        named = len(layout.headers)
        names = [f"unknown {position}" for position in range(width)]
        if named:
            names[named:] = [f"extra {position}" for position in range(named, width)]
        self._shared: list[tuple[str, str]] = []
        for name, position in layout.match.columns.items():
            if names[position] in RAW_TYPES:  # two of our columns at one position: a mode that is a kind too
                self._shared.append((name, names[position]))
            else:
                names[position] = name
        return names

    def _parse_fast(self, piece: Piece) -> list[pa.Array] | None:
        """The columns of a piece in which every record is a row; None for any other, which is read exactly.

        A number of rows other than the ledger's, a row of another width or a blank record make it another.
        """
        # Where whole rows would not fit, most are blank: a parser takes a quarter of a second to say so.
        if piece.read is not None or piece.records * len(self._names) > len(piece.data) + 1:
            return None
        if self._checks_kind or NUL_BLOCK in cast(bytes, piece.data.obj):
            return None
        shared = dict(self._shared)
        known = [name for name in self._dialect.layout.match.columns if name not in shared]
        extra = [name for name in self._names if name.startswith("extra ")]
        try:
            table = pc.read_csv(
                pa.BufferReader(pa.py_buffer(piece.data)),
                pc.ReadOptions(column_names=self._names, block_size=len(piece.data) + 1, use_threads=False),
                pc.ParseOptions(
                    delimiter=self.delimiter,
                    quote_char='"' if piece.quoted else False,
                    ignore_empty_lines=False,
                ),
                pc.ConvertOptions(
                    column_types={**RAW_TYPES, **dict.fromkeys(extra, pa.binary())},
                    include_columns=[*known, *extra],
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != piece.records:
            return None
        columns = {name: table.column(name).chunk(0) for name in known}  # one block gives one chunk
        if any(pac.max(pac.binary_length(table.column(name))).as_py() for name in extra):
            return None
        columns |= {name: columns[origin] for name, origin in self._shared}
        if self._may_have_other_records(columns):
            return None
        return self._with_absent(columns, table.num_rows)

    def _may_have_other_records(self, columns: dict[str, pa.Array]) -> bool:
        """Whether some record could be blank or no fax: one without a mode and without a number."""
        called, mode = columns["called_text"], columns.get("mode")
        if mode is None:
            return bool(may_be_blank(called).any())
        is_mode = [
            self._record.is_mode(decode(text, self._pieces.codec)) for text in mode.dictionary.to_pylist()
        ]
        if all(is_mode):
            return False
        suspects = ~np.array(is_mode, bool)[indices_of(mode)]
        has_digit = [_DIGIT.search(text) is not None for text in called.dictionary.to_pylist()]
        return bool((suspects & ~np.array(has_digit, bool)[indices_of(called)]).any())

    def _parse_exactly(
        self, piece: Piece, decoder: Decoder
    ) -> tuple[list[pa.Array], np.ndarray, list[Reject], int]:
        layout = self._dialect.layout
        read = piece.read or tuple(
            read_records(
                bytes(piece.data),
                self._dialect.delimiter,
                self._dialect.newline,
                self._dialect.width,
                is_last=True,
            )
        )
        rows: list[tuple[bytes, ...]] = []
        lines: list[int] = []
        rejects: list[Reject] = []
        blank = 0
        line = piece.first_line - 1
        for record in read:
            line += record.count
            fields, reason = self._judged(record, decoder.encoding)
            if reason:
                rejects.append(Reject(line, reason, decoder.plain(record.text)))
            elif fields is None:
                blank += record.count
            else:
                rows.append(fields)
                lines.append(line)
        columns = {
            name: raw_array([row[position] for row in rows], name)
            for name, position in layout.match.columns.items()
        }
        return self._with_absent(columns, len(rows)), np.array(lines, np.int64), rejects, blank

    def _judged(self, record: Record, encoding: str) -> tuple[tuple[bytes, ...] | None, str]:
        """Fields of a fax, or the reason why a record is none; neither for a blank record."""
        fields = record.found or record.fields
        if fields is None:
            return None, record.reason
        if is_blank(fields):
            return None, NULS if NUL_BLOCK in record.text else ""
        texts = [decode(field, encoding) for field in fields]
        if reason := self._record.why_no_fax(texts):
            return None, reason
        named = len(self._dialect.layout.headers) or self._dialect.width
        if any(map(bytes.strip, fields[named:])):
            return None, TOO_MANY
        # Blank fields that are missing or too many at the end, unless the others have moved.
        is_regular = len(fields) in (named, self._dialect.width)
        if not is_regular and not (self._is_complete(fields) and self._record.fits(texts)):
            return None, record.reason or TOO_FEW
        return (*fields, *[b""] * (self._dialect.width - len(fields))), ""

    def _is_complete(self, fields: tuple[bytes, ...]) -> bool:
        """Whether a record has all required columns."""
        layout = self._dialect.layout
        return len(fields) > max(layout.match.columns[name] for name in layout.source.required)

    def _with_absent(self, columns: dict[str, pa.Array], rows: int) -> list[pa.Array]:
        """All source columns in order; one that the file lacks is blank."""
        columns = source_columns(_with_time(columns))
        return [columns[name] if name in columns else raw_array([b""] * rows, name) for name in SOURCE_NAMES]


_DIGIT = re.compile(rb"[0-9]")


def _with_time(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Dates with the time that stands in a column of its own."""
    times, dates = columns.get("sent_time"), columns.get("sent_at")
    if times is None or dates is None:
        return columns
    texts = [
        date + b" " + time if date and time and b":" not in date else date
        for date, time in zip(dates.to_pylist(), times.to_pylist(), strict=True)
    ]
    return columns | {"sent_at": raw_array(texts, "sent_at")}
