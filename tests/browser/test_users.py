"""Users and Usage pages in the browser: search, details, corrections, prices, totals, accounting files."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from faxcloud.services.sample.export import SampleFacts, sample_path
from faxcloud.wiring import Services
from tests.browser.conftest import Visit
from tests.browser.reading import ROW_PX, cells, figure, keyed, pick_row

USER, CALLED, BILLED, KIND = 1, 7, 12, 13
PRICES = {
    "prices": [
        {"billing_type": "Forfait", "per_page": "0.05"},
        {"billing_type": "Dépassement", "per_page": "0.125"},
    ]
}


@pytest.fixture(scope="module")
def records() -> list[list[str]]:
    """The sample, read by Python alone."""
    with sample_path().open(encoding="cp1252", newline="") as file:
        return list(csv.reader(file, delimiter=";"))[1:]


@pytest.fixture
def prices(services: Services) -> None:
    """There is none, until a test saves its own."""
    services.usage.save_price_list({})


def cost_of(records: list[list[str]]) -> Decimal:
    rates = {"Forfait": Decimal("0.05"), "Dépassement": Decimal("0.125")}
    return sum((Decimal(row[BILLED]) * rates.get(row[KIND], Decimal()) for row in records), Decimal())


def saved(page: Page, key: str, target: Path) -> list[list[str]]:
    """The rows of the CSV file behind a button."""
    with page.expect_download() as download:
        keyed(page, key).get_by_role("button").click()
    download.value.save_as(target)
    assert download.value.suggested_filename.endswith(".csv")
    return list(csv.reader(io.StringIO(target.read_text("utf-8-sig"))))


def test_a_user_is_found_with_details_and_numbers_to_correct(
    visit: Visit, sample: SampleFacts, records: list[list[str]], tmp_path: Path
):
    mobiles = [row for row in records if re.match(r"33[67]\d{8}$", row[CALLED])]
    users = {row[USER] for row in records}
    name = next(row[USER] for row in mobiles if sum(row[USER].lower() in user.lower() for user in users) == 1)
    page = visit("/users")
    expect(page.get_by_text(f"{len(users)} users")).to_be_visible()
    box = keyed(page, "ranking-search").get_by_role("searchbox")
    box.fill(name.upper())
    box.press("Enter")
    expect(page.get_by_text(re.compile(r"^1 user$"))).to_be_visible()
    table = page.locator("[class*='st-key-ranking-'][data-stale='false']").filter(has=page.locator("canvas"))
    pick_row(table, 1)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    theirs = [row for row in records if row[USER] == name]
    expect(figure(page, "Faxes")).to_have_text(str(len(theirs)))
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    lines = saved(page, "their-file", tmp_path / "numbers.csv")
    wrong = [row[CALLED] for row in mobiles if row[USER] == name]
    assert set(wrong) <= {line[0] for line in lines[1:]}
    assert name not in page.url
    invalid = int(figure(page, "Invalid faxes").inner_text())
    keyed(page, "their-faxes").get_by_role("button").click()
    expect(page.get_by_text(re.compile(rf"^{invalid} fax(es)? found$"))).to_be_visible()
    assert "user=" not in page.url


def test_the_cost_adds_up_on_the_page_and_in_the_file_and_what_has_no_price_is_said(
    visit: Visit,
    sample: SampleFacts,
    prices: None,
    services: Services,
    records: list[list[str]],
    tmp_path: Path,
):
    services.usage.save_price_list(PRICES)
    cost = cost_of(records)
    unpriced = sum(row[KIND] == "Réception" for row in records)
    page = visit("/usage")
    expect(figure(page, "Cost")).to_have_text(f"€{cost:,.2f}")
    expect(page.get_by_text(f"{unpriced:,} faxes have no price and are not in the cost:")).to_be_visible()
    keyed(page, "usage-by").get_by_text("Billing type").click()
    table = page.locator("[data-stale='false']").get_by_test_id("stDataFrame")
    expect(table.locator("canvas [role='row'][aria-rowindex='2']")).to_contain_text("Forfait")
    assert cells(table, 1)[:2] == ["Forfait", f"{cost_of([r for r in records if r[KIND] == 'Forfait']):,.2f}"]
    assert cells(table, 3)[:2] == ["Réception", ""]  # no cost, which is not a cost of 0.00
    keyed(page, "usage-files").get_by_role("button").click()
    lines = saved(page, "usage-csv", tmp_path / "usage.csv")
    assert Decimal(lines[-1][7]) == cost == sum(Decimal(line[7]) for line in lines[1:-1] if line[7])


def test_a_price_that_an_administrator_types_in_french_gives_a_cost(
    visit: Visit, sample: SampleFacts, prices: None, services: Services, records: list[list[str]]
):
    page = visit("/usage", language="fr", height=1_000)
    expect(figure(page, "Pages facturées")).to_be_visible()
    page.get_by_role("tab").nth(1).click()
    grid = page.locator("[class*='st-key-price-lines-']")
    rows = grid.locator("canvas [role='row']")
    cell = {"x": 720, "y": 18 + ROW_PX}
    expect(rows.first).to_be_attached()
    grid.locator(".dvn-scroller").first.click(position=cell)  # in the row that adds one: its editor opens
    expect(rows).to_have_count(2)
    editor = page.locator("#portal").get_by_role("textbox")
    editor.fill("0,05")
    editor.press("Enter")
    expect(rows.last).to_contain_text("0,05")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    expect(page.get_by_test_id("stAlertContentSuccess")).to_be_visible()
    [price] = services.usage.price_list().prices
    assert (price.billing_type, price.destination, price.per_page) == (None, None, Decimal("0.05"))
    page.get_by_role("tab").first.click()
    cost = sum(Decimal(row[BILLED]) for row in records) * Decimal("0.05")
    words = f"{cost:,.2f}".replace(",", "\u202f").replace(".", ",") + "\u00a0€"
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(words)
