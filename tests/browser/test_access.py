"""Accessibility of every page: axe-core without serious findings, visible focus, page language."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from faxcloud.services.sample.export import SampleFacts
from faxcloud.ui.navigation import PLACES
from tests.browser.conftest import Server, Visit
from tests.browser.reading import WIDTHS, keyed, settle

STREAMLITS = {"exclude": [["[data-testid=stSidebarNavItems]"]]}
"""The menu of a phone, whose sections Streamlit puts between the items of one list."""
SERIOUS = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with the first element of each."""
    found = Axe().run(page, STREAMLITS, {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{page.url}: {fault['id']} {node['html'][:160]} {node['failureSummary'][:200]}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "en", 1440), ("dark", "fr", 390)], ids=["desk", "phone"]
)
def test_no_page_has_a_serious_fault_or_scrolls_sideways(
    theme: str, language: str, width: int, visit: Visit, server: Server, sample: SampleFacts
):
    page = visit(language=language, width=width)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    expect(page.locator("html")).to_have_attribute("lang", language)
    found = []
    for place in PLACES:
        # Straight there: no page may need the one before.
        page.goto(server.address + ("/" if place is PLACES[0] else f"/{place.name}"))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        settle(page)
        found += faults(page)
        found += [f"{page.url} is wider" for content, window in page.evaluate(WIDTHS) if content > window]
    assert found == []


FOCUS = """() => {
  const at = document.activeElement, look = getComputedStyle(at);
  return [at.tagName, at.textContent.trim(), look.outlineStyle !== "none" || look.boxShadow !== "none"];
}"""
OWN_RING = ("INPUT", "IFRAME", "BODY")
"""A field draws its ring around its frame; the others are nothing to press."""


def test_the_keyboard_goes_from_the_menu_to_the_filters_and_is_seen(visit: Visit, sample: SampleFacts):
    page = visit()
    settle(page)
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        tag, text, has_ring = page.evaluate(FOCUS)
        assert has_ring or tag in OWN_RING, (tag, text)
        reached.append(text)
    for stop in ("Explore", "Analysis", "EN"):
        assert any(stop in text for text in reached), (stop, reached)


def test_a_screen_reader_hears_charts_in_a_sentence_and_no_name_of_an_icon(visit: Visit, sample: SampleFacts):
    page = visit()
    settle(page)
    assert page.locator("[role=img][aria-label$=' icon']:not([aria-hidden=true])").count() == 0
    for name in ("Alerts", "Display options", "Help: Compliance"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    charts = page.get_by_role("figure", name=re.compile(r"\w{3,} .*\."))
    expect(charts).to_have_count(4)
    charts.first.evaluate("chart => chart.parentElement.scrollIntoView()")
    keyed(page, "target").get_by_role("button").focus()
    page.keyboard.press("Tab")
    expect(charts.first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    table = keyed(page, "timeline-numbers").locator("canvas[tabindex='0']")
    expect(table).to_be_visible()
    page.keyboard.press("Tab")
    expect(table).to_be_focused()
