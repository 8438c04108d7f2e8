"""Rules page in the browser: trial, run, history."""

import re

from playwright.sync_api import Locator, Page, expect

from faxcloud.services.sample.export import SampleFacts
from tests.browser.conftest import Visit
from tests.browser.reading import cells, choose, figure, go_to, keyed, percent, pick_row


def tables(page: Page, tab: str) -> Locator:
    return page.get_by_role("tabpanel", name=tab).get_by_test_id("stDataFrame")


def test_a_trial_a_run_and_its_history(visit: Visit, sample: SampleFacts):
    mobiles = sample.violations["number.mobile"]
    page = visit("/rules")
    page.get_by_role("tab", name="Try a ruleset").click()
    choose(page, "trial-ruleset", "faxcloud-1")
    keyed(page, "try").get_by_role("button").click()
    expect(figure(page, "Faxes checked")).to_have_text("4,800")
    expect(figure(page, "Newly valid")).to_have_text(re.compile(r"^\d+$"))
    newly_valid = int(figure(page, "Newly valid").inner_text())
    assert 0 < newly_valid <= mobiles
    expect(figure(page, "Verdicts changed")).to_have_text(str(mobiles))
    expect(figure(page, "Newly invalid")).to_have_text("0")
    assert "Mobile number" in " ".join(cells(tables(page, "Try a ruleset").first, 1))

    keyed(page, "run").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{mobiles} verdicts change")
    keyed(page, "confirm-yes").get_by_role("button").click()
    expect(page.get_by_text("What has changed")).to_be_visible()
    page.get_by_role("tab", name="History of runs").click()
    newest = cells(keyed(page, "runs"), 1)
    assert any(text.startswith("faxcloud-1@") for text in newest)
    assert any(text.startswith("faxcloud-3@") for text in newest)
    pick_row(keyed(page, "runs"), 1)
    rules = tables(page, "History of runs").nth(1)
    rows = [cells(rules, row) for row in range(1, 1 + len(sample.violations))]
    assert ["Mobile number", str(mobiles), "0"] in rows

    go_to(page, "Dashboard")
    expect(figure(page, "Compliance")).to_have_text(percent((sample.valid + newly_valid) / sample.rows))
    expect(figure(page, "Invalid faxes")).to_have_text(str(sample.invalid - newly_valid))


def test_a_ruleset_stands_there_in_words_and_in_sql(visit: Visit):
    page = visit("/rules", language="fr")
    page.get_by_text("Numéro mobile").click()
    rule = page.get_by_test_id("stExpander").filter(has_text="Numéro mobile")
    expect(rule).to_contain_text("number.mobile")
    expect(rule.get_by_test_id("stCode")).to_contain_text("number >= '336'")
