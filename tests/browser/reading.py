"""Page interactions for browser tests: read figures and cells, select rows, choose in lists."""

import re

from playwright.sync_api import Locator, Page, expect

from faxcloud.ui.navigation import PLACES

ROW_PX = 35
WIDTHS = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
    .map(part => [part.scrollWidth, part.clientWidth])"""
"""Of the document and its main part: what they hold, and what there is room for."""

UNFOLDED = """form => Promise.allSettled(
    form.getAnimations({subtree: true}).map(each => each.finished)
).then(() => null)"""
"""A list that is opened while the form around it still unfolds is closed again by the movement."""


def figure(part: Page | Locator, label: str) -> Locator:
    """The value of the key figure that carries this label."""
    page = part if isinstance(part, Page) else part.page
    named = page.get_by_test_id("stMetricLabel").filter(has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))
    return part.get_by_test_id("stMetric").filter(has=named).get_by_test_id("stMetricValue")


def keyed(page: Page, key: str) -> Locator:
    """What the page drew under this key."""
    return page.locator(f".st-key-{key}")


def cells(table: Locator, row: int) -> list[str]:
    """The texts of one row, the title row being 0. A table is a canvas; its cells stand in it for readers."""
    line = table.locator(f"canvas [role='row'][aria-rowindex='{row + 1}']")
    expect(line).to_be_attached()
    return line.locator("[role='gridcell'], [role='columnheader']").all_text_contents()


def pick_row(table: Locator, row: int) -> None:
    """Click the box before a row, 1 being the first."""
    cells(table, row)
    # What scrolls the canvas lies over it and takes the click.
    table.locator(".dvn-scroller").first.click(position={"x": 18, "y": 18 + ROW_PX * row})


def choose(page: Page, key: str, option: str) -> None:
    """Choose in a drop-down list."""
    keyed(page, key).locator("input").click()
    page.get_by_role("option").filter(has_text=option).first.click()


def go_to(page: Page, title: str) -> None:
    """Another page by the menu, as an English visitor reads it."""
    section = next(place.section for place in PLACES if place.title == title)
    if section:
        page.get_by_role("button", name=section, exact=True).click()
    page.get_by_role("menuitem" if section else "link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def percent(rate: float) -> str:
    """As English pages write a rate."""
    return f"{rate * 100:.1f}%"


def settle(page: Page) -> None:
    """Until the script has run and nothing on the page waits for it."""
    page.wait_for_function(
        """() => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
        && !document.querySelector("[data-testid=stSkeleton], [data-stale=true]")"""
    )
