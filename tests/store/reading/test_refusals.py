"""Refused files: a specific error in both languages, and no file stays open."""

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faxcloud.errors import (
    AmbiguousColumns,
    EmptyFile,
    EncryptedWorkbook,
    FaxCloudError,
    HeaderOnly,
    ImportRefused,
    MissingColumns,
    NotATable,
    OversizedArchive,
    SourceChanged,
    SourceVanished,
    TooManyColumns,
    UnreadableArchive,
    UnreadableWorkbook,
)
from faxcloud.i18n import translator
from faxcloud.store.reading import Unpacking, open_export
from faxcloud.store.reading.source import OTHER_OFFICE, SIGNATURES
from tests.store.reading.exports import ROWS, csv_text, read, write

HEADER = csv_text([])
GOOD = csv_text(ROWS * 3_000).encode("cp1252")


def refusal(path: Path, kind: type[ImportRefused]) -> tuple[str, str]:
    """The message in English and in French."""
    with pytest.raises(ImportRefused) as caught:
        read(path)
    assert type(caught.value) is kind
    english, french = (caught.value.render(translator(language))[0] for language in ("en", "fr"))  # type: ignore[arg-type]
    assert english != french
    return english, french


@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\r\n \r\n", b"\xef\xbb\xbf\n"]
)
def test_a_file_without_content_is_empty(tmp_path: Path, content: bytes) -> None:
    assert refusal(write(tmp_path / "e.csv", content), EmptyFile)[0] == "e.csv is empty."
    write(tmp_path / "e.csv.gz", gzip.compress(content))
    refusal(tmp_path / "e.csv.gz", EmptyFile)


def test_a_required_column_that_is_there_twice_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "twice.csv", b"Mode;Pages;Num\xe9ro appel\xe9;Pages\nSF;1;33145221134;2\n")
    english, french = refusal(path, AmbiguousColumns)
    assert "Pages, Pages" in english
    assert "Pages, Pages" in french


@pytest.mark.parametrize(
    "content", [HEADER, HEADER.rstrip(), HEADER + "\r\n\r\n", HEADER + ";" * 13 + "\n", HEADER + "\x1a"]
)
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
def test_a_header_alone_is_refused(tmp_path: Path, content: str, encoding: str) -> None:
    refusal(write(tmp_path / "e.csv", content, encoding), HeaderOnly)


