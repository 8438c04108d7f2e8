"""Export builder for reader tests, and the expected rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faxcloud.domain.columns import EXPORT_HEADER, SOURCE_NAMES
from faxcloud.store.reading import Choices, Export, Reject, open_export
from faxcloud.store.reading.segments import CsvExport
from faxcloud.store.reading.source import Source

Row = tuple[str, ...]

ROWS: tuple[Row, ...] = (
    (
        "221000001",
        "Müller – Élise",
        "Télécom Santé",
        "SF",
        "elise@ch.example",
        "31/01/2026 08:02",
        "33465711091",
        "33199000659",
        "0",
        "0",
        "3.0",
        "69",
        "3.00",
        "Forfait",
    ),
    (
        "221000002",
        " .service  2 ",
        "",
        "RF",
        "",
        "01/02/2026",
        "",
        "00 33 1-99",
        "1",
        "0",
        "0",
        "",
        "1.00",
        "",
    ),
    (
        "221000002",
        "Œuvrard",
        "Télécom Santé",
        "",
        "",
        "",
        "33536496890",
        "3,90957E+11",
        "",
        "",
        "",
        "",
        "",
        "€",
    ),
)
"""Three rows with what occurs: accents, an en dash and a euro, blanks, repeated ids, spaces that count."""


@dataclass(frozen=True)
class Reading:
    """Everything that an import would get."""

    rows: list[Row]
    lines: list[int]
    rejects: list[Reject]
    records: int
    blank: int
    replaced: int
    export: Export
    sha256: str


def read(path: Path, *, piece_bytes: int | None = None) -> Reading:
    """Read a whole file; the ledger is checked segment by segment."""
    export = (
        open_export(path)
        if piece_bytes is None
        else CsvExport(Source(path), Choices(), piece_bytes=piece_bytes)
    )
    rows: list[Row] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    records = blank = replaced = 0
    try:
        for raw in export.raw_segments():
            segment = export.parse(raw)
            assert segment.records == segment.table.num_rows + len(segment.rejects) + segment.blank
            segment.table.validate(full=True)
            columns = [segment.table.column(name).to_pylist() for name in SOURCE_NAMES]
            rows += zip(*columns, strict=True)
            lines += segment.table.column("line").to_pylist()
            rejects += segment.rejects
            records += segment.records
            blank += segment.blank
            replaced += segment.replaced_values
        return Reading(rows, lines, rejects, records, blank, replaced, export, export.source.finish())
    finally:
        export.source.close()


def csv_text(rows: Iterable[Sequence[str]] = ROWS, *, delimiter: str = ";", end: str = "\r\n") -> str:
    """The service's export: no quotes, header first."""
    return "".join(delimiter.join(row) + end for row in (EXPORT_HEADER, *rows))


def write(path: Path, content: str | bytes, encoding: str = "cp1252") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path
