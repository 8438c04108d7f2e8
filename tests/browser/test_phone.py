"""On a phone, 390 pixels wide, nothing sticks out to the side."""

import pytest
from playwright.sync_api import expect

from faxcloud.services.sample import SampleFacts
from tests.browser.conftest import Visit

WIDTHS = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
    .map(part => [part.scrollWidth, part.clientWidth])"""
LAST = {
    "/": ("Counts as on the day of the import", "Chiffres du jour de l’import"),
    "/explore": ("Select a row", "Sélectionnez une ligne"),
    "/reports": ("Select a report", "Sélectionnez un rapport"),
    "/rules": ("Named expressions", "Expressions nommées"),
}
"""What each page draws last."""


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", LAST)
def test_a_page_has_no_sideways_scroll(path: str, language: str, visit: Visit, sample: SampleFacts):
    page = visit(path, language, width=390, height=844)
    expect(page.get_by_text(LAST[path][language == "fr"]).first).to_be_attached()
    for content, window in page.evaluate(WIDTHS):
        assert content <= window
