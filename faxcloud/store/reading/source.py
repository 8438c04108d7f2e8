"""Source file of an import: checked for changes while it is read, hashed, and unpacked where it is packed."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import lzma
import os
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from faxcloud.errors import (
    DiskFull,
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
OLD_OFFICE_STREAMS = (
    ("EncryptedPackage", ""),
    ("WordDocument", N_("a Word document")),
    ("PowerPoint Document", N_("a presentation")),
    ("Workbook", "xls"),
    ("Book", "xls"),
)
"""First match decides what a container of Office 97 to 2003 is."""

OTHER_OFFICE = (
    ("word/", N_("a Word document")),
    ("ppt/", N_("a presentation")),
    ("META-INF/manifest.xml", N_("an OpenDocument file")),
)
SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
WORKBOOK_DAMAGED = N_("it is damaged")
MARKUP = (b"<!doctype", b"<html", b"<?xml")
OFFICE_PAGE = b"urn:schemas-microsoft-com:office:excel"
JSON_STARTS = re.compile(rb'\s*(?:\{\s*"[^"\r\n]{0,200}"\s*:|\[\s*\{\s*"[^"\r\n]{0,200}"\s*:)')
GZIP = b"\x1f\x8b"

MOST_LAYERS = 2
"""Packed in another archive at most once: a .gz in a .zip, say."""


class Source:
    """File on disk, read once from front to back.

    Attributes:
        name: Name given by the user, for messages and the report.
        bytes: Size when it was opened.
        kind: `csv`, `xlsx`, `xls` or `ods`, by content: an extension proves nothing.
        container: Content of a workbook, to be read in any order; unpacked where it is packed.
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
            self.kind = "csv"
            self.container: IO[bytes] = self._file
            self._stream: Readable = self._opened_stream()
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

    def _opened_stream(self) -> Readable:
        """Stream of the CSV, or of the file itself where it holds a workbook."""
        head = self._file.read(HEAD_BYTES)
        self._file.seek(0)
        stream: Readable = Passing(self.pass_bytes)
        for layer in range(MOST_LAYERS + 1):
            self._refuse_empty(head)
            if _is_zip(head) or head.startswith(OLD_OFFICE):
                self.container = self._spooled(Chained(head, stream)) if layer else self._opened_again()
                self.kind = self._kind_of_container(head)
                if self.kind != "csv":
                    return Passing(self.pass_bytes)
            if not (_is_zip(head) or head.startswith(GZIP)):
                break
            if layer == MOST_LAYERS:
                raise self._unreadable(N_("its content is packed in too many archives"))
            stream = self._unpacked(head, stream, is_outermost=not layer)
            self._stream = stream
            head = self.read(HEAD_BYTES)
        self._refuse_other_formats(head)
        if not isinstance(stream, Passing):
            stream = Chained(head, stream)
        encoding = utf16_of(head)
        if encoding:
            self.utf16 = encoding
            return Transcoding(stream, encoding)
        if _is_binary(head):
            raise NotATable(file=self.name, looks_like=N_("binary data"))
        return stream

    def _refuse_empty(self, head: bytes) -> None:
        if not head.strip(b"\xef\xbb\xbf \t\r\n"):
            raise EmptyFile(file=self.name)

    def _unpacked(self, head: bytes, stream: Readable, *, is_outermost: bool) -> Readable:
        """Content of a .gz, or of the one file in a .zip, with a limit."""
        if not head.startswith(GZIP):
            stream = self._only_member(is_outermost=is_outermost)
        else:
            packed = stream if is_outermost else Chained(head, stream)
            stream = gzip.GzipFile(fileobj=io.BufferedReader(Raw(packed), 1 << 20))
        return Bounded(stream, self.name, self._unpacking.most_bytes(self.bytes))

    def _opened_again(self) -> IO[bytes]:
        try:
            return self._opened.enter_context(self.path.open("rb"))
        except OSError as error:
            raise SourceVanished(file=self.name) from error

    def _spooled(self, stream: Readable) -> IO[bytes]:
        """The rest of a stream as a temporary file, for what can only be read in any order."""
        self._stream = stream
        file = self._opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        while block := self.read(1 << 20):
            try:
                file.write(block)
                file.flush()
            except OSError as error:
                free = shutil.disk_usage(tempfile.gettempdir()).free
                raise DiskFull(needed=file.tell() + len(block), free=free) from error
        return file

    def _refuse_other_formats(self, head: bytes) -> None:
        for signature, what in SIGNATURES:
            if head.startswith(signature):
                raise NotATable(file=self.name, looks_like=what)
        text = decoded_head(head).lstrip(b"\xef\xbb\xbf \t\r\n")
        if text[:9].lower().startswith(MARKUP):
            raise NotATable(file=self.name, looks_like=_kind_of_markup(self.name, text.lower()))
        if JSON_STARTS.match(text):
            raise NotATable(file=self.name, looks_like=N_("JSON data"))

    def _kind_of_container(self, head: bytes) -> str:
        """Kind of workbook, or `csv` for a .zip that is none.

        Raises:
            NotATable, EncryptedWorkbook: it is a document of another kind, or cannot be read.
        """
        if head.startswith(OLD_OFFICE):
            return self._kind_of_old_office()
        try:
            with zipfile.ZipFile(self.container) as opened:
                names = opened.namelist()
                if any(name.startswith("xl/") for name in names):
                    return "xlsx"
                if "mimetype" in names and _is_spreadsheet(opened):
                    return "ods"
        except DAMAGED as error:
            raise self._unreadable() from error
        for member, what in OTHER_OFFICE:
            if any(name.startswith(member) for name in names):
                raise NotATable(file=self.name, looks_like=what)
        return "csv"

    def _kind_of_old_office(self) -> str:
        # The container's directory, with the names in UTF-16, may stand anywhere in it.
        found: set[str] = set()
        tail = b""
        self.container.seek(0)
        while block := self.container.read(1 << 20):
            found.update(name for name, _ in OLD_OFFICE_STREAMS if name.encode("utf-16-le") in tail + block)
            tail = block[-64:]
        for name, what in OLD_OFFICE_STREAMS:
            if name not in found:
                continue
            if name == "EncryptedPackage":
                raise EncryptedWorkbook(file=self.name)
            if what == "xls":
                return what
            raise NotATable(file=self.name, looks_like=what)
        raise NotATable(file=self.name, looks_like=N_("an old Office document"))

    def _only_member(self, *, is_outermost: bool) -> Readable:
        try:
            opened = self._opened.enter_context(zipfile.ZipFile(self.container))
            members = members_of(opened)
            if len(members) != 1:
                raise self._unreadable(N_("it does not hold exactly one file"))
            if members[0].flag_bits & 1:
                raise self._unreadable(N_("it is protected by a password"))
            pass_up_to = self.pass_up_to if is_outermost else _pass_nothing
            member = Member(pass_up_to, opened, members[0])
            self._opened.callback(member.close)
            return member
        except DAMAGED as error:
            raise self._unreadable() from error

    def _unreadable(self, reason: str = N_("it is damaged or protected by a password")) -> ImportRefused:
        """Refusal of a damaged archive; a user who chose an .xlsx knows it as a workbook."""
        if self.name.lower().endswith((".xlsx", ".xlsm")):
            return UnreadableWorkbook(file=self.name, reason=WORKBOOK_DAMAGED)
        return UnreadableArchive(file=self.name, reason=reason)


