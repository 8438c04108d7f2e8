"""Segments of text columns from a source, with every record accounted for: imported, rejected or blank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from faxcloud.domain.columns import SOURCE_NAMES, HeaderMatch
from faxcloud.errors import ImportCancelled
from faxcloud.store.reading.columns import (
    RAW_TYPES,
    SOURCE_SCHEMA,
    Decoder,
    int64_array,
    may_be_blank,
    raw_array,
)
from faxcloud.store.reading.own import source_columns
from faxcloud.store.reading.pieces import PIECE_BYTES, Piece, Pieces
from faxcloud.store.reading.records import Record, is_blank, read_records
from faxcloud.store.reading.rejects import Reject
from faxcloud.store.reading.source import Source

SHORT_SEGMENTS = 8
"""So many segments are short, so that a file of a few hundred thousand rows keeps every thread busy."""

PIECES_SHORT = 16
"""About 110,000 rows of the service's own export."""

PIECES_LONG = 48
"""Later ones are long: planning its queries costs the judge 25 ms a segment, whatever is in it."""

_REQUIRED = ("mode", "called_text", "pages")


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive records. `records == table.num_rows + len(rejects) + blank`, or reading has failed.

    Attributes:
        table: `columns.SOURCE_SCHEMA`, one row per record that became a row, in file order.
        records: Number of records that the ledger counted, before parsing.
        replaced_values: Values that showed a byte without meaning as U+FFFD.
        date_cells: Dates of faxes that a workbook holds as dates; `date_texts` those it holds as text.
        date_cells_day_above_12: Of `date_cells`, those that cannot be a day and month swapped by Excel.
    """

    table: pa.Table
    records: int
    blank: int = 0
    rejects: tuple[Reject, ...] = ()
    replaced_values: int = 0
    date_cells: int = 0
    date_cells_day_above_12: int = 0
    date_texts: int = 0


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
    def match(self) -> HeaderMatch: ...

    def raw_segments(self) -> Iterator[object]: ...

    def parse(self, raw: object) -> Segment: ...


@dataclass(slots=True)
class RawSegment:
    """Unparsed segment: chunks that are parsed together, and the encoding known when they were read."""

    codec: str
    pieces: list[Piece] = field(default_factory=list)


class CsvExport:
    """Opened CSV export with a known dialect."""

    def __init__(self, source: Source, piece_bytes: int = PIECE_BYTES) -> None:
        self.source = source
        self._pieces = Pieces(source, piece_bytes)
        self._dialect = self._pieces.dialect
        self._names = self._column_names()

    @property
    def encoding(self) -> str:
        """Name of the encoding, for the report."""
        return self._pieces.encoding

    @property
    def delimiter(self) -> str:
        """Delimiter: `;`, `,`, a tab or `|`."""
        return self._dialect.delimiter.decode()

    @property
    def match(self) -> HeaderMatch:
        """Header match: which header is which column."""
        return self._dialect.match

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
            table=pa.Table.from_batches(batches, SOURCE_SCHEMA),
            records=sum(piece.records for piece in raw.pieces),
            blank=blank,
            rejects=tuple(rejects),
            replaced_values=decoder.replaced_values,
        )

    def _column_names(self) -> list[str]:
        """A unique name for each column of the file: ours where it is known."""
        names = [f"unknown {position}" for position in range(len(self._dialect.headers))]
        for name, position in self._dialect.match.columns.items():
            names[position] = name
        return names

    def _parse_fast(self, piece: Piece) -> list[pa.Array] | None:
        """The columns of a piece in which every record is a row; None for any other, which is read exactly.

        A number of rows other than the ledger's, a row of another width or a blank record make it another.
        """
        # Where whole rows would not fit, most are blank: a parser takes a quarter of a second to say so.
        if piece.read is not None or piece.records * len(self._names) > len(piece.data) + 1:
            return None
        known = list(self._dialect.match.columns)
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
                    column_types=RAW_TYPES,
                    include_columns=known,
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != piece.records:
            return None
        columns = {name: table.column(name).chunk(0) for name in known}  # one block gives one chunk
        if _may_have_blank_records(columns):
            return None
        return self._with_absent(columns, table.num_rows)

    def _parse_exactly(
        self, piece: Piece, decoder: Decoder
    ) -> tuple[list[pa.Array], np.ndarray, list[Reject], int]:
        read = piece.read or tuple(
            read_records(
                bytes(piece.data),
                self._dialect.delimiter,
                self._dialect.newline,
                len(self._dialect.headers),
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
            if record.fields is None:
                rejects.append(_reject(line, record, decoder))
            elif is_blank(record.fields):
                blank += record.count
            else:
                rows.append(record.fields)
                lines.append(line)
        columns = {
            name: raw_array([row[position] for row in rows], name)
            for name, position in self._dialect.match.columns.items()
        }
        return self._with_absent(columns, len(rows)), np.array(lines, np.int64), rejects, blank

    def _with_absent(self, columns: dict[str, pa.Array], rows: int) -> list[pa.Array]:
        """All source columns in order; one that the file lacks is blank."""
        columns = source_columns(columns)
        return [columns[name] if name in columns else raw_array([b""] * rows, name) for name in SOURCE_NAMES]


def _may_have_blank_records(columns: dict[str, pa.Array]) -> bool:
    suspects: np.ndarray | None = None
    for name in _REQUIRED:
        blank = may_be_blank(columns[name])
        suspects = blank if suspects is None else suspects & blank
        if not suspects.any():  # nearly always after the first column
            return False
    return True


def _reject(line: int, record: Record, decoder: Decoder) -> Reject:
    return Reject(line, record.reason, decoder.plain(record.text))
