"""Explore page in the browser: search, fax details, export."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from python_calamine import CalamineWorkbook

from faxcloud.services.sample.export import SampleFacts, sample_path
from tests.browser.conftest import Visit
from tests.browser.reading import cells, keyed, pick_row

USER, CALLED = 1, 7


@pytest.fixture(scope="module")
def records() -> list[list[str]]:
    """The sample, read by Python alone."""
    with sample_path().open(encoding="cp1252", newline="") as file:
        return list(csv.reader(file, delimiter=";"))[1:]


def found(page: Page, count: int) -> Locator:
    words = "1 fax found" if count == 1 else f"{count:,} faxes found"
    return page.get_by_text(re.compile(rf"^{words}$"))


def found_any(page: Page) -> Locator:
    return page.get_by_text(re.compile(r"^[\d,]+ fax(es)? found$"))


def number_of(text: str) -> int:
    return int(text.split(maxsplit=1)[0].replace(",", ""))


def table(page: Page) -> Locator:
    return page.locator("[class*='st-key-rows-'][data-stale='false']")


def search(page: Page, text: str) -> None:
    box = keyed(page, "filter_q").get_by_role("textbox").or_(keyed(page, "filter_q").get_by_role("searchbox"))
    box.fill(text)
    box.press("Enter")


def test_what_is_chosen_stays_chosen_in_the_other_language(visit: Visit, sample: SampleFacts):
    page = visit("/explore?period=30d&mode=SF&status=invalid")
    period = keyed(page, "filter_period").locator("input")
    expect(period).to_have_value("Last 30 days with data")
    count = found_any(page).inner_text()
    for language, says in (("FR", "30 derniers jours de données"), ("EN", "Last 30 days with data")):
        keyed(page, "lang").get_by_text(language).click()
        expect(period).to_have_value(says)
        expect(keyed(page, "filter_mode").locator("[aria-checked='true']")).to_have_text(re.compile("SF"))
    expect(found_any(page)).to_have_text(count)
    # The labels go with each click: this one would have carried words of the other language.
    keyed(page, "filter_status").get_by_text("Invalid").click()
    expect(page).to_have_url(re.compile(r"explore\?(?=.*period=30d)(?=.*mode=SF)(?!.*status)"))
    expect(found_any(page)).not_to_have_text(count)
    assert number_of(found_any(page).inner_text()) > number_of(count) > 0


def test_a_number_and_a_user_are_found_and_never_stand_in_the_address(
    visit: Visit, sample: SampleFacts, records: list[list[str]]
):
    number = next(row[CALLED] for row in records if row[CALLED].startswith("336"))
    name = next(row[USER] for row in records if row[USER].strip())
    page = visit("/explore")
    expect(found(page, 4_800)).to_be_visible()
    search(page, number)
    expect(found(page, sum(number in row[CALLED] for row in records))).to_be_visible()
    assert number in cells(table(page), 1)
    search(page, name)
    expect(found(page, sum(name in row[USER] for row in records))).to_be_visible()
    keyed(page, "filter_status").get_by_text("Invalid").click()
    expect(page).to_have_url(re.compile(r"[?&]status=invalid\b"))
    assert number not in page.url
    assert "q=" not in page.url
    search(page, "")
    expect(found(page, sample.invalid)).to_be_visible()
    again = visit("/explore?" + page.url.partition("?")[2])
    expect(found(again, sample.invalid)).to_be_visible()


def test_the_second_page_shows_other_faxes(visit: Visit, sample: SampleFacts):
    page = visit("/explore")
    expect(found(page, 4_800)).to_be_visible()
    first = cells(table(page), 1)
    page.get_by_test_id("stPagination").get_by_role("button").filter(has_text=re.compile("^2$")).click()
    expect(table(page).locator("canvas [role='row'][aria-rowindex='2']")).not_to_contain_text(first[-1])
    second = cells(table(page), 1)
    assert len(second) == len(first)
    assert second[-1] != first[-1]


def test_one_fax_in_full_gives_the_reason_of_its_violation(visit: Visit, sample: SampleFacts):
    page = visit("/explore?rule=number.mobile")
    expect(found(page, sample.violations["number.mobile"])).to_be_visible()
    called = next(text for text in cells(table(page), 1) if re.match(r"33[67]\d{8}", text))
    pick_row(table(page), 1)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("number.mobile")
    expect(dialog).to_contain_text("What to do:")
    expect(dialog).to_contain_text(called)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def read_excel_csv(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))


def read_workbook(path: Path) -> list[list[object]]:
    rows: list[list[object]] = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return rows


@pytest.mark.parametrize(
    ("label", "suffix", "read"),
    [("CSV for Excel in French", ".csv", read_excel_csv), ("Excel workbook (XLSX)", ".xlsx", read_workbook)],
    ids=["csv", "xlsx"],
)
def test_the_whole_selection_is_downloaded_and_opens(
    label: str,
    suffix: str,
    read: Callable[[Path], list[list[object]]],
    visit: Visit,
    sample: SampleFacts,
    tmp_path: Path,
):
    page = visit("/explore?status=invalid")
    expect(found(page, sample.invalid)).to_be_visible()
    keyed(page, "downloads").get_by_role("button").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=label, exact=True).click()
    assert download.value.suggested_filename.endswith(suffix)
    target = tmp_path / f"download{suffix}"
    download.value.save_as(target)
    titles, *rows = read(target)
    assert len(rows) == sample.invalid
    assert titles[:3] == ["fax_id", "mode", "numero_original"]
    assert {int(str(row[titles.index("valide")]).partition(".")[0]) for row in rows} == {0}


def test_a_wrong_number_leads_to_its_invalid_faxes(visit: Visit, sample: SampleFacts):
    page = visit("/explore")
    page.get_by_role("tab", name="Wrong numbers").click()
    numbers = keyed(page, "top-numbers")
    titles, first = cells(numbers, 0), cells(numbers, 1)
    faxes = int(first[titles.index("Invalid")])
    pick_row(numbers, 1)
    expect(found(page, faxes)).to_be_visible()
