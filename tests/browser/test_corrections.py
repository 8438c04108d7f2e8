"""Corrections page in the browser: causes, corrections, downloads, business hours."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from faxcloud.domain.hours import OpeningHours
from faxcloud.wiring import Services
from tests.browser.conftest import Visit
from tests.browser.reading import cells, figure, keyed, pick_row

HEADER = (
    "Fax ID;Nom et prénom utilisateur;Mode;Adresse de messagerie;Date et heure du fax;"
    "Numéro appelé;Nombre de page réel"
)
CALLS = (
    # A Wednesday and a Saturday.
    ("Ann", "04/03/2026 09:00", "145221134"), ("Bob", "04/03/2026 10:00", "1 45 22 11 34"),
    ("Bob", "04/03/2026 22:00", "33612345678"), ("Ann", "07/03/2026 10:00", "33145221134"),
    ("=Eve", "07/03/2026 11:00", "3,90957E+11"),
)  # fmt: skip


@pytest.fixture
def calls(services: Services, tmp_path: Path) -> None:
    """Five faxes, four of them to three wrong numbers."""
    lines = [
        f"{number};{user};SF;{user.strip('=')}@x.example;{sent_at};{called};1"
        for number, (user, sent_at, called) in enumerate(CALLS, 1)
    ]
    path = tmp_path / "calls.csv"
    path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    services.imports.import_file(path)
    services.hours.change(OpeningHours())


def downloaded(page: Page, key: str, folder: Path) -> list[list[str]]:
    """The lines of the list that this part of the page offers, for Excel in French."""
    keyed(page, f"{key}-downloads").get_by_role("button").first.click()
    with page.expect_download() as offered:
        keyed(page, f"{key}-excel-csv").get_by_role("button").click()
    page.keyboard.press("Escape")
    path = folder / offered.value.suggested_filename
    offered.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def open_tab(page: Page, title: str) -> None:
    page.get_by_role("tab", name=title).click()


@pytest.mark.usefixtures("calls")
def test_wrong_numbers_show_causes_corrections_and_a_list_per_address_book(visit: Visit, tmp_path: Path):
    page = visit("/corrections")
    expect(figure(page, "Wrong numbers")).to_have_text("3")
    expect(figure(page, "Faxes concerned")).to_have_text("4")
    expect(figure(page, "Users concerned")).to_have_text("3")
    expect(page.get_by_text("The first 3 of 3 corrections account for 100.0% of 4 faxes.")).to_be_visible()
    table = keyed(page, "corrections").get_by_test_id("stDataFrame")
    assert cells(table, 1)[:7] == [
        "145221134", "01 45 22 11 34", "Number not 11 digits", "2", "0.5", "2", "Ann, Bob",
    ]  # fmt: skip
    title, *body = downloaded(page, "corrections", tmp_path)
    assert title[:4] == ["User", "E-mail", "Called number as exported", "Suggested number"]
    assert sorted(line[0] for line in body) == ['="=Eve"', "Ann", "Bob", "Bob"]

    open_tab(page, "Address books")
    books = keyed(page, "books").get_by_test_id("stDataFrame")
    assert cells(books, 1)[:4] == ["Bob", "Bob@x.example", "2", "2"]
    pick_row(books, 1)
    _, *body = downloaded(page, "book", tmp_path)
    assert [line[0] for line in body] == ["Bob", "Bob"]

    open_tab(page, "Numbers to correct")
    pick_row(table, 1)
    correction = page.get_by_role("dialog")
    expect(correction).to_contain_text("Suggested number: 01 45 22 11 34")
    expect(correction).to_contain_text("The leading 0 is missing: a spreadsheet drops it")
    keyed(page, "correction-faxes").get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
    expect(page.get_by_text("2 faxes found")).to_be_visible()
    # A number is personal: it is not in the address.
    assert "145221134" not in page.url


@pytest.mark.usefixtures("calls")
def test_other_business_hours_count_at_once_on_a_phone_in_french(visit: Visit, services: Services):
    page = visit("/corrections", language="fr", width=390)
    page.get_by_role("tab").nth(2).click()
    counted = keyed(page, "business-hours").get_by_test_id("stDataFrame")
    assert [cells(counted, row)[1] for row in (1, 2, 3)] == ["2", "1", "2"]
    services.hours.change(OpeningHours(days=((6, (9, 12)),)))
    page.get_by_role("tab").first.click()
    expect(keyed(page, "corrections")).to_be_visible()
    page.get_by_role("tab").nth(2).click()
    evenings = counted.locator("canvas [role='row'][aria-rowindex='3'] [role='gridcell']").nth(1)
    expect(evenings).to_have_text("3")
    assert [cells(counted, row)[1] for row in (1, 2, 3)] == ["2", "3", "0"]
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390
