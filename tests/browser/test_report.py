"""Report page in the browser: on screen, PDF, expiring link, edit, comparison."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from faxcloud.services.sample.export import SampleFacts
from faxcloud.wiring import Services
from tests.browser.conftest import LOCALES, Server, Visit
from tests.browser.reading import WIDTHS, cells, choose, figure, keyed, percent, pick_row


@pytest.fixture
def report_id(services: Services, sample: SampleFacts) -> str:
    return str(services.reports.list()[0]["report_id"])


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """Somebody with a phone, without a session, who runs no script."""
    context = browser.new_context(
        locale=LOCALES["fr"], viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def settled(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_a_report_is_read_on_screen_and_as_a_pdf(visit: Visit, sample: SampleFacts, report_id: str):
    page = visit(f"/report?report={report_id}")
    rate = percent(sample.valid / sample.rows)
    expect(figure(page, "Compliance")).to_have_text(rate)
    expect(keyed(page, "paper-ledger")).to_contain_text("4,800 records in the file = 4,800 imported")
    with page.expect_download() as downloading:
        keyed(page, "paper-actions").get_by_role("link", name="PDF").click()
    assert re.fullmatch(r"faxcloud-report-\d{4}-\d\d-\d\d\.pdf", downloading.value.suggested_filename)
    document = PdfReader(io.BytesIO(Path(downloading.value.path()).read_bytes()))
    text = " ".join(page.extract_text() for page in document.pages)
    assert "sample-export.csv" in text
    assert rate in text
    assert "4,800" in text


def test_a_link_is_opened_by_a_stranger_until_it_is_revoked(
    visit: Visit, sample: SampleFacts, report_id: str, stranger: Page, server: Server
):
    page = visit(f"/report?report={report_id}")
    keyed(page, "share-report").get_by_role("button").click()
    keyed(page, "share-create").get_by_role("button").click()
    link = page.get_by_role("dialog").get_by_test_id("stCode").inner_text().strip()
    assert link.startswith(f"{server.address}/shared/")
    with page.expect_download() as downloading:
        keyed(page, "share-qr").get_by_role("button").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"\x89PNG")

    opened = stranger.goto(link)
    assert opened is not None
    assert (opened.status, opened.headers["cache-control"]) == (200, "no-store")
    expect(stranger.get_by_role("heading", level=1)).to_have_text("sample-export.csv")
    expect(stranger.locator("dd").first).to_have_text(percent(sample.valid / sample.rows))
    assert stranger.context.cookies() == []
    stranger.get_by_role("link", name="Français").click()
    expect(stranger.get_by_role("heading", name="Conformité dans le temps")).to_be_visible()

    page.keyboard.press("Escape")
    page.get_by_text("Links", exact=True).click()
    table = keyed(page, "links")
    expect(table).to_contain_text("active")
    assert "2" in cells(table, 1)
    pick_row(table, 1)
    keyed(page, "revoke-link").get_by_role("button").click()
    keyed(page, "confirm-yes").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    refused = stranger.goto(link)
    assert refused is not None
    assert refused.status == 404
    expect(stranger.locator("body")).not_to_contain_text("4,800")


def test_contract_and_period_of_an_import_are_corrected(
    visit: Visit, services: Services, report_id: str, sample: SampleFacts
):
    page = visit(f"/report?report={report_id}")
    keyed(page, "edit-report").get_by_role("button").click()
    keyed(page, "edit-contract").get_by_role("textbox").fill("CHU-2026")
    keyed(page, "edit-save").get_by_role("button").click()
    expect(page.get_by_text("contract CHU-2026")).to_be_visible()
    assert services.reports.show(report_id)["contract"] == "CHU-2026"


def test_two_periods_stand_side_by_side(visit: Visit, sample: SampleFacts):
    page = visit("/report?view=compare&start_date=2026-10-01&end_date=2026-10-07")
    expect(page.get_by_text("From 24 Sep 2026 – 30 Sep 2026 to 01 Oct 2026 – 07 Oct 2026")).to_be_visible()
    expect(page.get_by_test_id("stMetricDelta").first).to_be_visible()
    expect(page.get_by_text("Every figure", exact=True)).to_be_visible()
    titles = cells(keyed(page, "compared-numbers"), 0)
    assert titles[-3:] == ["Before", "Now", "Difference"]
    choose(page, "filter_period", "All dates")
    expect(page.get_by_text("Another period", exact=True)).to_be_visible()
    expect(page.get_by_text("The previous period", exact=True)).to_have_count(0)


@pytest.mark.parametrize("view", ["sheet", "compare", "links"])
def test_the_report_fits_a_phone_in_french(view: str, visit: Visit, sample: SampleFacts, report_id: str):
    page = visit(f"/report?report={report_id}&period=30d&view={view}", "fr", width=390, height=844)
    settled(page)
    for content, window in page.evaluate(WIDTHS):
        assert content <= window
