"""Scheduled e-mails in the browser: create, preview, send now, receipt by a real SMTP server."""

import datetime as dt
import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pydantic import SecretStr
from pypdf import PdfReader

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.i18n import translator
from faxcloud.wiring import Services, build
from tests.browser.conftest import Server, Visit, serving
from tests.browser.reading import cells, keyed
from tests.mail_receiver import MailReceiver, files_of, receiving_mail, text_of

HEADER = "Fax ID;Utilisateur;Mode;Date et heure du fax;Numéro appelé;Nombre de page réel"
READER = "claire.martin@example.org"
NAME = "Fax de la radiologie"


@pytest.fixture(scope="module")
def receiver() -> Iterator[MailReceiver]:
    with receiving_mail() as running:
        yield running


@pytest.fixture(scope="module")
def server(
    browser: Browser, receiver: MailReceiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The app with a mail server."""
    variables = {"FAXCLOUD_SMTP_URL": receiver.url, "FAXCLOUD_PUBLIC_URL": "https://fax.example.org"}
    with serving(tmp_path_factory.mktemp("mailings"), **variables) as running:
        yield running


@pytest.fixture(scope="module")
def services(
    server: Server, receiver: MailReceiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    """The server's store: a fax an hour of the last forty days, every third one to a mobile."""
    opened = build(Settings(home=server.home, smtp_url=SecretStr(receiver.url)))
    now = dt.datetime.now(opened.settings.zone)
    lines = [
        f"{hours};Accueil;SF;{now - dt.timedelta(hours=hours):%d/%m/%Y %H:%M};"
        f"{'0612345678' if hours % 3 == 0 else '0145221134'};2"
        for hours in range(24 * 40)
    ]
    export = tmp_path_factory.mktemp("export") / "export.csv"
    export.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    opened.imports.import_file(export)
    yield opened
    opened.close()


def named(page: Page, end: str) -> Locator:
    """A part of the form of a new mailing."""
    return page.locator(f"[class*='st-key-new-mailing-'][class*='-{end}']")


def test_a_mailing_is_made_previewed_and_sent_and_its_reader_has_it_with_its_report(
    visit: Visit, services: Services, receiver: MailReceiver
):
    page = visit("/mailings", "fr")
    named(page, "name").locator("input").fill(NAME)
    named(page, "recipients").locator("textarea").fill(READER)
    named(page, "recipients").locator("textarea").press("Tab")
    named(page, "save").get_by_role("button").click()
    expect(keyed(page, "one-mailing").get_by_role("heading", name=NAME)).to_be_visible()
    [made] = services.mailings.list()
    first, last = services.mailings.period(made["mailing"])
    values = services.summaries.summary(Filters(start_date=first, end_date=last)).values
    t = translator("fr")
    rate = t.percent(values["compliance_rate"])

    keyed(page, "preview-mailing").get_by_role("button").click()
    letter = page.frame_locator(".st-key-mailing-preview iframe")
    expect(letter.get_by_role("heading", name=NAME)).to_be_visible()
    expect(letter.get_by_role("cell", name=rate)).to_be_visible()
    assert receiver.mails == []

    keyed(page, "send-mailing").get_by_role("button").click()
    keyed(page, "confirm-yes").get_by_role("button").click()
    receiver.wait_for(1)
    message = receiver.mail_to(READER)
    assert message["Subject"].startswith(NAME)
    assert t.date(first) in message["Subject"]
    assert rate in text_of(message)
    [(file_name, report)] = files_of(message).items()
    assert file_name == f"faxcloud-{first}_{last}.pdf"
    said = " ".join(each.extract_text() for each in PdfReader(BytesIO(report)).pages)
    assert NAME in said
    assert t.date(last) in said
    assert re.sub(r"\s", "", rate) in re.sub(r"\s", "", said)

    is_sent = re.compile(rf"^{t('sent')}$")
    expect(keyed(page, "mails").locator("canvas [role='gridcell']", has_text=is_sent)).to_be_attached()
    assert READER in cells(keyed(page, "mails"), 1)


def test_what_is_wrong_with_a_mailing_is_said_and_nothing_is_kept(visit: Visit, services: Services):
    before = len(services.mailings.list())
    page = visit("/mailings", "fr", width=390)
    if before:
        page.locator("[class*='st-key-new-mailing-'][class*='-box'] summary").click()
    named(page, "name").locator("input").fill("Test")
    named(page, "recipients").locator("textarea").fill("claire.martin")
    named(page, "recipients").locator("textarea").press("Tab")
    named(page, "save").get_by_role("button").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("claire.martin")
    assert len(services.mailings.list()) == before
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
