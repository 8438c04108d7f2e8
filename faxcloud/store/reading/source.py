"""Source file of an import: checked for changes while it is read, hashed, and unpacked where it is packed."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import lzma
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from faxcloud.errors import (
    EmptyFile,
    EncryptedWorkbook,
    ImportRefused,
    NotATable,
    SourceChanged,
    SourceVanished,
    UnreadableArchive,
    UnreadableWorkbook,
)
from faxcloud.i18n import N_
from faxcloud.store.reading.streams import (
    UNPACKING,
    Bounded,
    Chained,
    Member,
    Passing,
    Raw,
    Readable,
    Transcoding,
    Unpacking,
    utf16_of,
)

HEAD_BYTES = 1 << 16

DAMAGED = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # also: a password is needed, a method is not supported
    ValueError,
)
"""What unpackers raise on data that is not what it says."""

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
OTHER_OFFICE = (
    ("word/", N_("a Word document")),
    ("ppt/", N_("a presentation")),
    ("META-INF/manifest.xml", N_("an OpenDocument file")),
)
WORKBOOK_DAMAGED = N_("it is damaged")
MARKUP = (b"<!doctype", b"<html", b"<?xml")


class Source:
    """File on disk, read once from front to back.

    Attributes:
        name: Name given by the user, for messages and the report.
        bytes: Size when it was opened.
        kind: `csv` or `workbook`, by content: an extension proves nothing.
        done: Number of bytes read so far.
        is_cancelled: Set from another thread: nothing more of it is to be parsed.
        utf16: `utf-16-le` or `utf-16-be` where `read` turns that into UTF-8; '' otherwise.

    Raises:
        SourceVanished, EmptyFile, NotATable, EncryptedWorkbook, UnreadableArchive, UnreadableWorkbook: on
            opening.
    """

    def __init__(self, path: Path, name: str | None = None, unpacking: Unpacking = UNPACKING) -> None:
        self.path = path
        self.is_cancelled = False
        self._unpacking = unpacking
        # A name that is no Unicode (Linux allows that) could neither be stored nor shown.
        self.name = (name or path.name).encode("utf-8", "replace").decode()
        self.done = 0
        self.utf16 = ""
        self._hash = hashlib.sha256()
        self._opened = contextlib.ExitStack()
        try:
            if path.is_dir():
                raise NotATable(file=self.name, looks_like=N_("a folder"))
            if path.exists() and not path.is_file():
                raise NotATable(file=self.name, looks_like=N_("a device"))  # one may never end
            self._file: IO[bytes] = self._opened.enter_context(path.open("rb"))
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
            self.close()
            raise

    def read(self, size: int) -> bytes:
        """Read the next bytes of the CSV, unpacked and in an encoding that extends ASCII; b'' at the end.

        Raises:
            UnreadableArchive, UnreadableWorkbook: what is packed is damaged.
            SourceChanged: the file became shorter.
        """
        try:
            return self._stream.read(size)
        except DAMAGED as error:
            self._check_unchanged()
            raise self._unreadable() from error

    def finish(self) -> str:
        """SHA-256 of the whole file, once `read` has returned everything.

        Raises:
            SourceVanished, SourceChanged: it is no longer the file that was opened.
        """
        while self.pass_bytes(1 << 20):
            pass
        self._check_unchanged()
        if self.done != self.bytes:
            raise SourceChanged(file=self.name)
        return self._hash.hexdigest()

    def _check_unchanged(self) -> None:
        try:
            now = self.path.stat()
        except OSError as error:
            raise SourceVanished(file=self.name) from error
        before = self._status
        if (now.st_size, now.st_mtime_ns, now.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
            raise SourceChanged(file=self.name)

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def pass_bytes(self, size: int) -> bytes:
        """Read the file's own next bytes, counted and hashed."""
        try:
            block = self._file.read(size)
        except OSError as error:
            raise SourceVanished(file=self.name) from error
        self._hash.update(block)
        self.done += len(block)
        return block

    def pass_up_to(self, position: int) -> None:
        """Count and hash the file's own bytes up to `position`, where something else has read them."""
        while self.done < position and self.pass_bytes(min(position - self.done, 1 << 20)):
            pass

    def _kind(self, head: bytes) -> str:
        if not head.strip(b"\xef\xbb\xbf \t\r\n"):
            raise EmptyFile(file=self.name)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return self._kind_of_zip()
        if head.startswith(OLD_OFFICE):
            raise self._old_office()
        self._refuse_other_formats(head)
        return "csv"

    def _refuse_other_formats(self, head: bytes) -> None:
        for signature, what in SIGNATURES:
            if head.startswith(signature):
                raise NotATable(file=self.name, looks_like=what)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith(MARKUP):
            raise NotATable(file=self.name, looks_like=N_("a web page"))

    def _old_office(self) -> ImportRefused:
        # The container's directory, with the names in UTF-16, may stand anywhere in it.
        names = {"EncryptedPackage": False, "WordDocument": False}
        tail = b""
        with self.path.open("rb") as file:
            while block := file.read(1 << 20):
                for name in names:
                    names[name] |= name.encode("utf-16-le") in tail + block
                tail = block[-64:]
        if names["EncryptedPackage"]:
            return EncryptedWorkbook(file=self.name)
        what = N_("a Word document") if names["WordDocument"] else N_("an old Excel workbook (.xls)")
        return NotATable(file=self.name, looks_like=what)

    def _kind_of_zip(self) -> str:
        try:
            with zipfile.ZipFile(self.path) as archive:
                names = archive.namelist()
        except DAMAGED as error:
            raise self._unreadable() from error
        if any(name.startswith("xl/") for name in names):
            return "workbook"
        for member, what in OTHER_OFFICE:
            if any(name.startswith(member) for name in names):
                raise NotATable(file=self.name, looks_like=what)
        return "csv"

    def _unpacked(self, head: bytes) -> Readable:
        if self.kind == "workbook":
            return Passing(self)
        stream: Readable = Passing(self)
        if head.startswith(b"\x1f\x8b"):
            stream = gzip.GzipFile(fileobj=io.BufferedReader(Raw(self), 1 << 20))
        elif head.startswith(b"PK"):
            stream = self._only_member()
        if not isinstance(stream, Passing):
            stream = Bounded(stream, self.name, self._unpacking.most_bytes(self.bytes))
            head, stream = self._peeked(stream)
        encoding = utf16_of(head)
        if encoding:
            self.utf16 = encoding
            return Transcoding(stream, encoding)
        if _is_binary(head):
            raise NotATable(file=self.name, looks_like=N_("binary data"))
        return stream

    def _only_member(self) -> Readable:
        try:
            archive = self._opened.enter_context(zipfile.ZipFile(self.path))
            members = [
                m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX")
            ]
            if len(members) != 1:
                raise self._unreadable(N_("it does not hold exactly one file"))
            member = Member(self, archive, members[0])
            self._opened.callback(member.close)
            return member
        except DAMAGED as error:
            raise self._unreadable() from error

    def _unreadable(self, reason: str = N_("it is damaged or protected by a password")) -> ImportRefused:
        """Refusal of a damaged archive; a user who chose an .xlsx knows it as a workbook."""
        if self.name.lower().endswith((".xlsx", ".xlsm")):
            return UnreadableWorkbook(file=self.name, reason=WORKBOOK_DAMAGED)
        return UnreadableArchive(file=self.name, reason=reason)

    def _peeked(self, stream: Readable) -> tuple[bytes, Readable]:
        self._stream = stream
        head = self.read(HEAD_BYTES)
        if not head.strip(b"\xef\xbb\xbf \t\r\n"):
            raise EmptyFile(file=self.name)
        if head.startswith((b"PK\x03\x04", b"\x1f\x8b", OLD_OFFICE)):
            raise self._unreadable(N_("its content is not a CSV"))
        self._refuse_other_formats(head)
        return head, Chained(head, stream)


_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1a\x1b")


def _is_binary(head: bytes) -> bool:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > max(4, len(head) // 100)
