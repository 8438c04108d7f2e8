"""Encodings and CSV dialects: the same rows from every way of writing them."""

import codecs
import csv
import gzip
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from faxcloud.domain.columns import EXPORT_HEADER, SOURCE_NAMES
from faxcloud.services.sample.export import write_sample
from tests.store.reading.exports import ROWS, csv_text, read, write

ENCODINGS = {
    "utf-8": ("utf-8", b""),
    "utf-8 with BOM": ("utf-8", codecs.BOM_UTF8),
    "windows-1252": ("cp1252", b""),
    "utf-16-le with BOM": ("utf-16-le", codecs.BOM_UTF16_LE),
    "utf-16-be with BOM": ("utf-16-be", codecs.BOM_UTF16_BE),
    "utf-16-le": ("utf-16-le", b""),
    "utf-16-be": ("utf-16-be", b""),
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("piece_bytes", [None, 7, 64])
def test_every_encoding_gives_the_same_rows(tmp_path: Path, name: str, piece_bytes: int | None) -> None:
    encoding, bom = ENCODINGS[name]
    path = write(tmp_path / "export.csv", bom + csv_text().encode(encoding))
    reading = read(path, piece_bytes=piece_bytes)
    assert reading.rows == list(ROWS)
    assert reading.lines == [1, 2, 3]
    assert reading.export.encoding == name.removesuffix(" with BOM")
    assert (reading.records, reading.blank, reading.rejects, reading.replaced) == (3, 0, [], 0)
    assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_latin_1_is_read_as_the_windows_encoding_that_extends_it(tmp_path: Path) -> None:
    row = ("1", "Zoë Müller-Ñandú", *ROWS[0][2:])
    assert read(write(tmp_path / "export.csv", csv_text([row]), "latin-1")).rows == [row]


def test_surrogate_pairs_survive_utf_16_at_every_block_boundary(tmp_path: Path) -> None:
    row = ("1", "Tél 📠📠📠 fax", *ROWS[0][2:])
    path = write(tmp_path / "export.csv", csv_text([row] * 5), "utf-16")
    for piece_bytes in range(1, 12):
        assert read(path, piece_bytes=piece_bytes).rows == [row] * 5


def test_a_lone_surrogate_is_shown_and_counted(tmp_path: Path) -> None:
    content = (
        csv_text([("1", "a?b", *ROWS[0][2:])]).encode("utf-16-le").replace(b"a\0?\0b\0", b"a\0\0\xd8b\0")
    )
    reading = read(write(tmp_path / "export.csv", codecs.BOM_UTF16_LE + content))
    assert reading.rows[0][1] == "a\ufffdb"
    assert reading.replaced == 1


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_an_undefined_byte_becomes_a_replacement_character_and_is_counted(tmp_path: Path, byte: int) -> None:
    content = csv_text().encode("cp1252")
    marked = content.replace(b"33199000659", b"331" + bytes([byte]) + b"99000659").replace(
        b"ller \x96", b"l" + bytes([byte, byte])
    )
    reading = read(write(tmp_path / "export.csv", marked))
    assert reading.rows[0][7] == "331\ufffd99000659"
    assert reading.rows[0][1] == "Mül\ufffd\ufffd Élise"
    assert reading.replaced == 2
    assert reading.rows[1:] == list(ROWS[1:])


def test_every_byte_of_windows_1252_means_what_python_says(tmp_path: Path) -> None:
    odd = [bytes([code]) for code in range(128, 256)]
    values = [b"x" + one + b"y" for one in odd] + [b"".join(odd), b""] * 2
    row = csv_text([("1", "user", *ROWS[0][2:7], "NUMBER", *ROWS[0][8:])]).encode("cp1252").splitlines()
    lines = [row[1].replace(b"user", value).replace(b"NUMBER", value) for value in values]
    reading = read(write(tmp_path / "export.csv", b"\r\n".join([row[0], *lines])))
    expected = [value.decode("cp1252", "replace") for value in values]
    assert [row[1] for row in reading.rows] == expected
    assert [row[7] for row in reading.rows] == expected
    # In the name and in the number: five bytes alone, and the value that holds all of them twice.
    assert reading.replaced == 2 * (5 + 2)


def test_a_damaged_byte_does_not_make_windows_1252_of_a_utf_8_file(tmp_path: Path) -> None:
    content = csv_text([*ROWS, ("4", "A?B", *ROWS[0][2:])]).encode().replace(b"A?B", b"A\xe9B")
    reading = read(write(tmp_path / "export.csv", content))
    assert reading.export.encoding == "utf-8"
    assert reading.rows[:3] == list(ROWS)
    assert reading.rows[3][1] == "AéB"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "unended"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL], ids=["minimal", "all"])
def test_every_dialect_gives_the_same_rows(
    tmp_path: Path, delimiter: str, end: str, last: bool, quoting: int
) -> None:
    rows = [*ROWS, ("9", 'a ""b"" "c";,\t|', *ROWS[0][2:6], "one\ntwo\r\nthree", *ROWS[0][7:]), *ROWS]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([EXPORT_HEADER, *rows])
    content = text.getvalue() if last else text.getvalue().removesuffix(end)
    path = write(tmp_path / "export.csv", content)
    for piece_bytes in (None, 50, 333):
        reading = read(path, piece_bytes=piece_bytes)
        assert reading.rows == rows
        assert reading.rejects == []
        assert reading.export.delimiter == delimiter


