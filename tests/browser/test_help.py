"""Help page in the browser: tour, glossary, installation on a phone."""

from playwright.sync_api import expect

from faxcloud.services.sample.export import SampleFacts
from faxcloud.wiring import Services
from tests.browser.conftest import Server, Visit
from tests.browser.reading import go_to, keyed, settle


def test_the_tour_is_offered_once_and_leads_through_the_pages(
    visit: Visit, services: Services, sample: SampleFacts
):
    services.preferences.reset("tour_seen")
    page = visit()
    page.get_by_role("button", name="Take the tour").click()
    tour = keyed(page, "tour")
    expect(tour).to_contain_text("Step 1 of 6")
    page.get_by_role("button", name="Next").click()
    expect(tour).to_contain_text("Step 2 of 6")
    tour.get_by_role("link", name="Go there").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
    expect(tour).to_contain_text("Step 2 of 6")
    page.get_by_role("button", name="End the tour").click()
    expect(tour).to_have_count(0)
    go_to(page, "Dashboard")
    settle(page)
    expect(page.get_by_role("button", name="Take the tour")).to_have_count(0)
    go_to(page, "Help")
    page.get_by_role("button", name="Take the tour").click()
    expect(tour).to_contain_text("Step 1 of 6")


def test_the_glossary_finds_a_word_and_tells_the_formula(visit: Visit, sample: SampleFacts):
    page = visit("/help", language="fr")
    word = page.get_by_label("Chercher un terme")
    word.fill("conformité")
    word.press("Enter")
    expect(page.get_by_text("Numéro normalisé")).to_have_count(0)
    settle(page)
    page.get_by_text("fax valides / tous les fax").first.click()
    expect(page.get_by_text("count(*) FILTER (WHERE is_valid)").first).to_be_visible()
    word.fill("xyzzy")
    word.press("Enter")
    expect(page.get_by_text("Aucune définition ne contient ce texte.")).to_be_visible()


def test_a_browser_finds_what_it_needs_to_install_the_pages(
    visit: Visit, server: Server, sample: SampleFacts
):
    page = visit(language="fr")
    browser = page.context.new_cdp_session(page)
    told = browser.send("Page.getAppManifest")
    assert (told["url"], told["errors"]) == (f"{server.address}/faxcloud.webmanifest", [])
    missing = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {each["errorId"] for each in missing} <= {"in-incognito"}  # as every window of a test is


def test_streamlits_own_texts_are_in_the_visitors_language(visit: Visit, sample: SampleFacts, server: Server):
    page = visit("/explore", language="fr")
    keyed(page, "filter_report").locator("input").fill("zzz")
    expect(page.get_by_role("listbox")).to_have_text("Aucun résultat")
    page.goto(f"{server.address}/nowhere")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Page introuvable")
    page.route("**/_stcore/**", lambda route: route.abort())
    page.goto(f"{server.address}/?lang=en")  # the server seems gone
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Connection lost")
    expect(page.get_by_role("dialog")).to_contain_text("FaxCloud does not answer at the moment.")
    expect(page.get_by_role("dialog")).not_to_contain_text("treamlit")
