"""Row output of commands: CSV or JSON, to stdout or into a file."""

from __future__ import annotations

import csv
import io
import itertools
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, BinaryIO

import typer

from faxcloud.cli.output import note, say_json, say_json_array, terminal
from faxcloud.domain.entries import text_cell
from faxcloud.i18n import N_

Row = dict[str, Any]
ToStdoutOrFile = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help=N_("Default: - (stdout)."))
]


def put_rows(rows: Iterator[Row], output: str, *, as_json: bool) -> None:
    """Write rows as CSV to stdout (`-`), as a JSON array to stdout, or as CSV into a file.

    Raises:
        ExportFailed: the file cannot be written; nothing incomplete is left.
    """
    with ended_early(rows):
        if output != "-":
            _say_written(output, _write_file(Path(output), rows), as_json=as_json)
        elif as_json:
            say_json_array(rows)
        else:
            _write_stdout(rows)


@contextmanager
def ended_early(rows: Iterator[object]) -> Iterator[None]:
    """Close a stream of rows when its block ends: the query has to end before its engine does."""
    try:
        yield
    finally:
        if isinstance(rows, Generator):
            rows.close()


def _say_written(output: str, rows: int, *, as_json: bool) -> None:
    if as_json:
        say_json({"file": output, "format": "csv", "rows": rows})
    else:
        note(terminal().gettext("{rows} rows written to {file}.", rows=rows, file=output))


def _write_stdout(rows: Iterator[Row]) -> None:
    """Write UTF-8 to stdout, also where the terminal has a Windows code page: this is data."""
    sys.stdout.flush()
    _write_csv(sys.stdout.buffer, rows)


def _write_file(target: Path, rows: Iterator[Row]) -> int:
    from faxcloud.services.exports.writer import export_file

    with export_file(target) as file:
        return _write_csv(file, rows)


def _write_csv(target: BinaryIO, rows: Iterator[Row]) -> int:
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    try:
        return _write_rows(text, rows)
    finally:
        text.detach()


def _write_rows(file: IO[str], rows: Iterator[Row]) -> int:
    """Header and rows, or nothing where there are no rows. Returns how many."""
    first = next(rows, None)
    if first is None:
        return 0
    writer = csv.DictWriter(file, fieldnames=list(first), lineterminator="\n")
    writer.writeheader()
    written = 0
    for row in itertools.chain((first,), rows):
        writer.writerow(
            {name: text_cell(value) if isinstance(value, str) else value for name, value in row.items()}
        )
        written += 1
    return written
