"""Report workbook: one sheet per table, typed cells, no formula is evaluated."""

import dataclasses
import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from faxcloud.domain.filters import Filters
from faxcloud.i18n import Language, translator
from faxcloud.services.papers.contents import MOST_NUMBERS
from faxcloud.services.papers.paper import Paper
from faxcloud.services.papers.workbook import workbook_of
from tests.live_store import opened

PARIS = ZoneInfo("Europe/Paris")
LINES = (
    "Fax ID;Utilisateur;Mode;Date et heure du fax;Numéro appelé;Nombre de page réel",
    "1;=1+1;SF;02/03/2026 09:00;0145221134;2",
    "2;=1+1;SF;05/03/2026 09:30;0612345678;3",
    '3;"=HYPERLINK(""http://x"")";RF;06/03/2026 10:00;+33145221134;1',
    "4;@SUM(A1)",
)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    folder = tmp_path_factory.mktemp("workbook")
    file = folder / "mars.csv"
    file.write_text("\n".join([*LINES, ""]), "utf-8")
    with opened(folder / "store") as services:
        yield services.papers.of(Filters(report=services.imports.import_file(file).report_id))


def book(paper: Paper, language: Language = "en") -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(io.BytesIO(workbook_of(paper, translator(language), PARIS)))


def test_each_table_has_its_sheet_named_in_the_readers_language(paper: Paper) -> None:
    english, french = book(paper).sheet_names, book(paper, "fr").sheet_names
    assert english[:4] == ["Summary", "Over time", "Rules", "Users"]
    assert "Rejected records" in english
    assert len(english) == len(set(french)) == 8
    assert not set(english) & set(french)


def test_numbers_rates_and_days_are_what_they_are(paper: Paper) -> None:
    header, *rows = book(paper).get_sheet_by_name("Over time").to_python()
    assert header[:5] == ["Day", "Faxes", "Valid", "Invalid", "Compliance"]
    assert rows[0][:5] == [dt.date(2026, 3, 2), 1.0, 1.0, 0.0, 1.0]
    assert [row[0] for row in rows] == [row["start"].date() for row in paper.timeline]
    without_faxes = rows[1]
    assert without_faxes[1] == 0
    assert without_faxes[4] == ""


def test_the_summary_has_every_figure(paper: Paper) -> None:
    cells = {row[0]: row[1] for row in book(paper).get_sheet_by_name("Summary").to_python()}
    assert cells["Faxes"] == 3
    assert cells["Compliance"] == pytest.approx(paper.summary.values["compliance_rate"])
    assert cells["File"] == "mars.csv"


def test_sheets_that_do_not_hold_everything_say_so(paper: Paper) -> None:
    cut = dataclasses.replace(paper, numbers=paper.numbers * MOST_NUMBERS, rejected=500)
    said = [row[0] for row in book(cut).get_sheet_by_name("Summary").to_python()]
    assert "Sheet “Called numbers”: the first 50." in said
    assert "Sheet “Rejected records”: the first 1 of 500." in said
    whole = [str(row[0]) for row in book(paper).get_sheet_by_name("Summary").to_python()]
    assert not any("the first" in line for line in whole)


def test_a_wrong_number_has_all_its_faxes_beside_the_invalid_ones(paper: Paper) -> None:
    number = {**paper.numbers[0], "faxes": 8, "invalid": 2, "invalid_rate": 0.25}
    titles, row = (
        book(dataclasses.replace(paper, numbers=[number])).get_sheet_by_name("Called numbers").to_python()
    )
    assert dict(zip(titles[3:6], row[3:6], strict=True)) == {
        "Faxes": 8,
        "Invalid": 2,
        "Share of invalid": 0.25,
    }


def test_no_name_becomes_a_formula(paper: Paper) -> None:
    written = workbook_of(paper, translator("en"), PARIS)
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/sheet" in name]
    assert len(sheets) == 8
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
    users = book(paper).get_sheet_by_name("Users").to_python()
    assert {"=1+1", '=HYPERLINK("http://x")'} <= {row[0] for row in users}
    [reject] = book(paper).get_sheet_by_name("Rejected records").to_python()[1:]
    assert reject[2] == "4;@SUM(A1)"


def test_all_of_ten_thousand_users_are_there(paper: Paper) -> None:
    users = [{**paper.users[0], "key": f"User {number:05d}"} for number in range(10_000)]
    rows = book(dataclasses.replace(paper, users=users)).get_sheet_by_name("Users").to_python()
    assert len(rows) == 10_001
    assert rows[-1][0] == "User 09999"


def test_an_empty_selection_is_a_workbook_that_says_so(paper: Paper) -> None:
    values = dict.fromkeys(paper.summary.values, 0) | {"compliance_rate": None}
    summary = dataclasses.replace(paper.summary, values=values)
    empty = dataclasses.replace(
        paper, summary=summary, timeline=[], rules=[], users=[], numbers=[], heatmap=[], rejects=[]
    )
    cells = book(empty).get_sheet_by_name("Summary").to_python()
    assert any("No data" in str(row[0]) for row in cells)
    assert {row[0]: row[1] for row in cells}["Compliance"] == "–"
