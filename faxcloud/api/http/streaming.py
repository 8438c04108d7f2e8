"""Streaming responses of any size in constant memory: chunks from threads, temporary files."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from anyio import CancelScope, CapacityLimiter, fail_after, move_on_after, to_thread
from anyio.lowlevel import RunVar
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from faxcloud.errors import ExportInterrupted, TooManyExports
from faxcloud.languages import CsvDialect
from faxcloud.presentation.csv_files import csv_chunks
from faxcloud.services.exports.formats import FORMATS

PAPER_TYPES = {"pdf": "application/pdf", "xlsx": FORMATS["xlsx"].media_type}
"""Media types of report files."""


EXPORTS_AT_ONCE = 6
"""Each takes some 140 MB and a processor."""

QUEUE_S = 30.0
RETRY_AFTER_S = 30
"""Time that an export waits for a slot, and Retry-After of a refused one."""

STALL_S = 60.0
SENT_BYTES = 1 << 16
"""Minimum that a client must read within the stall time to stay connected."""

CLIENT_CLOSED_REQUEST = 499

log = logging.getLogger(__name__)

_exporting: RunVar[CapacityLimiter] = RunVar("faxcloud_exports")


def attachment(file_name: str) -> dict[str, str]:
    """Content-Disposition headers of a download. `file_name` must be ASCII without quotes."""
    return {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


async def streamed(
    chunks: Callable[[], Iterator[bytes]], media_type: str, headers: Mapping[str, str]
) -> Response:
    """Streaming response; its first chunk is made in advance, so that an error becomes a problem document.

    Chunks are made one after the other as they are sent, each in a thread, all in the caller's context.

    Raises:
        TooManyExports: other exports are in progress, and none of them ended in time.
    """
    slot = await _export_slot()
    context = contextvars.copy_context()
    try:
        started = await to_thread.run_sync(context.run, _started, chunks)
    except BaseException:
        slot.close()
        raise
    return _Streamed(slot, _pulled(context, started), media_type, headers)


async def _export_slot() -> contextlib.ExitStack:
    """Wait for one of `EXPORTS_AT_ONCE` slots; to be closed when the export is over."""
    limiter = _exporting.get(None)
    if limiter is None:
        limiter = CapacityLimiter(EXPORTS_AT_ONCE)
        _exporting.set(limiter)
    holder = object()
    with move_on_after(QUEUE_S):
        await limiter.acquire_on_behalf_of(holder)
        slot = contextlib.ExitStack()
        slot.callback(limiter.release_on_behalf_of, holder)
        return slot
    raise TooManyExports(count=EXPORTS_AT_ONCE, seconds=RETRY_AFTER_S)


class _Streamed(StreamingResponse):
    """Streaming response that ends if the client reads nothing for `STALL_S`.

    Meanwhile it occupies a query and a slot.
    """

    def __init__(
        self,
        slot: contextlib.ExitStack,
        pieces: AsyncGenerator[bytes],
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=dict(headers))
        self._slot, self._pieces = slot, pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            with fail_after(STALL_S):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        except (TimeoutError, ClientDisconnect):
            log.info("a client stopped reading an export")
        finally:
            with CancelScope(shield=True):
                await self._pieces.aclose()
            self._slot.close()


def _started(chunks: Callable[[], Iterator[bytes]]) -> Generator[bytes]:
    made = chunks()
    # The first chunk is often the header line alone: only the second one shows whether the query works.
    first = next(made, b"") + next(made, b"")

    def whole() -> Generator[bytes]:
        with contextlib.ExitStack() as stack:
            if isinstance(made, Generator):
                stack.callback(made.close)
            yield first
            yield from made

    return whole()


async def _pulled(context: contextvars.Context, chunks: Generator[bytes]) -> AsyncGenerator[bytes]:
    try:
        while chunk := await to_thread.run_sync(context.run, _next, chunks):
            for start in range(0, len(chunk), SENT_BYTES):
                yield chunk[start : start + SENT_BYTES]
    finally:
        with CancelScope(shield=True):  # the query must end even if the client disconnected
            await to_thread.run_sync(context.run, chunks.close)


def _next(chunks: Iterator[bytes]) -> bytes:
    """Next non-empty chunk; empty after the last one."""
    return next((chunk for chunk in chunks if chunk), b"")


async def written(
    request: Request,
    write: Callable[[Path, Callable[[], bool]], object],
    file_name: str,
    media_type: str,
    headers: Mapping[str, str],
) -> Response:
    """Response of a format that cannot be streamed: a temporary file, deleted after it was sent.

    Args:
        write: Gets the path and a function that tells whether the client has disconnected; it may raise
            `ExportInterrupted`.

    Raises:
        TooManyExports: as `streamed`.
    """
    with await _export_slot():
        gone = threading.Event()
        watching = asyncio.create_task(_watch_client(request, gone))
        try:
            return await to_thread.run_sync(
                _written, lambda path: write(path, gone.is_set), file_name, media_type, headers
            )
        except ExportInterrupted:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        finally:
            watching.cancel()


async def _watch_client(request: Request, gone: threading.Event) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone.set()


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
    """File response whose file is deleted after it was sent or the client disconnected."""

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


def csv_of_rows(rows: Iterable[dict[str, Any]], separator: str = ",", bom: bool = False) -> Iterator[bytes]:
    """CSV file of dictionaries that have the same names; nothing where there are none."""
    rows = iter(rows)
    if (first := next(rows, None)) is not None:
        lines = (list(row.values()) for row in chain((first,), rows))
        yield from csv_chunks(list(first), lines, CsvDialect(separator, bom=bom))
