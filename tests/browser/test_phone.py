"""Phone layout, 390 pixels wide: the menu.

Horizontal scrolling of every page is checked in test_access.py.
"""

from playwright.sync_api import expect

from faxcloud.services.sample.export import SampleFacts
from faxcloud.ui.navigation import PLACES
from tests.browser.conftest import Visit


def test_the_menu_of_a_phone_leads_to_every_page(visit: Visit, sample: SampleFacts):
    page = visit(width=390, height=844)
    label = page.locator("[data-testid='stMetricLabel'] .stMarkdownEllipsis").first
    room = label.evaluate("label => label.clientHeight / parseFloat(getComputedStyle(label).fontSize)")
    assert room > 1.4, "accents of capitals (Émis) are cut"
    page.get_by_test_id("stExpandSidebarButton").click()
    menu = page.get_by_test_id("stSidebar")
    for place in PLACES:
        expect(menu.get_by_role("link", name=place.title, exact=True)).to_be_visible()
    menu.get_by_role("link", name="Corrections", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Corrections")
