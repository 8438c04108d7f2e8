"""Dashboard in the browser: from an empty store to figures, and refresh after data changes."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from faxcloud.domain.filters import Filters
from faxcloud.services.analytics.compliance_target import DEFAULT_RATES
from faxcloud.services.sample.export import SampleFacts, write_sample
from faxcloud.wiring import Services
from tests.browser.conftest import ROOT, Server, Visit, environment
from tests.browser.reading import figure, go_to, keyed, percent, pick_row


def expect_figures(page: Page, facts: SampleFacts) -> None:
    expect(figure(page, "Compliance")).to_have_text(percent(facts.valid / facts.rows))
    expect(figure(page, "Faxes")).to_have_text(f"{facts.rows:,}")
    expect(figure(page, "Pages")).to_have_text(f"{facts.pages:,}")
    expect(figure(page, "Invalid faxes")).to_have_text(f"{facts.invalid:,}")
    expect(figure(page, "Sent")).to_have_text(f"{facts.sent:,}")
    expect(figure(page, "Received")).to_have_text(f"{facts.received:,}")


def test_an_empty_store_invites_and_its_button_loads_the_sample(visit: Visit, facts: SampleFacts):
    page = visit()
    expect(keyed(page, "invitation")).to_contain_text("Nothing imported yet")
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    keyed(page, "load-sample").get_by_role("button").click()
    expect_figures(page, facts)
    assert (facts.rows, facts.invalid, percent(facts.valid / facts.rows)) == (4_800, 174, "96.4%")
    expect(keyed(page, "sample-banner")).to_contain_text("Sample data")
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    expect(page.get_by_text(re.compile(r"“No page” accounts for .* of 175 violations"))).to_be_visible()
    assert facts.violations["pages.zero"] == max(facts.violations.values())
    assert sum(facts.violations.values()) == 175


def test_the_sample_goes_with_one_click_and_a_confirmation(visit: Visit, sample: SampleFacts):
    page = visit()
    keyed(page, "remove-sample").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("Your own imports are not affected")
    keyed(page, "confirm-yes").get_by_role("button").click()
    expect(keyed(page, "invitation")).to_be_visible()
    expect(keyed(page, "sample-banner")).to_have_count(0)


def test_an_import_by_another_process_appears_by_itself_and_moves_nothing(
    visit: Visit, sample: SampleFacts, server: Server, tmp_path: Path
):
    page = visit("/?refresh=5", height=900)
    expect(figure(page, "Faxes")).to_have_text("4,800")
    zoomed = zoom_in(page)
    scrolled = scroll_to(page, 700)
    more = write_sample(tmp_path / "more.csv", 500, seed=8)
    ran = subprocess.run(
        [sys.executable, "-m", "faxcloud", "import", str(more.path), "--json"],
        cwd=ROOT,
        env=environment(server.home),
        capture_output=True,
        check=True,
    )
    assert json.loads(ran.stdout)["imported"] == 500
    expect(figure(page, "Faxes")).to_have_text("5,300")
    expect(figure(page, "Invalid faxes")).to_have_text(f"{sample.invalid + more.invalid}")
    assert page.evaluate(SCROLLED) == scrolled
    assert page.evaluate(RANGE) == zoomed
    plot = page.locator(".js-plotly-plot").first.locator(".nsewdrag").first
    plot.scroll_into_view_if_needed()
    page.wait_for_function(SETTLED, arg=".js-plotly-plot")
    plot.dblclick()
    page.wait_for_function(
        f"before => {RANGE} && JSON.stringify({RANGE}) !== JSON.stringify(before)", arg=zoomed
    )
    expect(keyed(page, "undo-zoom")).to_have_count(0)


SETTLED = """chart => {
  const box = document.querySelector(chart)?.getBoundingClientRect();
  if (!box) return false;
  const { x, y, width, height } = box;
  const place = [x, y, width, height].join();
  if (window.placed !== place) [window.placed, window.placedAt] = [place, performance.now()];
  return performance.now() - window.placedAt > 500;
}"""
"""Charts further up push a chart down while they load: a hand waits for that too."""

SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"
RANGE = "document.querySelector('.js-plotly-plot')?._fullLayout?.xaxis?.range"


def zoom_in(page: Page) -> list[str]:
    """Drag over a part of the first chart; the days it shows then."""
    plot = page.locator(".js-plotly-plot").first.locator(".nsewdrag").first
    plot.scroll_into_view_if_needed()
    page.wait_for_function(SETTLED, arg=".js-plotly-plot")
    before = page.evaluate(RANGE)
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.3, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    page.mouse.up()
    page.wait_for_function(
        f"before => {RANGE} && JSON.stringify({RANGE}) !== JSON.stringify(before)", arg=before
    )
    expect(keyed(page, "undo-zoom").get_by_role("button")).to_contain_text("Zoom: ")
    after: list[str] = page.evaluate(RANGE)
    return after


def scroll_to(page: Page, pixels: int) -> int:
    page.evaluate(f"{SCROLLED} = {pixels}")
    scrolled: int = page.evaluate(SCROLLED)
    assert scrolled > 0
    return scrolled


def test_the_filters_stand_in_the_address_and_it_gives_the_same_numbers_again(
    visit: Visit, sample: SampleFacts
):
    page = visit()
    expect(figure(page, "Faxes")).to_have_text("4,800")
    keyed(page, "filter_mode").get_by_text("Sent (SF)").click()
    expect(figure(page, "Faxes")).to_have_text(f"{sample.sent:,}")
    expect(page).to_have_url(re.compile(r"[?&]mode=SF\b"))
    rate = figure(page, "Compliance").inner_text()
    again = visit(page.url.removeprefix(page.url.partition("/?")[0]))
    expect(figure(again, "Faxes")).to_have_text(f"{sample.sent:,}")
    expect(figure(again, "Compliance")).to_have_text(rate)


def test_a_period_is_compared_with_the_one_before(visit: Visit, sample: SampleFacts):
    page = visit("/?start_date=2026-10-25&end_date=2026-10-31")
    expect(page.get_by_text("25 Oct 2026 to 31 Oct 2026")).to_contain_text("18 Oct 2026 to 24 Oct 2026")
    card = page.get_by_test_id("stMetric").filter(has_text="Compliance")
    expect(card.get_by_test_id("stMetricDelta")).to_have_text(re.compile(r"^[+-]?\d+\.\d pt$"))


def test_a_browser_in_french_sees_french_and_the_switch_is_kept_in_the_address(
    visit: Visit, sample: SampleFacts
):
    page = visit(language="fr")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tableau de bord")
    expect(figure(page, "Conformité")).to_have_text("96,4\u202f%")
    expect(figure(page, "Fax")).to_have_text("4\u202f800")
    assert "lang=" not in page.url
    keyed(page, "lang").get_by_text("EN").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    expect(figure(page, "Compliance")).to_have_text("96.4%")
    expect(page).to_have_url(re.compile(r"[?&]lang=en\b"))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    go_to(page, "Explore")
    expect(page).to_have_url(re.compile(r"[?&]lang=en\b"))


def test_a_bar_of_a_user_leads_to_that_users_invalid_faxes(
    visit: Visit, sample: SampleFacts, services: Services
):
    page = visit()
    worst = services.summaries.breakdown(Filters(), by="user")
    click_bar(page, "[class*='st-key-users-'] .js-plotly-plot", 0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
    most = max(row["invalid"] for row in worst)
    expect(page.get_by_text(re.compile(rf"^{most} faxes found$"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"/explore\?status=invalid$"))


def click_bar(page: Page, chart: str, place: int) -> None:
    """Click near the beginning of a lying bar, the uppermost being 0."""
    bar = page.locator(f"{chart} .bars .point path").nth(place)
    bar.scroll_into_view_if_needed()
    page.wait_for_function(SETTLED, arg=chart)
    box = bar.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 10, box["y"] + box["height"] / 2)


def test_a_bar_of_a_rule_filters_the_rest_of_the_page_and_its_chip_undoes_it(
    visit: Visit, sample: SampleFacts
):
    page = visit()
    rules = sorted(sample.violations, key=lambda rule: -sample.violations[rule])
    click_bar(page, "[class*='st-key-pareto-'] .js-plotly-plot", 0)
    expect(figure(page, "Faxes")).to_have_text(f"{sample.violations[rules[0]]:,}")
    expect(page).to_have_url(re.compile(rf"[?&]rule={re.escape(rules[0])}$"))
    keyed(page, "chips").get_by_role("button", name="Rule: No page").click()
    expect(figure(page, "Faxes")).to_have_text("4,800")
    expect(keyed(page, "chips")).to_have_count(0)
    # The keyboard's way: the same in the table behind the chart.
    keyed(page, "pareto-numbers").locator("summary").click()
    pick_row(page.locator("[class*='st-key-pareto-'][class*='-table']"), 2)
    expect(figure(page, "Faxes")).to_have_text(f"{sample.violations[rules[1]]:,}")


def test_a_chart_is_saved_as_a_picture_by_mouse_and_by_keyboard(
    visit: Visit, sample: SampleFacts, tmp_path: Path
):
    page = visit("/?mode=SF&start_date=2026-09-20&end_date=2026-10-31")
    for field in page.get_by_test_id("stDateInput").all():
        assert field.evaluate(CUT) == [], "a date is cut"
    keyed(page, "timeline-numbers").locator("summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the chart as PNG").click()
    download.value.save_as(tmp_path / "chart.png")
    picture = (tmp_path / "chart.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(picture[16:20]) > 1_500  # twice as fine as on the page
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the chart as SVG").press("Enter")
    assert download.value.suggested_filename == "faxcloud-timeline.svg"
    download.value.save_as(tmp_path / "chart.svg")
    drawing = ElementTree.parse(tmp_path / "chart.svg").getroot()
    assert drawing.findtext("{*}title", "").startswith("Lowest: ")
    assert "Target 95%" in "".join(drawing.itertext())
    around = [text.text for text in drawing.findall("{*}text")]
    assert around[:2] == ["Compliance over time", "20 Sep 2026 to 31 Oct 2026 · Mode: SF"]
    assert re.fullmatch(r"Source: FaxCloud, data version \d+, updated \d.*\d", around[2] or "")
    assert len(drawing.findall(".//{*}g[@class='point']")) > 40


@pytest.fixture
def _target_as_before(services: Services) -> Iterator[None]:
    yield
    services.targets.change(DEFAULT_RATES.target, DEFAULT_RATES.threshold)


@pytest.mark.usefixtures("_target_as_before")
def test_the_period_before_is_drawn_over_this_one_and_a_target_of_ones_own_beside_it(
    visit: Visit, sample: SampleFacts
):
    page = visit("/?start_date=2026-10-25&end_date=2026-10-31")
    keyed(page, "compare").locator("label").click()
    page.wait_for_function(f"{DATA}?.filter(line => line.line?.dash === 'dash').length === 2")
    expect(page.get_by_text(re.compile(r"Better than the previous period: \d of 7"))).to_be_visible()
    keyed(page, "target").get_by_role("button").first.click()
    page.get_by_label("Target (%)").fill("98.5")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".js-plotly-plot").first).to_contain_text("Target 98.5%")
    expect(page.get_by_text(re.compile(r"Periods below the target of 98\.5%: \d of 7"))).to_be_visible()


DATA = "document.querySelector('.js-plotly-plot')?.data"
CUT = """field => [...field.querySelectorAll("*")].filter(
    part => !part.closest("[aria-hidden=true]") && getComputedStyle(part).overflowX !== "visible"
        && part.scrollWidth > part.clientWidth
).map(part => part.outerHTML)"""