def _pass_nothing(_position: int) -> None:
    """The file's own bytes have been read already."""


def members_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Files of a .zip, without the folders and what macOS and Windows add."""
    return [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and PurePosixPath(member.filename).name not in (".DS_Store", "Thumbs.db", "desktop.ini")
    ]


def _is_zip(head: bytes) -> bool:
    """Also a damaged one; a CSV may begin with these letters."""
    return head.startswith(b"PK") and not head[2:3].decode("latin-1").isprintable()


def _is_spreadsheet(document: zipfile.ZipFile) -> bool:
    with document.open("mimetype") as file:
        return file.read(len(SPREADSHEET)) == SPREADSHEET


def decoded_head(head: bytes) -> bytes:
    """Beginning of a text as UTF-8 where it is UTF-16."""
    encoding = utf16_of(head)
    return head.decode(encoding, "replace").encode("utf-8", "replace") if encoding else head


def _kind_of_markup(name: str, text: bytes) -> str:
    """What XML or HTML is, with its way to a table where there is one; `text` is its lower-case beginning."""
    if b"urn:schemas-microsoft-com:office:spreadsheet" in text:
        return N_("an Excel XML spreadsheet; open it in Excel or LibreOffice and save it as .xlsx")
    is_spreadsheet = name.lower().endswith((".xls", ".xlsx")) or OFFICE_PAGE in text
    if is_spreadsheet and b"<table" in text:
        return N_(
            "a web page under the name of a workbook; open it in Excel or LibreOffice and save it as .xlsx"
        )
    is_page = text.startswith(b"<!doctype html") or b"<html" in text
    return N_("a web page") if is_page else N_("an XML document")


_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1a\x1b")


def _is_binary(head: bytes) -> bool:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > max(4, len(head) // 100)
