"""Byte streams of a source: counting and hashing, unpacking, UTF-16 to UTF-8."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from faxcloud.errors import OversizedArchive


class Readable(Protocol):
    """Interface of a byte stream; b'' at the end."""

    def read(self, size: int, /) -> bytes: ...


class Passing:
    """Stream of the file's own bytes, counted and hashed by `pass_bytes`."""

    def __init__(self, pass_bytes: Callable[[int], bytes]) -> None:
        self._pass_bytes = pass_bytes

    def read(self, size: int, /) -> bytes:
        return self._pass_bytes(size)


class Raw(io.RawIOBase):
    """Raw stream of another stream's bytes, for gzip's unpacker."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # the protocol has no name before 3.12
        block = self._stream.read(len(view))
        view[: len(block)] = block
        return len(block)


class Member:
    """Stream of the one file in a zip.

    The zip is read separately, and the source's own bytes follow for the progress by `pass_up_to`.
    """

    def __init__(
        self, pass_up_to: Callable[[int], None], archive: zipfile.ZipFile, member: zipfile.ZipInfo
    ) -> None:
        self._pass_up_to = pass_up_to
        self._packed_bytes = member.compress_size
        self._file = archive.open(member)
        self._left = max(member.file_size, 1)
        self._bytes = self._left

    def read(self, size: int, /) -> bytes:
        block = self._file.read(size)
        self._left -= len(block)
        self._pass_up_to(self._packed_bytes * (self._bytes - max(self._left, 0)) // self._bytes)
        return block

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Unpacking:
    """Limits for the unpacked size: `ratio` times the packed size, at most `limit_bytes`."""

    ratio: int
    limit_bytes: int

    def most_bytes(self, packed_bytes: int) -> int:
        """Limit for a file of this size; a small one may pack better."""
        return min(self.limit_bytes, max(self.ratio * packed_bytes, HARMLESS_BYTES))


HARMLESS_BYTES = 64 << 20
"""Unpacked; whatever the ratio, it takes no more than a second or two to read."""

UNPACKING = Unpacking(ratio=200, limit_bytes=16_000_000_000)
"""Exports of the fax service pack 10 to 40 times, line breaks alone a thousand times."""


class Bounded:
    """Unpacked stream with a limit."""

    def __init__(self, stream: Readable, name: str, most_bytes: int) -> None:
        self._stream, self._name = stream, name
        self._most_bytes = self._left = most_bytes

    def read(self, size: int, /) -> bytes:
        """Read the next bytes.

        Raises:
            OversizedArchive: there are more than the limit.
        """
        block = self._stream.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise OversizedArchive(file=self._name, limit=self._most_bytes)
        return block


class Chained:
    """Stream of the bytes that were peeked at, then the rest."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int, /) -> bytes:
        if self._head:
            block, self._head = self._head[:size], self._head[size:]
            return block
        return self._rest.read(size)


class Transcoding:
    """Stream of UTF-16 converted to UTF-8; a lone surrogate becomes U+FFFD."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int, /) -> bytes:
        while block := self._stream.read(size):
            if text := self._decoder.decode(block):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")


def utf16_of(head: bytes) -> str:
    """Detect UTF-16: `utf-16-le`, `utf-16-be`, or '' where the bytes are not UTF-16 (with or without BOM).

    Without a BOM: text with Latin letters has a NUL in every second place, and only there.
    """
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    even, odd = head[0::2], head[1::2]
    if not even or not odd:
        return ""
    zeros = even.count(0) / len(even), odd.count(0) / len(odd)
    if zeros[1] > 0.6 and zeros[0] < 0.05:
        return "utf-16-le"
    if zeros[0] > 0.6 and zeros[1] < 0.05:
        return "utf-16-be"
    return ""
