"""Exports: the whole selection as a file, in constant memory, complete or not at all.

Rows come in the order of storage, import by import, as they stood in the files, unless another order is asked
for. Columns are those of domain/entries.py. What differs from one format to the next:

- CSV and JSON write instants as `YYYY-MM-DD HH:MM:SS`, flags as 0 or 1. CSV cells that a spreadsheet would
  evaluate become the formula that is their text, `="+33…"` (`domain.entries.text_cell`), unless `raw` is
  asked for; our import reads both forms.
- Workbooks hold dates and numbers as such and every text, called numbers included, as text, which is never
  evaluated; a sheet that is full is followed by another.
- Parquet has the types of the lake.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from faxcloud.domain.filters import Filters, Paging
from faxcloud.errors import ExportFailed, ExportInterrupted, FilterInvalid
from faxcloud.i18n import Language, translator
from faxcloud.services.actors import Actor, acting, current_actor
from faxcloud.services.exports.formats import FORMATS, Format
from faxcloud.services.journal import Event, Journal, Note, Outcome, code_of
from faxcloud.services.scoping import Scope
from faxcloud.store.durability import replacing
from faxcloud.store.queries.csv_json_sql import SEPARATORS, CsvStyle, csv_header
from faxcloud.store.queries.faxes import FaxReader
from faxcloud.store.queries.filters import Selection

Progress = Callable[[int, int], None]
"""Called with the rows written so far and the rows in all."""

BOM = b"\xef\xbb\xbf"

Pieces = Generator[bytes, None, None]
"""When it is closed early (full disk, disconnected client), its query ends."""


class Exports:
    """Export service. The audit log has each export before its first row, and how it ended."""

    def __init__(
        self,
        faxes: FaxReader,
        journal: Journal,
        scope: Scope | None = None,
        labels: Callable[[Language], Mapping[str, str]] = lambda _language: {},
    ) -> None:
        """`labels` gives the names of all rules by id."""
        self._faxes = faxes
        self._labels = labels
        self._journal = journal
        self._scope = scope or Scope()

    def write(
        self,
        filters: Filters,
        format: Format,  # noqa: A002 - the contract's word
        target: Path | BinaryIO,
        *,
        separator: str = ",",
        bom: bool = False,
        decimal_comma: bool = False,
        raw: bool = False,
        labels: Language | None = None,
        sort: str | None = None,
        progress: Progress | None = None,
        is_unwanted: Callable[[], bool] = lambda: False,
    ) -> int:
        """Write the selection; returns the number of rows.

        A path gets its name only when the file is complete. `separator`, `bom`, `decimal_comma`, `raw` and
        `labels` are for CSV alone.

        Args:
            labels: Write the names of rules, and yes or no, in this language instead of ids, 1 and 0.
            sort: As `Paging` takes it; the order of storage when not given.

        Args:
            is_unwanted: Called between batches of rows; true ends the writing with `ExportInterrupted`.

        Raises:
            FilterInvalid: an unknown format, separator or order.
            NotAllowed: the actor may not export.
            ExportFailed: the target cannot be written; nothing incomplete is left there.
            CatalogueUnavailable: the audit log cannot be written; nothing was exported.
        """
        style, order = self._style(separator, decimal_comma, raw, labels), _order(sort)
        if format not in FORMATS:
            raise FilterInvalid(name="format", value=format, expected=", ".join(FORMATS))
        selection = self._select(filters)
        counter = _Counter(self._faxes.count(selection) if progress else 0, progress, is_unwanted)
        with self._noted(filters, format, counter, current_actor(), raw=raw), export_file(target) as file:
            if (write_rows := FORMATS[format].write) is not None:
                with self._faxes.entries(selection, order) as batches:
                    write_rows(file, counter.counted(batches))
            else:
                with closing(self._pieces(selection, format, style, bom, counter, order)) as pieces:
                    for piece in pieces:
                        file.write(piece)
        return counter.rows

    def stream(
        self,
        filters: Filters,
        format: Format = "csv",  # noqa: A002 - the contract's word
        *,
        separator: str = ",",
        bom: bool = False,
        decimal_comma: bool = False,
        raw: bool = False,
        labels: Language | None = None,
        sort: str | None = None,
    ) -> Iterator[bytes]:
        """Stream the file in pieces of some megabytes, for a response that is sent while it is generated.

        The selection is made at once, so its errors are raised before the first piece. `separator`, `bom`,
        `decimal_comma`, `raw` and `labels` are for CSV alone.

        Raises:
            FilterInvalid: a format that is not streamed; an unknown separator or order.
            NotAllowed: the actor may not export.
        """
        style, order = self._style(separator, decimal_comma, raw, labels), _order(sort)
        streamed = [name for name, found in FORMATS.items() if found.is_streamed]
        if format not in streamed:
            raise FilterInvalid(name="format", value=format, expected=", ".join(streamed))
        counter = _Counter(0, None)
        pieces = self._pieces(self._select(filters), format, style, bom, counter, order)
        return self._streamed(pieces, filters, format, counter, current_actor(), raw=raw)

    def _select(self, filters: Filters) -> Selection:
        current_actor().require("rows.export")
        return self._faxes.select(self._scope.narrowed(filters))

    def _streamed(
        self,
        pieces: Iterator[bytes],
        filters: Filters,
        format_: Format,
        counter: _Counter,
        actor: Actor,
        *,
        raw: bool,
    ) -> Iterator[bytes]:
        with self._noted(filters, format_, counter, actor, raw=raw):
            yield from pieces

    @contextmanager
    def _noted(
        self, filters: Filters, format_: Format, counter: _Counter, actor: Actor, *, raw: bool
    ) -> Iterator[None]:
        """A note before the first row and one at the end; when it is complete, an event.

        By whom it was begun: a stream ends elsewhere. Where the first note cannot be written, nothing is
        exported; where the last one cannot, the first one stays.

        Raises:
            CatalogueUnavailable: the audit log cannot be written.
        """
        told = {"format": format_, "report_id": filters.report}
        names = [field.name for field in fields(filters) if field.name != "reports"]
        # Which filters, not their values: a search may be for somebody's number.
        given = [name for name in names if getattr(filters, name) is not None]
        resource = f"report:{filters.report}" if filters.report else ""

        def write(action: str, outcome: Outcome, details: dict[str, Any], event: Event | None = None) -> None:
            details = {**told, **details, "filters": given, "raw": raw}
            with acting(actor):
                self._journal.write(Note(action, resource, outcome, details), event)

        write("faxes.export_begin", "done", {})
        try:
            yield
        except BaseException as error:
            ended = ExportInterrupted() if isinstance(error, GeneratorExit) else error
            write("faxes.export", "failed", {"rows": counter.rows, "error": code_of(ended)})
            raise
        rows = {"rows": counter.rows}
        write("faxes.export", "done", rows, Event("export_complete", told | rows, filters.report))

    def _style(self, separator: str, decimal_comma: bool, raw: bool, labels: Language | None) -> CsvStyle:
        if separator not in SEPARATORS:
            raise FilterInvalid(name="separator", value=separator, expected=", ; | or a tab")
        if labels is None:
            return CsvStyle(separator, decimal_comma, raw)
        t = translator(labels)
        return CsvStyle(separator, decimal_comma, raw, self._labels(labels), (t("yes"), t("no")))

    def _pieces(
        self,
        selection: Selection,
        format_: Format,
        style: CsvStyle,
        bom: bool,
        counter: _Counter,
        order: Paging | None,
    ) -> Pieces:
        if format_ == "csv":
            return self._csv(selection, style, bom, counter, order)
        return self._json(selection, counter, order)

    def _csv(
        self, selection: Selection, style: CsvStyle, bom: bool, counter: _Counter, order: Paging | None
    ) -> Pieces:
        yield (BOM if bom else b"") + csv_header(style).encode()
        with self._faxes.csv_lines(selection, style, order) as batches:
            for batch in counter.counted(batches):
                yield _text_of(batch)

    def _json(self, selection: Selection, counter: _Counter, order: Paging | None) -> Pieces:
        yield b"["
        first = True
        with self._faxes.json_lines(selection, order) as batches:
            for batch in counter.counted(batches):
                yield _text_of(batch)[first:]  # the first object has no comma before it
                first = False
        yield b"\n]\n"


class _Counter:
    """Counts the rows that pass, and reports progress."""

    def __init__(
        self, total: int, progress: Progress | None, is_unwanted: Callable[[], bool] = lambda: False
    ) -> None:
        self.rows = 0
        self._is_unwanted = is_unwanted
        self._total = total
        self._progress = progress

    def counted(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if self._is_unwanted():
                raise ExportInterrupted
            yield batch
            self.rows += batch.num_rows
            if self._progress is not None:
                self._progress(self.rows, self._total)


def _order(sort: str | None) -> Paging | None:
    return Paging.from_params({"sort": sort}) if sort else None


def _text_of(batch: pa.RecordBatch) -> bytes:
    """The lines of a batch, one after the other: which is how Arrow keeps them."""
    lines = batch.column(0).cast(pa.large_string())
    _, offsets, text = lines.buffers()
    ends = memoryview(offsets).cast("q")
    return bytes(memoryview(text)[ends[lines.offset] : ends[lines.offset + len(lines)]])


@contextmanager
def export_file(target: Path | BinaryIO) -> Iterator[BinaryIO]:
    """A file to write: beside the path until it is complete, or the open file itself.

    Raises:
        ExportFailed: it cannot be written.
    """
    name = str(target) if isinstance(target, Path) else "the open file"
    try:
        if isinstance(target, Path):
            with replacing(target, durable=False) as part, part.open("xb") as file:
                yield file
        elif target.seekable():
            yield target
        else:  # a workbook is put together by going back and forth
            with tempfile.TemporaryFile() as file:
                yield file
                file.seek(0)
                shutil.copyfileobj(file, target)
    except OSError as error:
        raise ExportFailed(target=name, reason=error.strerror or str(error)) from error
