"""Answers of any size in constant memory: pieces made in threads, files that go once they were sent."""

from __future__ import annotations

import contextlib
import contextvars
import csv
import io
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from anyio import CancelScope, CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.responses import FileResponse, Response, StreamingResponse

from faxcloud.domain.entries import text_cell

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PAPER_TYPES = {"pdf": "application/pdf", "xlsx": MEDIA_TYPES["xlsx"]}
"""Of a report to hand on."""

ROWS_PER_CHUNK = 2_000

FILES_AT_ONCE = 8
"""Files being written may take minutes each; others wait, rather than the threads that the door needs."""

_writing: RunVar[CapacityLimiter] = RunVar("faxcloud_files_being_written")


def attachment(file_name: str) -> dict[str, str]:
    """Headers of a file to be saved. `file_name` is of our own making, in ASCII and without quotes."""
    return {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


async def streamed(
    chunks: Callable[[], Iterator[bytes]], media_type: str, headers: Mapping[str, str]
) -> Response:
    """An answer whose first piece is made before it begins: an error is an answer then, not half a file.

    Pieces are made one after the other as they are taken, each in a thread, all in the caller's context.
    """
    context = contextvars.copy_context()
    started = await to_thread.run_sync(context.run, _started, chunks)
    return StreamingResponse(_pulled(context, started), media_type=media_type, headers=dict(headers))


def _started(chunks: Callable[[], Iterator[bytes]]) -> Generator[bytes]:
    made = chunks()
    # The first one is often the title line alone: the second one shows whether there is anything to read.
    first = next(made, b"") + next(made, b"")

    def whole() -> Generator[bytes]:
        with contextlib.ExitStack() as stack:
            if isinstance(made, Generator):
                stack.callback(made.close)
            yield first
            yield from made

    return whole()


async def _pulled(context: contextvars.Context, chunks: Generator[bytes]) -> AsyncIterator[bytes]:
    try:
        while chunk := await to_thread.run_sync(context.run, _next, chunks):
            yield chunk
    finally:
        with CancelScope(shield=True):  # whoever hung up: the query must end all the same
            await to_thread.run_sync(context.run, chunks.close)


def _next(chunks: Iterator[bytes]) -> bytes:
    """The next piece that holds anything; blank after the last one."""
    return next((chunk for chunk in chunks if chunk), b"")


async def written(
    write: Callable[[Path], object], file_name: str, media_type: str, headers: Mapping[str, str]
) -> Response:
    """A format that cannot be streamed: written to a temporary file first, which goes once it was sent."""
    limiter = _writing.get(None)
    if limiter is None:
        limiter = CapacityLimiter(FILES_AT_ONCE)
        _writing.set(limiter)
    return await to_thread.run_sync(_written, write, file_name, media_type, headers, limiter=limiter)


def _written(
    write: Callable[[Path], object], file_name: str, media_type: str, headers: Mapping[str, str]
) -> Response:
    folder = tempfile.TemporaryDirectory(prefix="faxcloud-download-")
    try:
        target = Path(folder.name) / file_name
        write(target)
    except BaseException:
        folder.cleanup()
        raise
    return _TemporaryFile(folder, target, media_type, headers)


class _TemporaryFile(FileResponse):
    """A file that goes once it was sent, or the client hung up."""

    def __init__(
        self,
        folder: tempfile.TemporaryDirectory[str],
        path: Path,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(path, media_type=media_type, headers=dict(headers))
        self._folder = folder

    async def __call__(self, *arguments: Any) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._folder.cleanup)
            await super().__call__(*arguments)


def csv_chunks(rows: Iterable[dict[str, Any]], separator: str = ",", bom: bool = False) -> Iterator[bytes]:
    """Dictionaries as CSV, in UTF-8, a few thousand rows at a time; no cell is evaluated by a spreadsheet."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
    if bom:
        buffer.write("\ufeff")
    names: list[str] | None = None
    for count, row in enumerate(rows, 1):
        if names is None:
            names = list(row)
            writer.writerow(names)
        writer.writerow([_cell(row.get(name)) for name in names])
        if count % ROWS_PER_CHUNK == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return text_cell(value) if isinstance(value, str) else str(value)
