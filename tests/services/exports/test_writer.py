"""Export files: complete, harmless to spreadsheets, and read back unchanged."""

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from faxcloud.domain.entries import ENTRY, ENTRY_NAMES, FORMULA_STARTS, plain_text, text_cell
from faxcloud.domain.filters import Filters
from faxcloud.errors import ExportFailed, FilterInvalid
from faxcloud.services.exports import ods, workbooks
from faxcloud.services.exports.formats import FORMATS
from tests.small_lake import SMALL, Questions, ask, at, fax, small_lake
from tests.store.reading.exports import read

HOSTILE = (
    "=1+1", "+33 1", "-5", "@SUM(A1)", "\tx", "\rx", '=cmd|\' /C calc\'!A0', 'a"b', "a,b", "a;b", "a\nb",
    "é –", '="x"', "=" + 'x"' * 300, " =1", "'=1", "",
)  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Questions]:
    asked = small_lake(tmp_path / "lake")
    yield asked
    asked.engine.close()


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Questions]:
    rows = [fax(line, sent_at=at(4), fax_id=text, user_name=text) for line, text in enumerate(HOSTILE, 1)]
    asked = small_lake(tmp_path / "lake", rows)
    yield asked
    asked.engine.close()


def table_of(text: str, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def test_csv_has_the_contracts_columns_and_the_whole_selection(small: Questions, tmp_path: Path) -> None:
    target = tmp_path / "faxes.csv"
    assert small.exports.write(Filters(), "csv", target) == 8
    rows = table_of(target.read_text("utf-8"))
    assert tuple(rows[0]) == ENTRY_NAMES
    assert [(row["report_id"], row["line"]) for row in rows[:2]] == [("r1", "1"), ("r1", "2")]
    first, without_date = rows[0], rows[6]
    assert (first["valide"], first["date_heure"], first["pages_facturees"]) == (
        "1",
        "2026-03-04 09:00:00",
        "3.50",
    )
    assert (without_date["valide"], without_date["date_heure"]) == ("0", "")
    assert without_date["avertissements"] == "date.unreadable"
    assert (rows[1]["interne"], rows[2]["international"], rows[3]["interne"]) == ("1", "0", "")


def test_csv_for_excel_in_french(small: Questions) -> None:
    pieces = small.exports.stream(Filters(q="helene"), separator=";", bom=True, decimal_comma=True)
    text = b"".join(pieces).decode("utf-8")
    assert text.startswith("\ufefffax_id;mode;")
    assert [row["pages_facturees"] for row in table_of(text[1:], ";")] == ["3,50", "1,00"]


def test_a_decimal_comma_between_commas_is_quoted(small: Questions) -> None:
    text = b"".join(small.exports.stream(Filters(q="helene"), decimal_comma=True)).decode()
    assert [row["pages_facturees"] for row in table_of(text)] == ["3,50", "1,00"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_safe_csv_is_text_to_a_spreadsheet_and_reads_back_as_it_was(
    hostile: Questions, separator: str
) -> None:
    text = b"".join(hostile.exports.stream(Filters(), separator=separator)).decode()
    cells = [row["utilisateur"] for row in table_of(text, separator)]
    assert cells == [text_cell(value) for value in HOSTILE]
    assert [plain_text(cell) for cell in cells] == list(HOSTILE)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_raw_csv_holds_the_texts_themselves(hostile: Questions, separator: str) -> None:
    text = b"".join(hostile.exports.stream(Filters(), separator=separator, raw=True)).decode()
    assert [row["fax_id"] for row in table_of(text, separator)] == list(HOSTILE)


@given(st.text(max_size=400))
def test_a_text_cell_is_never_a_formula_of_its_own_and_reads_back(value: str) -> None:
    cell = text_cell(value)
    assert plain_text(cell) == (value if cell != value else plain_text(value))
    if value.startswith(tuple(FORMULA_STARTS)):
        assert plain_text(cell) == value
        outside = cell.split('"')[
            ::2
        ]  # what stands between texts in quotes, a doubled quote counting as none
        assert {part for part in outside if part} <= {"=", "&"}
        assert max(len(part) for part in cell.split('"')) <= 255


def test_json_is_an_array_of_the_same_columns(small: Questions, tmp_path: Path) -> None:
    assert small.exports.write(Filters(), "json", tmp_path / "x.json") == 8
    rows = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert len(rows) == 8
    assert tuple(rows[0]) == ENTRY_NAMES
    assert (rows[0]["pages"], rows[0]["valide"], rows[0]["date_heure"]) == (3, 1, "2026-03-04 09:00:00")
    assert (rows[0]["pages_facturees"], rows[4]["pages"]) == (3.5, None)


def test_parquet_keeps_the_types(small: Questions, tmp_path: Path) -> None:
    assert small.exports.write(Filters(), "parquet", tmp_path / "x.parquet") == 8
    table = pq.read_table(tmp_path / "x.parquet")
    assert tuple(table.column_names) == ENTRY_NAMES
    types = {
        name: str(table.schema.field(name).type)
        for name in ("date_heure", "valide", "pages", "pages_facturees")
    }
    assert types == {
        "date_heure": "timestamp[us]", "valide": "bool", "pages": "int32",
        "pages_facturees": "decimal128(12, 2)",
    }  # fmt: skip


def test_xlsx_has_dates_and_numbers_as_such_and_called_numbers_as_text(
    hostile: Questions, tmp_path: Path
) -> None:
    assert hostile.exports.write(Filters(), "xlsx", tmp_path / "x.xlsx") == len(HOSTILE)
    sheet = CalamineWorkbook.from_path(str(tmp_path / "x.xlsx")).get_sheet_by_index(0).to_python()
    rows = [dict(zip(ENTRY_NAMES, row, strict=True)) for row in sheet[1:]]
    assert tuple(sheet[0]) == ENTRY_NAMES
    assert [row["utilisateur"] for row in rows[:4]] == ["=1+1", "+33 1", "-5", "@SUM(A1)"]
    assert (rows[0]["numero_normalise"], rows[0]["pages"], rows[0]["date_heure"]) == (
        "33327936943",
        1.0,
        at(4),
    )


WHITE_SPACE = ("  two  blanks ", "a\r\nb\tc", " ", "\n", "<a&b>'\"", "x" * 40_000)
TYPED: dict[str, Callable[[str], object]] = {
    "text": str, "whole": float, "amount": float, "flag": float, "instant": dt.datetime.fromisoformat,
}  # fmt: skip


def test_ods_reads_back_equal_to_the_csv_export_in_values_and_types(tmp_path: Path):
    rows = [
        fax(line, sent_at=at(4, 9, line % 60), fax_id=text, user_name=text, billed_pages=Decimal("3.50"))
        for line, text in enumerate((*HOSTILE, *WHITE_SPACE), 1)
    ]
    asked = small_lake(tmp_path / "lake", [*SMALL, *rows])
    assert asked.exports.write(Filters(), "ods", tmp_path / "x.ods") == len(rows) + len(SMALL)
    csv_text = b"".join(asked.exports.stream(Filters(), raw=True)).decode()
    asked.engine.close()
    expected = [
        [TYPED[column.kind](row[column.name]) if row[column.name] else "" for column in ENTRY]
        for row in table_of(csv_text)
    ]
    book = CalamineWorkbook.from_path(str(tmp_path / "x.ods"))
    titles, *found = book.get_sheet_by_index(0).to_python()
    assert (book.sheet_names, tuple(titles)) == (["Sheet1"], ENTRY_NAMES)
    assert found == expected
    assert [[type(cell) for cell in row] for row in found] == [
        [type(cell) for cell in row] for row in expected
    ]


def test_ods_has_its_media_type_first_and_no_formula(hostile: Questions, tmp_path: Path):
    hostile.exports.write(Filters(), "ods", tmp_path / "x.ods")
    with zipfile.ZipFile(tmp_path / "x.ods") as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read(first).decode() == FORMATS["ods"].media_type
        assert b"table:formula" not in archive.read("content.xml")


def test_ods_says_where_it_had_to_replace_characters(tmp_path: Path):
    asked = small_lake(tmp_path / "lake", [fax(1, user_name="a\x01b\x02", fax_id="\uffff"), fax(2)])
    asked.exports.write(Filters(), "ods", tmp_path / "x.ods")
    asked.engine.close()
    book = CalamineWorkbook.from_path(str(tmp_path / "x.ods"))
    row = book.get_sheet_by_index(0).to_python()[1]
    assert (row[0], row[ENTRY_NAMES.index("utilisateur")]) == ("\ufffd", "a\ufffdb\ufffd")
    notes = book.get_sheet_by_name("Notes").to_python()
    assert "in 2 cells" in notes[0][0]
    assert "dans 2 cellules" in notes[1][0]


def test_a_full_sheet_of_ods_is_followed_by_another(small: Questions, tmp_path: Path):
    with (
        small.faxes.entries(small.faxes.select(Filters())) as batches,
        (tmp_path / "x.ods").open("wb") as file,
    ):
        ods.write_ods(file, batches, rows_per_sheet=3)
    book = CalamineWorkbook.from_path(str(tmp_path / "x.ods"))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert [tuple(sheet[0]) for sheet in sheets] == [ENTRY_NAMES] * 3
    lines = [row[ENTRY_NAMES.index("line")] for sheet in sheets for row in sheet[1:]]
    csv_text = b"".join(small.exports.stream(Filters())).decode()
    assert lines == [float(row["line"]) for row in table_of(csv_text)]


def test_a_full_sheet_is_followed_by_another(
    small: Questions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        small.faxes.entries(small.faxes.select(Filters())) as batches,
        (tmp_path / "x.xlsx").open("wb") as file,
    ):
        workbooks.write_workbook(file, batches, rows_per_sheet=3)
    book = CalamineWorkbook.from_path(str(tmp_path / "x.xlsx"))
    assert [len(book.get_sheet_by_name(name).to_python()) - 1 for name in book.sheet_names] == [3, 3, 2]
    csv_text = b"".join(small.exports.stream(Filters())).decode()
    read_again = read(tmp_path / "x.xlsx")
    assert (read_again.records, read_again.lines) == (8, list(range(1, 9)))
    assert [row[0] for row in read_again.rows] == [row["fax_id"] for row in table_of(csv_text)]


def test_a_workbook_says_which_texts_it_had_to_cut(tmp_path: Path) -> None:
    texts = ("x" * 32_767, "x" * 32_768, "😀" * 20_000)
    asked = small_lake(tmp_path / "lake", [fax(line, user_name=text) for line, text in enumerate(texts, 1)])
    asked.exports.write(Filters(), "xlsx", tmp_path / "x.xlsx")
    asked.engine.close()
    book = CalamineWorkbook.from_path(str(tmp_path / "x.xlsx"))
    rows = book.get_sheet_by_index(0).to_python()[1:]
    at_user = ENTRY_NAMES.index("utilisateur")
    assert [row[at_user] for row in rows] == [texts[0], "x" * 32_766 + "…", "😀" * 16_383 + "…"]
    notes = book.get_sheet_by_name("Notes").to_python()
    assert "2 texts longer than 32,767 characters" in notes[0][0]
    assert notes[2:] == [["Sheet1!I3", "utilisateur", 32_768], ["Sheet1!I4", "utilisateur", 20_000]]
    assert read(tmp_path / "x.xlsx").records == 3


@pytest.mark.parametrize("format_", FORMATS)
def test_no_faxes_are_a_file_without_rows(tmp_path: Path, format_: str) -> None:
    asked = ask(tmp_path / "none")
    target = tmp_path / f"x.{format_}"
    assert asked.exports.write(Filters(), format_, target) == 0  # type: ignore[arg-type]
    assert target.stat().st_size > 0
    if format_ == "json":
        assert json.loads(target.read_text()) == []
    asked.engine.close()


def test_an_open_file_is_written_too_and_progress_is_told(small: Questions) -> None:
    told: list[tuple[int, int]] = []
    file = io.BytesIO()
    assert small.exports.write(Filters(), "csv", file, progress=lambda *at: told.append(at)) == 8
    assert len(table_of(file.getvalue().decode())) == 8
    assert told[-1] == (8, 8)


def test_a_target_that_cannot_be_written_fails_and_leaves_nothing(small: Questions, tmp_path: Path) -> None:
    (tmp_path / "taken.csv").mkdir()
    for target in (tmp_path / "missing" / "x.csv", tmp_path / "taken.csv"):
        with pytest.raises(ExportFailed, match="was not completed"):
            small.exports.write(Filters(), "csv", target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "taken.csv"]


def test_an_export_that_breaks_off_leaves_the_older_file(small: Questions, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("older")

    def stop(_rows: int, _total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportFailed, match="No space left"):
        small.exports.write(Filters(), "csv", tmp_path / "x.csv", progress=stop)
    assert (tmp_path / "x.csv").read_text() == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "x.csv"]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_full_disk_is_said_to_be_full(small: Questions, format_: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        pytest.raises(ExportFailed, match=r"space|open file"),
    ):
        small.exports.write(Filters(), format_, full)  # type: ignore[arg-type]


def test_an_unknown_separator_or_format_is_refused_before_anything_is_sent(
    small: Questions, tmp_path: Path
) -> None:
    with pytest.raises(FilterInvalid):
        small.exports.stream(Filters(), separator="x")
    with pytest.raises(FilterInvalid):
        small.exports.write(Filters(), "pdf", tmp_path / "x.pdf")  # type: ignore[arg-type]
    assert not (tmp_path / "x.pdf").exists()
