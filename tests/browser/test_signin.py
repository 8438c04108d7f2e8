"""Sign-in in the browser on a server with keys: sign-in, viewer role, end of the session."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from faxcloud.config import Settings
from faxcloud.services.sample.export import SampleFacts
from faxcloud.wiring import Services, build
from tests.browser.conftest import Server, Visitors, serving

ADMIN_KEY = "an-administrators-key"


@pytest.fixture(scope="module")
def protected(
    browser: Browser, facts: SampleFacts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that asks for a key, over a store with faxes."""
    with serving(tmp_path_factory.mktemp("protected"), FAXCLOUD_ADMIN_KEY=ADMIN_KEY) as server:
        services = build(Settings(home=server.home))
        services.imports.import_file(facts.path)
        services.close()
        yield server


@pytest.fixture
def keys(protected: Server) -> Iterator[Services]:
    """The server's store, from another process than the server's."""
    services = build(Settings(home=protected.home))
    yield services
    services.close()


@pytest.fixture
def page(visitors: Visitors) -> Page:
    return visitors.arrive()


def sign_in(page: Page, server: Server, key: str, path: str = "/explore") -> None:
    page.goto(server.address + path)
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_a_page_leads_to_the_sign_in_and_back(page: Page, protected: Server):
    sign_in(page, protected, "a wrong key")
    expect(page.get_by_role("alert")).to_contain_text("This key is not valid")
    page.get_by_label("Your key").fill(ADMIN_KEY)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(protected.address + "/explore")
    expect(page.get_by_text("faxes found")).to_be_visible()
    expect(page.get_by_placeholder("Number, fax ID, user or e-mail address")).to_be_enabled()


def test_a_viewer_is_offered_what_it_may_do(page: Page, protected: Server, keys: Services):
    sign_in(page, protected, keys.keys.create("Ann", "viewer").key)
    expect(page.get_by_text("faxes found")).to_be_visible()
    expect(page.get_by_placeholder("Your role sees masked numbers and names")).to_be_disabled()
    expect(page.get_by_text("Download")).to_have_count(0)
    page.goto(protected.address + "/imports")
    expect(page.get_by_text("History", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stFileUploader")).to_have_count(0)


def test_a_revoked_key_ends_the_page_that_is_open(page: Page, protected: Server, keys: Services):
    made = keys.keys.create("Bob", "analyst")
    windows = len(page.context.pages)
    sign_in(page, protected, made.key)
    expect(page.get_by_text("faxes found")).to_be_visible()
    keys.keys.revoke(made.key_id)
    expect(page.get_by_text("Sign in to see faxes.")).to_be_visible()
    expect(page.get_by_text("faxes found")).to_have_count(0)
    page.get_by_role("link", name="Sign in with a key").click()
    expect(page.get_by_label("Your key")).to_be_visible()
    expect(page).to_have_url(protected.address + "/signin?next=%2Fexplore")
    assert len(page.context.pages) == windows


def test_signing_out_ends_the_session_of_the_browser(page: Page, protected: Server):
    windows = len(page.context.pages)
    sign_in(page, protected, ADMIN_KEY)
    expect(page.get_by_text("faxes found")).to_be_visible()
    page.locator(".st-key-options button").click()
    expect(page.get_by_text("Signed in with key FAXCLOUD_ADMIN_KEY, administrator.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Your key")).to_be_visible()
    expect(page).to_have_url(protected.address + "/signin")
    assert len(page.context.pages) == windows
    page.goto(protected.address + "/explore")
    expect(page.get_by_label("Your key")).to_be_visible()
