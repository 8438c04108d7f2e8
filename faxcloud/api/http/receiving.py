"""Upload receiver: streams a file of any size to disk in chunks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from anyio import CancelScope, move_on_after, to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faxcloud.errors import DiskFull, UploadInvalid
from faxcloud.i18n import N_
from faxcloud.services.imports.uploads import Uploads

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

PIECE_BYTES = 1 << 20
BODY_STALL_S = 30.0
"""Timeout for a client that sends nothing of an announced body."""

LONGEST_NAME = 200
DEFAULT_NAME = "upload"

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class BodyTimeout:
    """ASGI middleware: a request whose body stops arriving counts as disconnected."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_whole = scope["type"] != "http"

        async def receive_in_time() -> Message:
            nonlocal is_whole
            if is_whole:
                return await receive()
            with move_on_after(BODY_STALL_S):
                message = await receive()
                is_whole = not message.get("more_body", False)
                return message
            is_whole = True
            return {"type": "http.disconnect"}

        await self._app(scope, receive_in_time, send)


@dataclass(frozen=True, slots=True)
class Received:
    """Received file. `name` is the client's name for it, for display only."""

    path: Path
    name: str
    bytes: int
    sha256: str


@asynccontextmanager
async def placed(uploads: Uploads, expected_bytes: int) -> AsyncIterator[Path]:
    """Temporary path for an upload, created and removed in a thread.

    Raises:
        DiskFull: the expected size does not fit on the disk.
    """
    place = uploads.place(expected_bytes)
    path = await to_thread.run_sync(place.__enter__)
    try:
        yield path
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(place.__exit__, None, None, None)


def expected_bytes(request: Request) -> int:
    """Content-Length of the request; 0 without one."""
    length = request.headers.get("content-length", "")
    return int(length) if re.fullmatch(r"[0-9]{1,18}", length) else 0


async def receive(request: Request, path: Path, uploads: Uploads, name: str | None) -> Received:
    """Write the request's file to `path`: its body, or the one part of `multipart/form-data`.

    Raises:
        UploadInvalid: there is no file in it, or more than one, or it ends too early.
        DiskFull: while it was written.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    file = await to_thread.run_sync(path.open, "xb")
    sink = _Sink(file, uploads)
    try:
        if kind.lower() == b"multipart/form-data":
            found = await _receive_part(request, sink, options.get(b"boundary", b""))
        else:
            found = _file_name(request.headers.get("content-disposition", ""))
            async for chunk in request.stream():
                await sink.add(chunk)
        await sink.flush()
    except ClientDisconnect:
        raise UploadInvalid(reason=N_("the connection was closed before its end")) from None
    finally:
        await to_thread.run_sync(file.close)
    return Received(path, readable_name(name or found), sink.size, sink.sha256.hexdigest())


def readable_name(name: str) -> str:
    """File name for display: the last part of the client's name, on one line.

    >>> readable_name("C:\\\\exports\\\\mai 2026.csv"), readable_name("../../etc/passwd"), readable_name("/")
    ('mai 2026.csv', 'passwd', 'upload')
    """
    last = re.split(r"[/\\]", name)[-1]
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", last).strip()[:LONGEST_NAME] or DEFAULT_NAME


async def _receive_part(request: Request, sink: _Sink, boundary: bytes) -> str:
    """Write the file of a multipart body; returns its name."""
    part = _OnePart()
    try:
        parser = MultipartParser(boundary, part.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
            await sink.add(part.taken())
        parser.finalize()
    except FormParserError as error:
        raise UploadInvalid(reason=N_("it is not multipart/form-data as announced")) from error
    if part.count != 1 or not part.is_over:
        raise UploadInvalid(reason=N_("expected exactly one complete part"))
    return part.name


class _OnePart:
    """Parser callbacks for the one part that is allowed."""

    def __init__(self) -> None:
        self.count = 0
        self.name = ""
        self.is_over = False
        self._data = bytearray()
        self._field = bytearray()
        self._value = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._add,
            "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_end": self._end,
        }

    def taken(self) -> bytes:
        data, self._data = bytes(self._data), bytearray()
        return data

    def _begin(self) -> None:
        self.count += 1
        if self.count > 1:
            raise UploadInvalid(reason=N_("expected exactly one complete part"))

    def _add(self, data: bytes, start: int, end: int) -> None:
        self._data += memoryview(data)[start:end]

    def _header(self) -> None:
        if bytes(self._field).lower() == b"content-disposition":
            self.name = _file_name(bytes(self._value))
        self._field.clear()
        self._value.clear()

    def _end(self) -> None:
        self.is_over = True


class _Sink:
    """Buffered writer: chunks of a megabyte, written in threads."""

    def __init__(self, file: BinaryIO, uploads: Uploads) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._file = file
        self._uploads = uploads
        self._waiting = bytearray()

    async def add(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) >= PIECE_BYTES:
            await self.flush()

    async def flush(self) -> None:
        piece, self._waiting = self._waiting, bytearray()
        await to_thread.run_sync(self._write, piece)

    def _write(self, piece: bytearray) -> None:
        self._uploads.refuse_full(len(piece))
        try:
            self._file.write(piece)
        except OSError as error:
            raise DiskFull(needed=self.size + len(piece), free=0) from error
        self.sha256.update(piece)
        self.size += len(piece)


def _file_name(disposition: str | bytes) -> str:
    _, options = parse_options_header(disposition)
    return options.get(b"filename", b"").decode("utf-8", "replace")
