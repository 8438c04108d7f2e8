"""CSV files: one writer for every face, in the dialect of the reader's language."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from faxcloud.domain.entries import text_cell
from faxcloud.languages import CsvDialect

PLAIN = CsvDialect()
ROWS_PER_CHUNK = 2_000
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def csv_chunks(
    header: Sequence[str], rows: Iterable[Sequence[Any]], dialect: CsvDialect = PLAIN
) -> Iterator[bytes]:
    """UTF-8 text of a file, a few thousand rows at a time; header and BOM come with the first."""
    buffer = io.StringIO(newline="")
    buffer.write(BOM if dialect.bom else "")
    writer = csv.writer(buffer, delimiter=dialect.separator, lineterminator="\r\n")
    writer.writerow(header)
    for count, row in enumerate(rows, 1):
        writer.writerow([cell(value, dialect) for value in row])
        if count % ROWS_PER_CHUNK == 0:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode("utf-8", "replace")


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Any]], dialect: CsvDialect = PLAIN) -> bytes:
    """A whole file."""
    return b"".join(csv_chunks(header, rows, dialect))


def cell(value: Any, dialect: CsvDialect = PLAIN) -> str:
    """Text of a value; nothing for None. A text that a spreadsheet would evaluate is quoted as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return text_cell(value)
    if isinstance(value, float | Decimal):
        return str(value).replace(".", dialect.decimal_sign)
    if isinstance(value, dt.date):  # a time too
        return value.isoformat()
    if isinstance(value, list | dict | tuple):
        return text_cell(json.dumps(value, ensure_ascii=False, default=str))
    return str(value)