@pytest.mark.parametrize("packing", ["gz", "gz of two members", "zip", "zip from a Mac"])
def test_a_packed_file_gives_the_same_rows(tmp_path: Path, packing: str) -> None:
    content = csv_text(ROWS * 300).encode("cp1252")
    path = tmp_path / "export"
    if packing.startswith("gz"):
        half = len(content) // 2 if "two" in packing else len(content)
        path.write_bytes(
            gzip.compress(content[:half]) + (gzip.compress(content[half:]) if "two" in packing else b"")
        )
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/", b"")
            archive.writestr("folder/export.csv", content)
            if "Mac" in packing:
                archive.writestr("__MACOSX/._export.csv", b"\0\5\26\7")
    reading = read(path)
    assert reading.rows == list(ROWS) * 300
    assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert reading.export.source.done == path.stat().st_size


def test_columns_are_found_by_name_in_any_order(tmp_path: Path) -> None:
    order = [13, 7, 3, 10, 0]
    header = [*(EXPORT_HEADER[at] for at in order), "Service (facturé)", ""]
    text = "\n".join(
        ";".join(line) for line in [header, *([*(row[at] for at in order), "x", ""] for row in ROWS)]
    )
    reading = read(write(tmp_path / "export.csv", text))
    assert reading.rows == [tuple(row[at] if at in order else "" for at in range(14)) for row in ROWS]
    assert reading.export.layout.match.unknown == ("Service (facturé)",)


@pytest.mark.parametrize(
    "before",
    ["sep=;\r\n", "\r\n\r\n", ";;;\r\n", "sep=;\n\n"],
    ids=["sep", "blank", "separators", "sep, blank"],
)
def test_what_stands_before_the_header_is_skipped(tmp_path: Path, before: str) -> None:
    assert read(write(tmp_path / "export.csv", before + csv_text())).rows == list(ROWS)


def test_a_header_may_begin_with_an_unnamed_column(tmp_path: Path) -> None:
    lines = csv_text(delimiter="\t").splitlines()
    text = "\n".join(f"{number or ''}\t{line}" for number, line in enumerate(lines))
    assert read(write(tmp_path / "export.csv", text)).rows == list(ROWS)


@pytest.mark.parametrize("mark", [b"\x1a", b"\x1a\x1a"])
def test_the_end_of_file_mark_of_dos_is_no_record(tmp_path: Path, mark: bytes) -> None:
    for piece_bytes in (None, 5):
        reading = read(write(tmp_path / "e.csv", csv_text().encode("cp1252") + mark), piece_bytes=piece_bytes)
        assert (reading.rows, reading.records) == (list(ROWS), 3)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_blank_records_are_counted_and_the_others_keep_their_numbers(tmp_path: Path, encoding: str) -> None:
    blanks = ["", ";" * 13, " ; ;\t;" + ";" * 10, ";".join(["\u00a0"] * 14), ";;"]
    lines = csv_text().splitlines()
    text = "\n".join([lines[0], lines[1], *blanks, lines[2], lines[3], ""])
    reading = read(write(tmp_path / "export.csv", text, encoding))
    assert (reading.rows, reading.lines, reading.blank) == (list(ROWS), [1, 7, 8], 5)
    assert reading.records == 8


def test_a_nul_inside_a_field_is_kept(tmp_path: Path) -> None:
    row = ("1", "a\0b", *ROWS[0][2:7], "33\0199", *ROWS[0][8:])
    assert read(write(tmp_path / "export.csv", csv_text([row, *ROWS]))).rows == [row, *ROWS]


def test_a_quoted_header_may_hold_delimiters_and_line_breaks(tmp_path: Path) -> None:
    text = '"Note, interne",Mode,"Numéro\nappelé",Nombre de pages\nx,SF,33199000659,1\n'
    reading = read(write(tmp_path / "export.csv", text))
    found = dict(zip(SOURCE_NAMES, reading.rows[0], strict=True))
    assert (found["mode"], found["called_text"], found["pages"]) == ("SF", "33199000659", "1")
    assert reading.export.layout.match.unknown == ("Note, interne",)


def test_the_sample_is_the_same_in_every_encoding_and_piece_size(tmp_path: Path) -> None:
    facts = write_sample(tmp_path / "one.csv", 2_000)
    write_sample(tmp_path / "two.csv", 2_000, encoding="utf-8")
    first = read(tmp_path / "one.csv")
    assert len(first.rows) == facts.rows == 2_000
    assert read(tmp_path / "two.csv").rows == first.rows
    assert read(tmp_path / "one.csv", piece_bytes=1_000).rows == first.rows
    modes = [row[SOURCE_NAMES.index("mode")] for row in first.rows]
    assert (modes.count("SF"), modes.count("RF")) == (facts.sent, facts.received)
