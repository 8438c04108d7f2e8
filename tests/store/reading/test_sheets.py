"""Sheets of a workbook (XLSX, XLS, ODS): which are read, which are left out, and what is hidden in them."""

import random
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from faxcloud.domain.columns import SOURCE_NAMES
from faxcloud.errors import EncryptedWorkbook, HiddenTable, ImportRefused, UnreadableWorkbook
from faxcloud.store.reading import open_export
from faxcloud.store.reading.workbook import SheetReading, SheetState, WorkbookExport
from tests.store.reading.exports import Reading, read
from tests.store.reading.ole import label, number, ole_container, record, xls
from tests.store.reading.test_workbooks import outcome_and_growth_mb
from tests.store.reading.workbooks import with_sheet

WILD = Path(__file__).parents[2] / "data" / "wild"
HEADER = ("Mode", "Numéro appelé", "Nombre de page réel", "Date et heure du fax")
SHUFFLED = ("Pages", "Centre de coût", "Numéro appelé", "Mode")

Sheets = dict[str, Sequence[Sequence[object]]]


def book(path: Path, sheets: Sheets, hidden: Sequence[str] = ()) -> Path:
    """An .xlsx whose first sheet is the active one, unless it is hidden."""
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            elif not any(other.name == "visible" for other in workbook.worksheets()):
                sheet.set_first_sheet()
            for number_, row in enumerate(rows):
                sheet.write_row(number_, 0, row)
        visible = [sheet for sheet in workbook.worksheets() if sheet.name not in hidden]
        (visible or workbook.worksheets())[0].activate()
    return path


def column(reading: Reading, name: str) -> list[str]:
    return [row[SOURCE_NAMES.index(name)] for row in reading.rows]


def sheets_of(reading: Reading) -> list[SheetReading]:
    assert isinstance(reading.export, WorkbookExport)
    return reading.export.sheets


@pytest.mark.parametrize(
    "name",
    [
        "f01_merged_title.xlsx",
        "f04_dates_as_text.xlsx",
        "f05_data_on_second_sheet.xlsx",
        "f06_one_sheet_per_week.xlsx",
        "f09_formulas_with_values.xlsx",
        "f18_strict_ooxml.xlsx",
        "f20_xlsx_named_xls.xls",
        "f22_duration_cells.xlsx",
        "g01_biff.xls",
        "g02_libreoffice.ods",
    ],
)
def test_workbooks_of_every_program_give_the_same_twelve_faxes(name: str):
    reading = read(WILD / name)
    assert column(reading, "fax_id") == [str(number_) for number_ in range(9_100_001, 9_100_013)]
    assert column(reading, "sent_at")[0] == "05/10/2026 08:00"
    assert sum(int(pages) for pages in column(reading, "pages")) == 30
    assert sum(int(seconds) for seconds in column(reading, "duration_s")) == 942
    assert (reading.records, reading.blank, reading.lines) == (12, 0, list(range(1, 13)))


def test_every_visible_table_is_read_whatever_the_order_of_its_columns(tmp_path: Path):
    sheets: Sheets = {
        "Avant": [HEADER, ("SF", "33199000001", 1), ("RF", "33199000002", 2)],
        "Lisez-moi": [("Exporté par le service",)],
        "Vide": [],
        "Après": [("Relevé",), SHUFFLED, (4, "C1", "33199000003", "SF")],
        "Sans fax": [HEADER],
    }
    reading = read(book(tmp_path / "e.xlsx", sheets))
    assert column(reading, "called_text") == ["33199000001", "33199000002", "33199000003"]
    assert column(reading, "pages") == ["1", "2", "4"]
    assert reading.lines == [1, 2, 3]
    assert reading.export.layout.match.unknown == ("Centre de coût",)
    assert [(sheet.name, sheet.state, sheet.header_row, sheet.records) for sheet in sheets_of(reading)] == [
        ("Avant", SheetState.READ, 1, 2),
        ("Lisez-moi", SheetState.WITHOUT_TABLE, 0, 0),
        ("Après", SheetState.READ, 2, 1),
    ]


