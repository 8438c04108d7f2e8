"""Alert life cycle in the browser: opened by an import, bell and sound, channel, acknowledgement."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.services.sample.export import sample_path
from faxcloud.wiring import Services, build
from tests.browser.conftest import Server, Visitors, serving
from tests.browser.reading import UNFOLDED, cells, keyed, settle
from tests.webhook_receiver import LOOPBACK, Receiver, receiving

COUNT_SOUNDS = "window.heard = 0; document.addEventListener('play', () => { window.heard++ }, true)"
NAME = "Conformité de la semaine"


@pytest.fixture(scope="module")
def alerting(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, which may send to this machine."""
    with serving(tmp_path_factory.mktemp("alerting"), FAXCLOUD_WEBHOOK_NETWORKS=LOOPBACK) as running:
        yield running


@pytest.fixture
def its_store(alerting: Server) -> Iterator[Services]:
    services = build(Settings(home=alerting.home, webhook_networks=LOOPBACK))
    yield services
    services.close()


@pytest.fixture
def page(visitors: Visitors, alerting: Server) -> Iterator[Page]:
    opened = visitors.arrive()
    opened.add_init_script(COUNT_SOUNDS)
    yield opened
    assert alerting.tracebacks() == 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def write_a_rule(page: Page) -> None:
    """On the page, as an analyst does."""
    page.get_by_role("tab", name="Rules").click()
    page.get_by_role("button", name="New rule").click()
    form = keyed(page, "alert-rule-form")
    # First what opens: a field that is left has the page drawn again, which closes a list.
    more = keyed(page, "alert-rule-more")
    more.locator("summary").click()
    more.evaluate(UNFOLDED)
    keyed(page, "alert_rule_channels").locator("input").click()
    page.get_by_role("option", name="team").click()
    page.keyboard.press("Tab")
    expect(keyed(page, "alert_rule_channels")).to_contain_text("team")
    form.get_by_label("Name", exact=True).fill(NAME)
    form.get_by_label("Limit (in %)").fill("99")
    form.get_by_label("Days", exact=True).fill("7")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    assert cells(keyed(page, "alert-rules"), 1)[:2] == [NAME, "Compliance below 99%"]


def test_an_import_opens_an_alert_with_bell_sound_and_notice_until_acknowledged(
    page: Page, alerting: Server, its_store: Services, receiver: Receiver
):
    # The receiver counts requests by a header of webhooks.
    url = f"json://127.0.0.1:{receiver.port}/hook?+webhook-id=alert"
    its_store.channels.add("team", url, "fr")
    page.goto(alerting.address + "/alerts")
    expect(page.get_by_text("Nothing is monitored")).to_be_visible()
    write_a_rule(page)

    bell = keyed(page, "bell").get_by_role("button").first
    bell.click()
    page.get_by_text("Sound", exact=True).click()
    sound = keyed(page, "alert-sound").locator("audio")
    expect(sound).to_be_attached()
    page.wait_for_function("heard === 1")  # once when it is switched on
    heard_first = sound.get_attribute("src")
    page.keyboard.press("Escape")

    its_store.imports.import_file(sample_path(), is_sample=True)
    toast = page.get_by_test_id("stToast")
    expect(toast).to_contain_text(NAME)
    expect(toast).to_contain_text("below the limit of 99%")
    expect(bell).to_contain_text("1")
    expect(sound).not_to_have_attribute("src", heard_first or "")
    page.wait_for_function("heard === 2")

    [request] = receiver.wait_for(1)
    assert request.message["title"].endswith(NAME)
    assert "99\N{NARROW NO-BREAK SPACE}%" in request.message["message"]

    page.get_by_role("tab", name="Alerts", exact=True).click()
    expect(keyed(page, "sample-banner")).to_be_visible()  # drawn with the tab, and moves what is below it
    card = page.locator("[class*='st-key-alert-20']")
    expect(card).to_contain_text("Compliance: ")
    settle(page)
    card.get_by_role("button", name="Acknowledge").click()
    expect(card).to_contain_text(re.compile("acknowledged .* by local"))
    expect(bell).not_to_contain_text("1")
    [alert] = its_store.alerts.open_alerts()
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", "local")

    shown = alert.evidence["filters"]
    card.get_by_role("button", name="Show the faxes concerned").click()
    page.wait_for_url(re.compile(rf"/explore\?.*start_date={shown['start_date']}"))
    invalid = its_store.summaries.summary(Filters.from_params(shown)).values["invalid"]
    expect(page.get_by_text(f"{invalid} faxes found")).to_be_visible()


def test_the_page_fits_a_phone_in_french(visitors: Visitors, alerting: Server):
    page = visitors.arrive("fr", width=390, height=844)
    page.goto(alerting.address + "/alerts")
    for tab in ("Alertes", "Règles", "Historique", "Canaux"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        settle(page)  # a choice that is made while the tab before is being drawn is undone by the drawing
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
