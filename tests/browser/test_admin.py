"""Administration page in the browser, on its own server: its keys would lock out the other tests."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pydantic import SecretStr

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.i18n import translator
from faxcloud.services.access.sessions import COOKIE
from faxcloud.services.sample.export import sample_path
from faxcloud.ui.admin.sections import SECTIONS
from faxcloud.wiring import Services, build
from tests.browser.conftest import Server, Visitors, serving
from tests.browser.reading import UNFOLDED, WIDTHS, choose, figure, keyed, pick_row, settle
from tests.webhook_receiver import LOOPBACK, Receiver, receiving

ADMIN_KEY = "an-admin-key-of-the-tests"


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as it is started, with a key in the environment."""
    variables = {"FAXCLOUD_ADMIN_KEY": ADMIN_KEY, "FAXCLOUD_WEBHOOK_NETWORKS": LOOPBACK}
    with serving(tmp_path_factory.mktemp("admin"), **variables) as running:
        yield running
        assert running.tracebacks() == 0


@pytest.fixture(scope="module")
def services(server: Server) -> Iterator[Services]:
    """The server's store from another process than the server's; the sample is in it."""
    settings = Settings(home=server.home, admin_key=SecretStr(ADMIN_KEY), webhook_networks=LOOPBACK)
    opened = build(settings)
    opened.imports.import_file(sample_path(), is_sample=True)
    yield opened
    opened.close()