def test_hidden_sheets_are_left_out_and_named(tmp_path: Path):
    sheets: Sheets = {
        "Ancien": [HEADER, ("SF", "33199000001", 1)],
        "Actuel": [HEADER, ("RF", "33199000002", 2)],
    }
    reading = read(book(tmp_path / "e.xlsx", sheets, hidden=["Ancien"]))
    assert column(reading, "called_text") == ["33199000002"]
    assert [(sheet.name, sheet.state) for sheet in sheets_of(reading)] == [
        ("Ancien", SheetState.HIDDEN),
        ("Actuel", SheetState.READ),
    ]


def test_faxes_on_hidden_sheets_alone_are_refused_by_the_name_of_the_sheet(tmp_path: Path):
    sheets: Sheets = {"Note": [("Bonjour",)], "Vieux": [HEADER, ("SF", "33199000001", 1)]}
    with pytest.raises(HiddenTable, match="Vieux"):
        read(book(tmp_path / "e.xlsx", sheets, hidden=["Vieux"]))


def test_hidden_sheets_and_rows_of_an_xls_are_known(tmp_path: Path):
    hidden_row = record(0x208, struct.pack("<HHHHHHHH", 1, 0, 3, 255, 0, 0, 0x20, 0))
    sheets = [("Ancien", 1, XLS_HEADER + XLS_FAX), ("Actuel", 0, XLS_HEADER + hidden_row + XLS_FAX)]
    (tmp_path / "e.xls").write_bytes(xls(sheets))
    reading = read(tmp_path / "e.xls")
    assert column(reading, "pages") == ["3"]
    assert [(sheet.name, sheet.state, sheet.hidden_rows) for sheet in sheets_of(reading)] == [
        ("Ancien", SheetState.HIDDEN, 0),
        ("Actuel", SheetState.READ, 1),
    ]


XLS_HEADER = b"".join(label(0, at, text) for at, text in enumerate(("Mode", "Numero appele", "Pages")))
XLS_FAX = label(1, 0, "SF") + label(1, 1, "33199000001") + number(1, 2, 3)


def test_rows_hidden_by_a_filter_are_read_and_counted(tmp_path: Path):
    path = tmp_path / "e.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate([HEADER, *[("SF", "33199000001", pages) for pages in (1, 2, 3)]]):
            sheet.write_row(at, 0, row)
        sheet.autofilter(0, 0, 3, 3)
        sheet.filter_column("C", "x > 2")
        sheet.set_row(1, options={"hidden": True})
        sheet.set_row(2, options={"hidden": True})
    reading = read(path)
    assert column(reading, "pages") == ["1", "2", "3"]
    assert [sheet.hidden_rows for sheet in sheets_of(reading)] == [2]


def test_formulas_without_a_stored_value_are_counted():
    reading = read(WILD / "f10_formulas_without_values.xlsx")
    assert column(reading, "pages") == [""] * 12
    assert [sheet.formulas_without_value for sheet in sheets_of(reading)] == [12]
    assert [
        sheet.formulas_without_value for sheet in sheets_of(read(WILD / "f09_formulas_with_values.xlsx"))
    ] == [0]


def test_an_empty_text_is_the_value_of_a_formula(tmp_path: Path):
    texts = b"".join(b'<c t="str"><v>%s</v></c>' % text for text in (b"Mode", b"Numero appele", b"Pages"))
    fax = b'<c t="str"><v>SF</v></c><c t="str"><f>A9</f><v></v></c><c><v>1</v></c>'
    path = with_sheet(tmp_path / "e.xlsx", b"<row>" + texts + b"</row><row>" + fax + b"</row>")
    assert [sheet.formulas_without_value for sheet in sheets_of(read(path))] == [0]