def test_missing_columns_are_named_with_what_was_found(tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv", "Date;Mode;Montant €\n01/02/2026;SF;3\n")
    for message in refusal(path, MissingColumns):
        assert "Numéro appelé, Nombre de page réel" in message
        assert "Date, Mode, Montant €" in message


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    refusal(write(tmp_path / "e.csv", csv_text().split("\n", 1)[1]), MissingColumns)


def test_more_columns_than_any_export_has_are_refused(tmp_path: Path) -> None:
    text = "\n".join([";".join(["Mode", "Numéro appelé", "Pages", *["x"] * 1_000]), ";" * 1_002])
    refusal(write(tmp_path / "e.csv", text), TooManyColumns)


@pytest.mark.parametrize(
    ("head", "english"),
    [
        *SIGNATURES,
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf\r\n<html><body>", "a web page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
        (b'{"error": "unauthorized"}', "JSON data"),
        (b'\n[ {"id": 1}', "JSON data"),
        (b'<?xml version="1.0"?><a>', "an XML document"),
        (bytes(range(256)) * 4, "binary data"),
    ],
)
def test_another_format_renamed_to_csv_is_named(tmp_path: Path, head: bytes, english: str) -> None:
    messages = refusal(write(tmp_path / "e.csv", head + bytes(range(256)) * 20), NotATable)
    assert messages[0] == f"e.csv is not a table: it looks like {english}."
    # Every kind has a French name: the English one appears nowhere.
    assert english not in messages[1]


@pytest.mark.parametrize(("member", "english"), OTHER_OFFICE)
def test_another_office_document_is_named(tmp_path: Path, member: str, english: str) -> None:
    with zipfile.ZipFile(tmp_path / "e.csv", "w") as archive:
        archive.writestr(member, b"x")
    messages = refusal(tmp_path / "e.csv", NotATable)
    assert english in messages[0]
    assert english not in messages[1]


def test_random_bytes_are_refused_whatever_they_are(tmp_path: Path) -> None:
    for seed in range(20):
        content = bytes((seed * 7919 + at * at * 31 + (at >> 3) * 17) & 0xFF for at in range(3_000))
        with pytest.raises(ImportRefused):
            read(write(tmp_path / "e.csv", content))


def ole_container(stream: str) -> bytes:
    """An OLE2 file whose directory, in its last sector, names one stream."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    entry = stream.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(stream) + 2)
    return bytes(header) + bytes(3 << 20) + entry.ljust(512, b"\0")


def test_a_workbook_with_a_password_is_refused_as_such(tmp_path: Path) -> None:
    path = write(tmp_path / "e.xlsx", ole_container("EncryptedPackage"))
    assert refusal(path, EncryptedWorkbook)[0] == "e.xlsx is protected by a password."


def test_an_old_word_document_is_named(tmp_path: Path) -> None:
    assert "Word" in refusal(write(tmp_path / "e.csv", ole_container("WordDocument")), NotATable)[0]


def zip_of(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def with_password_flag(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[6] |= 1
    changed[content.rindex(b"PK\1\2") + 8] |= 1
    return bytes(changed)


ARCHIVES = {
    "truncated gz": gzip.compress(GOOD)[:-200],
    "damaged gz": gzip.compress(GOOD)[:300] + b"\xff" * 40 + gzip.compress(GOOD)[340:],
    "gz with another end": gzip.compress(GOOD)[:-8] + b"\0" * 8,
    "gz of gz of gz": gzip.compress(gzip.compress(gzip.compress(GOOD))),
    "truncated zip": zip_of(("a.csv", GOOD))[:-200],
    "damaged zip": zip_of(("a.csv", GOOD)).replace(zip_of(("a.csv", GOOD))[300:340], b"\xff" * 40),
    "two files": zip_of(("a.csv", GOOD), ("b.csv", GOOD)),
    "no file": zip_of(),
    "zip in zip in zip": zip_of(("a.zip", zip_of(("b.zip", zip_of(("a.csv", GOOD)))))),
    "password": with_password_flag(zip_of(("a.csv", GOOD))),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    messages = refusal(write(tmp_path / "e.csv", ARCHIVES[name]), UnreadableArchive)
    assert messages[0].startswith("e.csv is not an archive that can be read: ")
    assert "{" not in "".join(messages)


@pytest.mark.parametrize("name", ["damaged gz", "truncated zip"])
def test_a_damaged_archive_is_refused_without_library_text(tmp_path: Path, name: str) -> None:
    english, french = refusal(write(tmp_path / "e.zip", ARCHIVES[name]), UnreadableArchive)
    assert english.endswith(": it is damaged or protected by a password.")
    assert french.endswith(": elle est endommagée ou protégée par un mot de passe.")


def test_a_zip_with_a_password_is_refused_as_such(tmp_path: Path) -> None:
    english, french = refusal(write(tmp_path / "e.zip", ARCHIVES["password"]), UnreadableArchive)
    assert english.endswith(": it is protected by a password.")
    assert french.endswith(": elle est protégée par un mot de passe.")


@pytest.mark.parametrize("content", [b"PK" + b"\x9d\x01" * 900, b"PK\3\4" + b"\x9d\x01" * 900])
def test_a_damaged_xlsx_is_refused_as_a_workbook(tmp_path: Path, content: bytes) -> None:
    english, french = refusal(write(tmp_path / "broken.xlsx", content), UnreadableWorkbook)
    assert english.startswith("broken.xlsx is not a workbook that can be read: it is damaged.")
    assert french.endswith(": il est endommagé.")


def test_the_reason_of_a_refusal_is_translated(tmp_path: Path) -> None:
    english, french = refusal(write(tmp_path / "e.zip", ARCHIVES["two files"]), UnreadableArchive)
    assert "it does not hold exactly one file" in english
    assert "it does not hold" not in french


def test_an_image_inside_an_archive_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "e.gz", gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(500)))
    assert "a PNG image" in refusal(path, NotATable)[0]


def test_data_without_line_ends_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv.gz", gzip.compress(HEADER.encode() + b"x;" * (8 << 20)))
    assert "line ends" in refusal(path, NotATable)[0]


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "a folder" in refusal(tmp_path, NotATable)[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "e.csv")
    refusal(tmp_path / "e.csv", NotATable)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "e.csv" in refusal(tmp_path / "e.csv", SourceVanished)[0]


@contextmanager
def without_rights() -> Iterator[None]:
    """As somebody who is not root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are another matter here")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv", GOOD)
    path.chmod(0)
    with without_rights():
        refusal(path, SourceVanished)


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_packed_file_that_unpacks_to_too_much_is_refused_while_it_is_read(kind: str, tmp_path: Path):
    path = tmp_path / f"bomb.csv.{kind}"
    content = GOOD + b"\n" * (4 << 20)
    if kind == "gz":
        path.write_bytes(gzip.compress(content, 1))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("export.csv", content)

    def read_all(unpacking: Unpacking) -> int:
        export = open_export(path, unpacking=unpacking)
        try:
            return sum(export.parse(raw).records for raw in export.raw_segments())
        finally:
            export.source.close()

    with pytest.raises(OversizedArchive):
        read_all(Unpacking(ratio=10_000, limit_bytes=3 << 20))
    assert read_all(Unpacking(ratio=1, limit_bytes=1 << 40)) == 3_000 * len(ROWS) + (4 << 20)


def test_a_packed_file_may_unpack_to_a_multiple_of_its_size_and_a_small_one_always_may():
    unpacking = Unpacking(ratio=200, limit_bytes=16 << 30)
    assert unpacking.most_bytes(1 << 20) == 200 << 20
    assert unpacking.most_bytes(1) == 64 << 20
    assert unpacking.most_bytes(1 << 40) == 16 << 30


def read_while(path: Path, change: Callable[[Path], object]) -> None:
    export = open_export(path)
    try:
        segments = export.raw_segments()
        export.parse(next(segments))
        change(path)
        for raw in segments:
            export.parse(raw)
        export.source.finish()
    finally:
        export.source.close()


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("name", ["grows", "shrinks", "is written again", "is replaced", "vanishes"])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, name: str, packed: bool) -> None:
    content = gzip.compress(GOOD * 30, 0) if packed else GOOD * 30
    path = write(tmp_path / "e.csv", content)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    change: Callable[[Path], object] = {
        "grows": append,
        "shrinks": lambda path: os.truncate(path, 100),
        "is written again": lambda path: path.write_bytes(content),
        "is replaced": lambda path: write(path.with_suffix(".new"), content).replace(path),
        "vanishes": Path.unlink,
    }[name]
    with pytest.raises(FaxCloudError) as caught:
        read_while(path, change)
    if name == "vanishes":
        assert type(caught.value) is SourceVanished
    elif name == "shrinks" and packed:
        assert type(caught.value) in (SourceChanged, UnreadableArchive)
    else:
        assert type(caught.value) is SourceChanged