@pytest.fixture
def visit(visitors: Visitors, server: Server, services: Services) -> Iterator[Callable[..., Page]]:
    """Opens a page with somebody's key; none may end with an error in the browser."""
    problems: list[str] = []

    def open_page(
        path: str = "/admin",
        key: str = ADMIN_KEY,
        language: str = "en",
        width: int = 1440,
        height: int = 2_000,
    ) -> Page:
        page = visitors.arrive(language, width, height)
        session = services.sessions.issue(key)
        page.context.add_cookies([{"name": COOKIE, "value": session, "url": server.address}])
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(server.address + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        # A list that is opened while the page is still being drawn is closed by the drawing.
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        return page

    yield open_page
    assert problems == []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


Visit = Callable[..., Page]


def create_key(page: Page, name: str, role: str = "viewer") -> str:
    """By the form; the key as it is shown."""
    form = keyed(page, "new-key")
    form.locator("summary").click()
    form.evaluate(UNFOLDED)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Role", exact=True).click()
    page.get_by_role("option").filter(has_text=re.compile(f"^{role} –")).click()
    page.get_by_role("button", name="Create the key").click()
    shown = keyed(page, "secret")
    expect(shown).to_contain_text(name)
    return shown.get_by_test_id("stCode").inner_text().strip()


def first_row(page: Page, key: str) -> Locator:
    """The first row of a table, its title aside, as readers of the screen find it."""
    return keyed(page, key).locator("canvas [role='row'][aria-rowindex='2']")


def somebody(services: Services) -> str:
    """A user of the sample who has not been erased."""
    rows = services.summaries.breakdown(Filters(), by="user")
    return next(str(row["key"]) for row in rows if row["key"])


def confirm(page: Page) -> None:
    keyed(page, "confirm-yes").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_key_is_created_and_seen_once(visit: Visit, services: Services):
    page = visit("/admin?section=keys")
    key = create_key(page, "billing", "analyst")
    assert services.keys.authenticate(key).role == "analyst"
    expect(keyed(page, "secret")).to_contain_text("only once")
    keyed(page, "secret-kept").get_by_role("button").click()
    expect(keyed(page, "secret")).to_have_count(0)
    expect(first_row(page, "keys")).to_have_text(re.compile("billing.*analyst.*usable"))
    page.reload()
    expect(keyed(page, "keys")).to_be_visible()
    assert key not in page.content()


def test_a_key_is_revoked_after_a_question_and_its_page_closes(visit: Visit, services: Services):
    admin = visit("/admin?section=keys")
    key = create_key(admin, "short-lived")
    keyed(admin, "secret-kept").get_by_role("button").click()
    theirs = visit("/", key)
    expect(figure(theirs, "Faxes")).to_have_text("4,800")
    pick_row(keyed(admin, "keys"), 1)
    keyed(admin, "revoke-key").get_by_role("button").click()
    expect(admin.get_by_role("dialog")).to_contain_text("cannot be undone")
    keyed(admin, "confirm-no").get_by_role("button").click()
    expect(admin.get_by_role("dialog")).to_have_count(0)
    assert services.keys.authenticate(key).role == "viewer"
    keyed(admin, "revoke-key").get_by_role("button").click()
    confirm(admin)
    expect(keyed(admin, "revoke-key")).to_have_count(0)
    expect(first_row(admin, "keys")).to_contain_text("revoked")
    theirs.reload()
    expect(figure(theirs, "Faxes")).to_have_count(0)


def test_the_first_key_signs_its_creator_in(visitors: Visitors, tmp_path: Path):
    with serving(tmp_path) as running:
        page = visitors.arrive()
        page.goto(running.address + "/admin?section=keys")
        page.get_by_label("Name", exact=True).fill("me")
        with page.expect_response("**/signin/*") as handover:
            page.get_by_role("button", name="Create the key").click()
        secret = keyed(page, "secret").get_by_test_id("stCode")
        expect(secret).to_contain_text("fc_")
        handover.value.finished()
        assert [cookie["httpOnly"] for cookie in page.context.cookies() if cookie["name"] == COOKIE] == [True]
        page.goto(running.address + "/admin?section=keys")
        expect(page.get_by_role("heading", level=1)).to_have_text("Administration")
        expect(page.get_by_test_id("stCode")).to_have_count(0)


def test_who_is_no_administrator_has_no_such_page(visit: Visit, services: Services):
    """For every role: tests/contract/test_roles.py."""
    made = services.keys.create("an analyst", "analyst")
    page = visit("/", made.key)
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("menuitem", name="Rules")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Administration")).to_have_count(0)
    page = visit("/admin", made.key)
    expect(page.get_by_test_id("stAlert")).to_contain_text("administrator")
    expect(keyed(page, "health")).to_have_count(0)
    expect(keyed(page, "section")).to_have_count(0)


def test_a_webhook_is_registered_tried_and_deleted_after_a_question(
    visit: Visit, services: Services, receiver: Receiver
):
    page = visit("/admin?section=webhooks")
    keyed(page, "new-webhook").locator("summary").click()
    page.get_by_label("URL", exact=True).fill(receiver.url)
    page.get_by_role("button", name="Register", exact=True).click()
    secret = keyed(page, "secret").get_by_test_id("stCode").inner_text().strip()
    assert secret.startswith("whsec_")
    receiver.secret = secret
    keyed(page, "secret-kept").get_by_role("button").click()
    pick_row(keyed(page, "webhooks"), 1)
    keyed(page, "test-webhook").get_by_role("button").click()
    expect(page.get_by_test_id("stAlert").filter(has_text="The receiver answered 204")).to_be_visible()
    assert receiver.received[-1].verified is True
    expect(first_row(page, "deliveries")).to_contain_text("delivered")
    keyed(page, "delete-webhook").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be undone")
    assert services.webhooks.list()["count"] == 1
    confirm(page)
    expect(keyed(page, "delete-webhook")).to_have_count(0)
    assert services.webhooks.list()["count"] == 0


def test_the_audit_log_is_searched_and_exported(visit: Visit):
    page = visit("/admin?section=audit")
    choose(page, "audit-action", "report.import")
    expect(page.get_by_text("1 event", exact=True)).to_be_visible()
    expect(first_row(page, "audit")).to_contain_text("report.import")
    pick_row(keyed(page, "audit"), 1)
    expect(keyed(page, "one-event")).to_contain_text("4800")
    keyed(page, "audit-downloads").get_by_role("button").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert len(lines) == 2
    assert "report.import" in lines[1]
    page.keyboard.press("Escape")
    keyed(page, "audit-q").locator("input").fill("no such thing")
    keyed(page, "audit-q").locator("input").press("Enter")
    expect(page.get_by_text("No event matches.")).to_be_visible()
    assert "no such thing" not in page.url


def test_the_cache_is_cleared_after_a_question(visit: Visit, services: Services):
    page = visit("/admin?section=traffic")
    keyed(page, "clear-cache").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nothing is lost")
    confirm(page)
    expect(keyed(page, "figures-cache")).to_be_visible()
    assert services.audit.log(action="cache.clear").results[0]["actor"] == "key:environment"


def test_a_backup_is_made_and_somebody_erased_with_a_certificate(visit: Visit, services: Services):
    page = visit("/admin?section=store")
    keyed(page, "back-up").get_by_role("button").click()
    expect(page.get_by_text("4,800 faxes were backed up")).to_be_visible()
    expect(first_row(page, "backups")).to_contain_text("4800")
    name = somebody(services)
    page = visit("/admin?section=privacy")
    choose(page, "erasure-kind", "Name")
    keyed(page, "erasure-value").locator("input").fill(name)
    page.get_by_role("button", name="Search").click()
    faxes = figure(keyed(page, "erasure"), "Faxes").inner_text()
    assert int(faxes.replace(",", "")) > 0
    keyed(page, "erase").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be undone")
    confirm(page)
    expect(page.get_by_text(f"Erased faxes: {faxes}")).to_be_visible()
    expect(first_row(page, "certificates")).to_contain_text(faxes)
    assert services.privacy.find(person=name)["faxes_total"] == 0


def test_an_export_under_pseudonyms_names_nobody(visit: Visit, services: Services):
    name = somebody(services)
    page = visit("/admin?section=privacy")
    links = keyed(page, "pseudonyms").get_by_role("link")
    with page.expect_download() as download:
        links.filter(has_text=re.compile(r"^\W*(download)?\s*CSV$")).click()
    text = download.value.path().read_text("utf-8")
    assert len(text.splitlines()) == 4_801
    assert name not in text
    assert "u_" in text
    with page.expect_download() as download:
        links.filter(has_text="Parquet").click()
    assert download.value.path().read_bytes().startswith(b"PAR1")


def test_no_section_has_a_sideways_scroll_on_a_phone_in_french(visit: Visit):
    """French labels are the longer ones."""
    page, t = visit(language="fr", width=390, height=844), translator("fr")
    for name, section in SECTIONS.items():
        button = keyed(page, "section").get_by_role("radio", name=t(section.title), exact=True)
        button.click()
        expect(button).to_be_checked()
        settle(page)
        for content, window in page.evaluate(WIDTHS):
            assert content <= window, name