def test_error_cells_are_blank():
    reading = read(WILD / "f13_error_cells.xlsx")
    assert column(reading, "called_text").count("") == column(reading, "pages").count("") == 1


@pytest.mark.parametrize(
    ("name", "dates"),
    [
        ("f01_merged_title.xlsx", (12, 4, 0)),
        ("f04_dates_as_text.xlsx", (0, 0, 12)),
        ("f21_us_excel_opened_it.xlsx", (8, 0, 4)),
    ],
)
def test_dates_are_counted_by_the_type_of_their_cells(name: str, dates: tuple[int, int, int]):
    export = open_export(WILD / name)
    try:
        segments = [export.parse(raw) for raw in export.raw_segments()]
    finally:
        export.source.close()
    counted = [(part.date_cells, part.date_cells_day_above_12, part.date_texts) for part in segments]
    assert counted == [dates]


def ods(path: Path, rows: str) -> Path:
    """An .ods whose one sheet has these rows."""
    with zipfile.ZipFile(WILD / "g02_libreoffice.ods") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content = parts["content.xml"].decode()
    start, end = content.index("<table:table "), content.rindex("</table:table>")
    parts["content.xml"] = f'{content[:start]}<table:table table:name="Fax">{rows}{content[end:]}'.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def cell(text: str, attributes: str = "") -> str:
    start = f'<table:table-cell office:value-type="string" {attributes}>'
    return f"{start}<text:p>{text}</text:p></table:table-cell>"


