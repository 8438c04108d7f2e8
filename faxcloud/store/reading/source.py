"""The file that is imported: watched while it is read, hashed as it passes, unpacked where it is packed."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import os
import zipfile
import zlib
from pathlib import Path
from typing import IO, Protocol

from faxcloud.errors import (
    EmptyFile,
    EncryptedWorkbook,
    NotATable,
    SourceChanged,
    SourceVanished,
    UnreadableArchive,
)
from faxcloud.i18n import N_

HEAD_BYTES = 1 << 16

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", N_("a PNG image")),
    (b"\xff\xd8\xff", N_("a JPEG image")),
    (b"GIF8", N_("a GIF image")),
    (b"II*\x00", N_("a TIFF image")),
    (b"MM\x00*", N_("a TIFF image")),
    (b"%PDF", N_("a PDF document")),
    (b"{\\rtf", N_("a text document (RTF)")),
    (b"Rar!", N_("a RAR archive")),
    (b"7z\xbc\xaf", N_("a 7z archive")),
    (b"BZh", N_("a bzip2 archive")),
    (b"\xfd7zXZ", N_("an xz archive")),
    (b"MZ", N_("a program")),
    (b"\x7fELF", N_("a program")),
    (b"PAR1", N_("a Parquet file")),
    (b"SQLite format 3", N_("a database")),
)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MARKUP = (b"<!doctype", b"<html", b"<?xml")


class Readable(Protocol):
    """What gives bytes; b'' at the end."""

    def read(self, size: int, /) -> bytes: ...


class Source:
    """A file on disk, read once from front to back.

    Attributes:
        name: What the user calls it, for messages and the report.
        bytes: Its size when it was opened.
        kind: `csv` or `workbook`, by content: an extension proves nothing.
        done: How many of its bytes have passed.
        utf16: `utf-16-le` or `utf-16-be` where `read` turns that into UTF-8; '' otherwise.

    Raises:
        SourceVanished, EmptyFile, NotATable, EncryptedWorkbook, UnreadableArchive: on opening.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        self.done = 0
        self.utf16 = ""
        self._hash = hashlib.sha256()
        try:
            self._file: IO[bytes] = path.open("rb")
        except (OSError, ValueError) as error:
            raise SourceVanished(file=self.name) from error
        try:
            self._status = os.fstat(self._file.fileno())
            self.bytes = self._status.st_size
            head = self._file.read(HEAD_BYTES)
            self._file.seek(0)
            self.kind = self._kind(head)
            self._stream: Readable = self._unpacked(head)
        except BaseException:
            self._file.close()
            raise

    def read(self, size: int) -> bytes:
        """The next bytes of the CSV, unpacked and in an encoding that extends ASCII; b'' at the end.

        Raises:
            UnreadableArchive: what is packed is damaged.
            SourceChanged: the file became shorter.
        """
        try:
            return self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, RuntimeError) as error:
            raise UnreadableArchive(file=self.name, reason=str(error)) from error

    def finish(self) -> str:
        """The SHA-256 of the whole file, once `read` has given everything.

        Raises:
            SourceVanished, SourceChanged: it is not the file that was opened any more.
        """
        while self.pass_bytes(1 << 20):
            pass
        try:
            now = self.path.stat()
        except OSError as error:
            raise SourceVanished(file=self.name) from error
        before = self._status
        if (now.st_size, now.st_mtime_ns, now.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
            raise SourceChanged(file=self.name)
        if self.done != self.bytes:
            raise SourceChanged(file=self.name)
        return self._hash.hexdigest()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def pass_bytes(self, size: int) -> bytes:
        """The file's own next bytes, counted and hashed on the way."""
        block = self._file.read(size)
        self._hash.update(block)
        self.done += len(block)
        return block

    def _kind(self, head: bytes) -> str:
        if not head.strip(b"\xef\xbb\xbf \t\r\n"):
            raise EmptyFile(file=self.name)
        if head.startswith(b"PK\x03\x04"):
            return "workbook" if self._is_workbook() else "csv"
        if head.startswith(OLD_OFFICE):
            with self.path.open("rb") as file:
                if "EncryptedPackage".encode("utf-16-le") in file.read(1 << 24):
                    raise EncryptedWorkbook(file=self.name)
            raise NotATable(file=self.name, looks_like=N_("an old Excel workbook (.xls)"))
        self._refuse_other_formats(head)
        return "csv"

    def _refuse_other_formats(self, head: bytes) -> None:
        for signature, what in SIGNATURES:
            if head.startswith(signature):
                raise NotATable(file=self.name, looks_like=what)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith(MARKUP):
            raise NotATable(file=self.name, looks_like=N_("a web page"))

    def _is_workbook(self) -> bool:
        try:
            with zipfile.ZipFile(self.path) as archive:
                return any(name.startswith("xl/") for name in archive.namelist())
        except (zipfile.BadZipFile, OSError) as error:
            raise UnreadableArchive(file=self.name, reason=str(error)) from error

    def _unpacked(self, head: bytes) -> Readable:
        if self.kind == "workbook":
            return _Passing(self)
        stream: Readable = _Passing(self)
        if head.startswith(b"\x1f\x8b"):
            stream = gzip.GzipFile(fileobj=io.BufferedReader(_Raw(self), 1 << 20))
        elif head.startswith(b"PK\x03\x04"):
            stream = self._only_member()
        if not isinstance(stream, _Passing):
            head, stream = self._peeked(stream)
        encoding = utf16_of(head)
        if encoding:
            self.utf16 = encoding
            return _Transcoding(stream, encoding)
        if _is_binary(head):
            raise NotATable(file=self.name, looks_like=N_("binary data"))
        return stream

    def _only_member(self) -> Readable:
        try:
            archive = zipfile.ZipFile(self.path)
            members = [
                m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX")
            ]
            if len(members) != 1:
                raise UnreadableArchive(file=self.name, reason=N_("it does not hold exactly one file"))
            return archive.open(members[0])
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
            raise UnreadableArchive(file=self.name, reason=str(error)) from error

    def _peeked(self, stream: Readable) -> tuple[bytes, Readable]:
        self._stream = stream
        head = self.read(HEAD_BYTES)
        if not head.strip(b"\xef\xbb\xbf \t\r\n"):
            raise EmptyFile(file=self.name)
        if head.startswith((b"PK\x03\x04", b"\x1f\x8b", OLD_OFFICE)):
            raise UnreadableArchive(file=self.name, reason=N_("what is packed in it is no CSV"))
        self._refuse_other_formats(head)
        return head, _Chained(head, stream)


class _Passing:
    """The file's own bytes, counted and hashed on the way."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, size: int, /) -> bytes:
        return self._source.pass_bytes(size)


class _Raw(io.RawIOBase):
    """The same, for the unpacker of gzip."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # the protocol has no name before 3.12
        block = self._source.pass_bytes(len(view))
        view[: len(block)] = block
        return len(block)


class _Chained:
    """What was read to look at it, then the rest."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int, /) -> bytes:
        if self._head:
            block, self._head = self._head[:size], self._head[size:]
            return block
        return self._rest.read(size)


class _Transcoding:
    """UTF-16 turned into UTF-8; a lone surrogate becomes U+FFFD."""

    def __init__(self, stream: Readable, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int, /) -> bytes:
        while block := self._stream.read(size):
            if text := self._decoder.decode(block):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")


def utf16_of(head: bytes) -> str:
    """`utf-16-le`, `utf-16-be`, or '' where the bytes are not UTF-16 (with or without BOM).

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


_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1a\x1b")


def _is_binary(head: bytes) -> bool:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > max(4, len(head) // 100)
