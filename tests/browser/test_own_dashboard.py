"""Personal dashboard in the browser: tile layout, saved views by link, export and import."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from faxcloud.services.actors import Actor, acting
from faxcloud.services.sample.export import SampleFacts
from faxcloud.wiring import Services
from tests.browser.conftest import Visit
from tests.browser.reading import figure, go_to, keyed

LOCAL = Actor("local")
"""Whoever visits a server without keys."""


@pytest.fixture(autouse=True)
def nothing_of_ones_own(services: Services) -> Iterator[None]:
    with acting(LOCAL):
        services.views.reset()
        yield
        services.views.reset()


def press(page: Page, key: str) -> None:
    keyed(page, key).get_by_role("button").click()


def tiles(page: Page) -> Locator:
    """The cards while they are arranged, in their order."""
    return page.locator("[class*='st-key-card-']")


def saved_layout(services: Services) -> list[tuple[str, str]]:
    kept = services.preferences.get("dashboard") or []
    return [(placed["tile"], placed["size"]) for placed in kept]


def open_menu(page: Page) -> None:
    page.locator("[class*='st-key-views-'] button").first.click()
    expect(keyed(page, "manage-views")).to_be_visible()


def test_tiles_are_hidden_moved_and_resized_and_it_is_kept(
    visit: Visit, sample: SampleFacts, services: Services
):
    page = visit()
    press(page, "arrange")
    expect(tiles(page)).to_have_count(6)
    press(page, "hide-heat")
    expect(tiles(page)).to_have_count(5)
    keyed(page, "up-users").get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(tiles(page).nth(2)).to_contain_text("Users with the most invalid faxes")
    keyed(page, "size-imports").get_by_text("Half").click()
    expect(keyed(page, "size-imports").get_by_role("radio", name="Half")).to_be_checked()
    press(page, "show-cumulative")
    expect(tiles(page)).to_have_count(6)
    own = [
        ("kpis", "full"), ("timeline", "full"), ("users", "half"), ("rules", "half"), ("imports", "half"),
        ("cumulative", "full"),
    ]  # fmt: skip
    assert saved_layout(services) == own
    page.reload()
    expect(figure(page, "Faxes")).to_have_text("4,800")
    expect(page.locator("[class*='st-key-tile-']")).to_have_count(6)
    expect(keyed(page, "tile-cumulative").locator(".js-plotly-plot")).to_be_visible()
    expect(keyed(page, "tile-heat")).to_have_count(0)
    users, rules = (keyed(page, f"tile-{name}").bounding_box() for name in ("users", "rules"))
    assert users is not None
    assert rules is not None
    assert users["y"] == rules["y"]
    assert users["x"] + users["width"] < rules["x"]


def test_a_view_is_saved_and_opened_by_its_link_which_holds_none_of_its_filters(
    visit: Visit, sample: SampleFacts, services: Services
):
    page = visit("/explore?status=invalid")
    name = "Imagerie"
    keyed(page, "filter_q").get_by_role("searchbox").fill(name)
    page.keyboard.press("Enter")
    found = page.get_by_text(re.compile(r"^\d+ fax(es)? found$"))
    expect(found).not_to_have_text(f"{sample.invalid} faxes found")
    count = found.inner_text()
    open_menu(page)
    page.get_by_label("Save the selection as").fill("What imaging got wrong")
    press(page, "save-view-button")
    expect(page).to_have_url(re.compile(r"[?&]view=view-[0-9a-f]{12}\b"))
    assert name not in page.url
    link = re.sub(r"^https?://[^/]+", "", page.url)
    again = visit(link.replace("/explore", "/"))  # on whichever page: a view knows its own
    expect(again.get_by_role("heading", level=1)).to_have_text("Explore")
    expect(keyed(again, "filter_q").get_by_role("searchbox")).to_have_value(name)
    expect(again.get_by_text(count, exact=True)).to_be_visible()
    keyed(again, "filter_status").get_by_text("Valid", exact=True).click()
    expect(again).not_to_have_url(re.compile("view="))
    open_menu(again)
    again.get_by_role("button", name="What imaging got wrong").click()
    expect(again.get_by_text(count, exact=True)).to_be_visible()


def test_all_of_ones_own_goes_into_a_file_and_comes_back_from_it(
    visit: Visit, sample: SampleFacts, services: Services, tmp_path: Path
):
    view = services.views.save("Sent", "explore", {"mode": "SF"})
    layout = [{"tile": "kpis", "size": "full", "height": "whole"}]
    services.preferences.put_all({"dashboard": layout, "start_page": f"view:{view.view_id}"})
    page = visit(f"/explore?view={view.view_id}")
    expect(page.get_by_text(f"{sample.sent:,} faxes found", exact=True)).to_be_visible()
    open_file_tab(page)
    with page.expect_download() as download:
        press(page, "export-views")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert json.loads(file.read_text("utf-8"))["views"][0]["params"] == {"mode": "SF"}
    page.get_by_text("Delete my views and restore the default").click()
    press(page, "reset-choices")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert services.views.list() == []
    assert not {"dashboard", "start_page"} & services.preferences.all().keys()
    open_file_tab(page)
    page.locator("input[type=file]").set_input_files(file)
    press(page, "import-views")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert [kept.name for kept in services.views.list()] == ["Sent"]
    go_to(page, "Dashboard")
    expect(figure(page, "Faxes")).to_have_text(f"{sample.sent:,}")
    expect(page.locator("[class*='st-key-tile-']")).to_have_count(1)


def open_file_tab(page: Page) -> None:
    open_menu(page)
    press(page, "manage-views")
    page.get_by_role("tab", name="File and reset").click()