def row(cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{cells}</table:table-row>"


REPEATED = 'table:number-columns-repeated="%d"'
EMPTY = f"<table:table-cell {REPEATED}/>"
ROWS = 'table:number-rows-repeated="%d"'
ODS_HEADER = row(cell("Mode") + cell("Pages") + cell("Numéro appelé"))
ODS_FAX = f"{cell('SF')}{cell('3')}{cell('33199000001')}{EMPTY % 16_381}"


def test_repeated_and_hidden_rows_of_an_ods_are_read(tmp_path: Path):
    hidden = row(ODS_FAX, f'table:visibility="filter" {ROWS % 2}')
    rows = hidden + row(ODS_FAX) + row(EMPTY % 16_384, ROWS % 1_048_000)
    reading = read(ods(tmp_path / "e.ods", ODS_HEADER + rows))
    assert column(reading, "called_text") == ["33199000001"] * 3
    assert [sheet.hidden_rows for sheet in sheets_of(reading)] == [2]


def test_formulas_without_a_value_in_an_ods_are_counted(tmp_path: Path):
    formula = '<table:table-cell table:formula="of:=1+1"/>'
    fax = row(cell("SF") + formula + cell("33199000001"))
    reading = read(ods(tmp_path / "e.ods", ODS_HEADER + fax))
    assert column(reading, "pages") == [""]
    assert [sheet.formulas_without_value for sheet in sheets_of(reading)] == [1]


ODS_BOMBS = {
    "rows": row(cell("x") * 9, ROWS % 1_048_575),
    "columns": row(cell("x", REPEATED % 16_384)),
    "far row": row(EMPTY % 1, ROWS % 900_000) + row(cell("x", REPEATED % 70)),
    "far column": row(EMPTY % 16_000 + cell("x")),
    "texts": row(cell("x" * 100_000), ROWS % 100_000),
}


@pytest.mark.parametrize("name", ODS_BOMBS)
def test_an_ods_that_would_cost_gigabytes_is_refused_before_it_does(tmp_path: Path, name: str):
    outcome, growth_mb = outcome_and_growth_mb(ods(tmp_path / "e.ods", ODS_HEADER + ODS_BOMBS[name]))
    assert outcome == ("TooManyColumns" if "column" in name else "OversizedWorkbook")
    assert growth_mb < 60


def xls_bomb(name: str) -> bytes:
    if name == "cells":
        return xls([(f"S{at}", 0, label(0, 0, "x") + label(65_535, 255, "x")) for at in range(10)])
    if name == "promise":
        size = record(0x200, struct.pack("<IIHHH", 0, 1 << 31, 0, 256, 0))
        return xls([("S", 0, size + XLS_HEADER + XLS_FAX)])
    long = b"".join(
        struct.pack("<HB", 20_000, 0) + b"x" * 20_000 if not at else struct.pack("<HB", 1, 1) + b"y\0"
        for at in range(10)
    )
    cells = b"".join(record(0xFD, struct.pack("<HHHI", row, 0, 0, 0)) for row in range(65_536))
    return xls([(f"S{at}", 0, cells) for at in range(3)], shared=long, texts=10)


@pytest.mark.parametrize("name", ["cells", "promise", "texts"])
def test_an_xls_that_would_cost_gigabytes_is_refused_before_it_does(tmp_path: Path, name: str):
    (tmp_path / "e.xls").write_bytes(xls_bomb(name))
    outcome, growth_mb = outcome_and_growth_mb(tmp_path / "e.xls")
    assert outcome == "OversizedWorkbook"
    assert growth_mb < 80


def test_a_shared_text_may_run_on_in_the_next_record(tmp_path: Path):
    text = "é" * 9_000
    first, second = text[:4_000].encode("latin-1"), text[4_000:].encode("utf-16-le")
    shared = struct.pack("<HB", 2, 0) + b"SF" + struct.pack("<HB", 9_000, 0) + first
    cells = record(0xFD, struct.pack("<HHHI", 1, 0, 0, 0)) + record(0xFD, struct.pack("<HHHI", 1, 1, 0, 1))
    content = xls([("S", 0, XLS_HEADER + cells)], shared + record(0x3C, b"\1" + second), 2)
    # The continuation is a record of its own: the length of the first must not include it.
    at = content.index(struct.pack("<II", 2, 2)) - 4
    length = struct.pack("<HH", 0xFC, 8 + len(shared))
    (tmp_path / "e.xls").write_bytes(content[:at] + length + content[at + 4 :])
    assert column(read(tmp_path / "e.xls"), "called_text") == [text]


def test_an_xls_with_a_password_is_refused_as_such(tmp_path: Path):
    bof = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 6))
    (tmp_path / "e.xls").write_bytes(ole_container("Workbook", bof + record(0x2F, bytes(54)) + record(0x0A)))
    with pytest.raises(EncryptedWorkbook):
        open_export(tmp_path / "e.xls")


@pytest.mark.parametrize("chain", [(1,), (0xFFFFFF00,), (2, 1)])
def test_an_xls_whose_sectors_lead_nowhere_is_refused(tmp_path: Path, chain: tuple[int, ...]):
    content = ole_container("Workbook", xls([("S", 0, XLS_HEADER + XLS_FAX)])[512:], chain=chain)
    (tmp_path / "e.xls").write_bytes(content)
    with pytest.raises(UnreadableWorkbook):
        open_export(tmp_path / "e.xls")


@pytest.mark.parametrize("name", ["g01_biff.xls", "g02_libreoffice.ods"])
def test_no_damage_to_a_workbook_is_worse_than_a_refusal(tmp_path: Path, name: str):
    good = (WILD / name).read_bytes()
    chosen = random.Random(5)
    outcomes = set()
    for turn in range(150):
        bad = bytearray(good)
        if turn % 3:
            for _ in range(1 << turn % 5):
                bad[chosen.randrange(len(bad))] = chosen.randrange(256)
        else:
            del bad[chosen.randrange(8, len(bad)) :]
        (tmp_path / "bad").write_bytes(bad)
        try:
            outcomes.add(read(tmp_path / "bad").records >= 1)
        except ImportRefused as refusal:
            outcomes.add(type(refusal))
    assert UnreadableWorkbook in outcomes
