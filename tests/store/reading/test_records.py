"""Record reading: every record is imported, rejected or blank, and both reading modes agree."""

import csv
import io
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from faxcloud.domain.columns import EXPORT_HEADER
from faxcloud.errors import ImportRefused
from faxcloud.store.reading import records as records_module
from faxcloud.store.reading import rows as rows_module
from faxcloud.store.reading.records import is_blank, read_records
from tests.store.reading.exports import ROWS, Reading, csv_text, read, write

HEADER = ("Mode", "Numéro appelé", "Nombre de pages", "Utilisateur", "Service")
FIELDS = st.text(alphabet='ab1 "";,|\t\n\réœ€–\u00a0', max_size=8)
PIECES = st.one_of(st.none(), st.integers(1, 60))


def read_bytes(content: bytes, piece_bytes: int | None = None) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        return read(write(Path(folder) / "export.csv", content), piece_bytes=piece_bytes)


def says_something(row: list[str]) -> bool:
    return not is_blank(tuple(field.encode() for field in row))


@settings(max_examples=100, deadline=None)
@given(
    # A mode in front: a line within quotes that could be a record by itself is taken for one, on purpose.
    rows=st.lists(
        st.tuples(st.sampled_from(["SF", "RF", ""]), FIELDS, FIELDS, FIELDS), min_size=1, max_size=12
    ),
    delimiter=st.sampled_from(";,\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be"]),
    piece_bytes=PIECES,
)
def test_what_python_writes_comes_back_equal(
    rows: list[tuple[str, ...]],
    delimiter: str,
    end: str,
    quoting: int,
    encoding: str,
    piece_bytes: int | None,
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    table = [[*row, "end"] for row in rows]
    writer.writerows([HEADER, *table])
    reading = read_bytes(text.getvalue().encode(encoding), piece_bytes)
    ambiguous = []
    for row in table:
        alone = io.StringIO()
        csv.writer(alone, delimiter=delimiter, lineterminator="", quoting=quoting).writerow(row)  # type: ignore[arg-type]
        lines = alone.getvalue().split(end[-1])
        ambiguous.append(sum(line.count(delimiter) >= len(row) - 1 for line in lines) > 1)
    if not any(ambiguous):
        assert reading.rejects == []
        assert [[row[3], row[7], row[10], row[1]] for row in reading.rows] == [row[:4] for row in table]
    assert reading.blank == 0


@settings(max_examples=150, deadline=None)
@given(
    body=st.text(alphabet='ab"";;;\n\n\r\t é', max_size=120).map(lambda text: text.encode("cp1252")),
    piece_bytes=st.integers(1, 40),
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
def test_pieces_of_any_size_give_what_reading_record_by_record_gives(
    body: bytes, piece_bytes: int, end: bytes
) -> None:
    assume(end != b"\r" or not body.startswith((b"\r", b"\n")))  # that would be another line end
    header = ";".join(HEADER[:3]).encode("cp1252") + end
    newline = b"\r" if end == b"\r" else b"\n"
    exact = list(read_records(body, b";", newline, 3, is_last=True))
    rows = [record.fields for record in exact if record.fields is not None and not is_blank(record.fields)]
    if not body.strip(b" ;,|\t\r\n\x1a"):
        with pytest.raises(ImportRefused):
            read_bytes(header + body)
        return
    for size in (piece_bytes, None):
        reading = read_bytes(header + body, size)
        # A delimiter after each record, or two kinds of line ends, are other dialects.
        assume(reading.export.width == 3 and not reading.export.repairs)
        assert reading.records == sum(record.count for record in exact)
        assert [(row[3], row[7], row[10]) for row in reading.rows] == [
            tuple(field.decode("cp1252") for field in row) for row in rows
        ]
        assert [(reject.reason, reject.text) for reject in reading.rejects] == [
            (record.reason, record.text.decode("cp1252")) for record in exact if record.fields is None
        ]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_makes_a_record_disappear(data: st.DataObject) -> None:
    good = bytearray(csv_text(ROWS * 4).encode("cp1252"))
    header = good.index(b"\n") + 1
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(header, len(good)))
        action = data.draw(st.sampled_from(["insert", "replace", "delete"]))
        piece = data.draw(st.sampled_from([b'"', b";", b"\n", b"\r", b"\0", b'"\n', b'""', b"\x81", b";;;;"]))
        good[at : at + (0 if action == "insert" else len(piece))] = b"" if action == "delete" else piece
    content = bytes(good)
    found = read_records(content[header:], b";", b"\n", 14, is_last=True)
    exact = [record for record in found for _ in range(record.count)]
    reading = read_bytes(content, data.draw(PIECES))
    assume(reading.export.width == 14 and not reading.export.repairs)
    assert reading.records == len(exact)
    # Of blank records, which may hold delimiters and NULs, no text is kept.
    written, found_again = content[header:], b"".join(record.text for record in exact)
    assert written.translate(None, b" ;\t\r\n\0") == found_again.translate(None, b" ;\t\r\n\0")
    numbers = sorted([*reading.lines, *(reject.line for reject in reading.rejects)])
    assert len(set(numbers)) == len(numbers) == reading.records - reading.blank
    for reject in reading.rejects:
        assert reject.reason in (*records_module.REASONS, *rows_module.REASONS)
        assert reject.text == exact[reject.line - 1].text.decode("cp1252", "replace")


@pytest.mark.parametrize("piece_bytes", [None, 11, 100, 1000])
def test_one_stray_quote_costs_one_record(piece_bytes: int | None) -> None:
    rows = [(str(number), *ROWS[number % 3][1:]) for number in range(30)]
    good = csv_text(rows).encode("cp1252")
    lines = good.splitlines(keepends=True)
    chosen = random.Random(3)
    for at in (0, 1, *(chosen.randrange(len(lines[15])) for _ in range(20))):
        line = lines[15][:at] + b'"' + lines[15][at:]
        reading = read_bytes(b"".join([*lines[:15], line, *lines[16:]]), piece_bytes)
        assert [row for row in reading.rows if row[0].replace('"', "") != "14"] == rows[:14] + rows[15:]
        assert len(reading.rows) + len(reading.rejects) == reading.records == 30
        for reject in reading.rejects:
            assert (reject.line, reject.reason) == (15, records_module.STRAY_QUOTE)
            assert reject.text.encode("cp1252") == line.rstrip(b"\r\n")


def test_a_stray_quote_among_quoted_rows_costs_one_record() -> None:
    rows = [tuple(f'"{field}"' for field in (str(number), *ROWS[number % 3][1:])) for number in range(30)]
    lines = csv_text(rows).encode("cp1252").splitlines(keepends=True)
    plain = [tuple(field[1:-1] for field in row) for row in rows]
    for at in range(0, len(lines[15]), 3):
        line = lines[15][:at] + b'"' + lines[15][at:]
        for piece_bytes in (None, 500):
            reading = read_bytes(b"".join([*lines[:15], line, *lines[16:]]), piece_bytes)
            assert [row for row in reading.rows if row in plain[:14] + plain[15:]] == plain[:14] + plain[15:]
            assert len(reading.rows) + len(reading.rejects) == reading.records == 30


@pytest.mark.parametrize("quoted_rows", [False, True])
def test_one_stray_quote_in_the_header_loses_nothing(quoted_rows: bool) -> None:
    header, *lines = csv_text(ROWS * 5).encode("cp1252").splitlines(keepends=True)
    if quoted_rows:
        lines = [b'"' + line.rstrip().replace(b";", b'";"') + b'"\r\n' for line in lines]
    for at in range(len(header.rstrip()) + 1):
        reading = read_bytes(b"".join([header[:at] + b'"' + header[at:], *lines]))
        assert reading.rows == list(ROWS) * 5
        assert reading.export.layout.match.unknown == ()


@pytest.mark.parametrize("newline", [b"\n", b"\r"])
@pytest.mark.parametrize("blank", [b"", b";;", b" \t; "])
def test_blank_lines_that_follow_each_other_are_read_as_one_record(newline: bytes, blank: bytes):
    data = (blank + newline) * 10_000 + b'1;2;"3' + newline + (blank + newline) * 10_000
    first, stray, last = read_records(data, b";", newline, 3, is_last=True)
    assert (first.count, last.count, is_blank(first.fields or ()), last.end) == (
        10_000,
        10_000,
        True,
        len(data),
    )
    assert stray.text == b'1;2;"3'


def test_a_quote_that_is_never_closed_costs_one_record() -> None:
    rows = list(ROWS) * 5_000
    lines = csv_text(rows).encode("cp1252").splitlines(keepends=True)
    lines[100] = b'"' + lines[100]
    content = b"".join(lines)
    assert len(content) > records_module.LONGEST_FIELD
    reading = read_bytes(content)
    assert reading.rows == rows[:99] + rows[100:]
    assert [(reject.line, reject.reason) for reject in reading.rejects] == [(100, records_module.STRAY_QUOTE)]


def test_records_of_another_width_are_rejected_with_their_text() -> None:
    header, *lines = csv_text().splitlines()
    reading = read_bytes("\n".join([header, lines[0], "1;2;3", lines[1] + ";x", lines[2]]).encode("cp1252"))
    assert (reading.rows, reading.lines) == ([ROWS[0], ROWS[2]], [1, 4])
    assert [(reject.line, reject.reason, reject.text) for reject in reading.rejects] == [
        (2, records_module.TOO_FEW, "1;2;3"),
        (3, records_module.TOO_MANY, lines[1] + ";x"),
    ]


def test_the_header_of_every_column_is_known() -> None:
    assert len(read_bytes(csv_text().encode("cp1252")).export.layout.match.columns) == len(EXPORT_HEADER)
