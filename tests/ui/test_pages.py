"""Every page in four worlds: no store, an empty one, a small one, and hostile text."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from faxcloud.ui.running import Running
from tests.ui.conftest import FRAME, HOSTILE_NAMES, ROOT, SMALL, Visit, metrics, record, texts
from tests.waiting import wait_until

PAGES = (
    *("dashboard", "explore", "alerts", "users", "usage", "corrections"),
    *("imports", "report", "mailings", "rules", "help"),
)
LANGUAGES = ("en", "fr")
INCIDENT = ("could not be shown", "n’a pas pu être affichée")


def is_calm(app: AppTest) -> bool:
    """No traceback, no incident."""
    return not app.exception and not any(words in texts(app) for words in INCIDENT)


@pytest.mark.parametrize("page", PAGES)
def test_without_a_store_a_page_says_what_is_wrong_and_shows_no_traceback(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("FAXCLOUD_HOME", str(blocked / "store"))
    st.cache_resource.clear()
    app = AppTest.from_file(FRAME, default_timeout=60)
    app.query_params["lang"] = "fr"
    app.run()
    app.switch_page(str(ROOT / "pages" / f"{page}.py")).run()
    assert not app.exception
    assert "Vérifiez FAXCLOUD" in app.error[0].value
    assert not any(words in texts(app) for words in INCIDENT)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["dashboard", "explore", "imports"])
def test_an_empty_store_invites_and_draws_no_chart(page: str, language: str, visit: Visit):
    app = visit(page, language)
    assert is_calm(app)
    assert {"en": "Nothing imported yet", "fr": "Rien n’est encore importé"}[language] in texts(app)
    assert not app.get("plotly_chart")
    assert app.button(key="load-sample")


def test_the_sample_is_imported_in_a_worker_process(shared: Running, visit: Visit):
    others = {child.pid for child in psutil.Process().children()}
    visit().button(key="load-sample").click().run()
    workers: set[int] = set()

    def is_loaded() -> bool:
        workers.update(child.pid for child in psutil.Process().children())
        return shared.services.reports.has_sample()

    wait_until(is_loaded)
    assert len(workers - others) == 1
    [report] = shared.services.reports.list()
    assert report["imported_by"] == "local"


def test_an_empty_store_has_rules_all_the_same(visit: Visit):
    app = visit("rules", "fr")
    assert is_calm(app)
    assert any("Numéro mobile" in expander.label for expander in app.expander)


def test_the_dashboard_shows_the_numbers_of_a_small_store(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "en")
    assert is_calm(app)
    assert metrics(app) == {
        "Compliance": "60.0%",
        "Faxes": "5",
        "Pages": "11",
        "Invalid faxes": "2",
        "Sent": "2",
        "Received": "3",
    }
    assert len(app.get("plotly_chart")) == 4


def test_headings_of_a_page_skip_no_level(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "en")
    assert len(app.title) == 1
    assert len(app.header) >= 4
    assert not app.subheader


def test_numbers_and_titles_are_french_in_french(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "fr")
    assert metrics(app)["Conformité"] == "60,0\u202f%"
    assert app.title[0].value == "Tableau de bord"


def test_a_link_carries_its_filters(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "en", mode="SF")
    assert metrics(app)["Faxes"] == "2"
    assert app.query_params["mode"] == "SF"


def test_a_period_is_compared_with_the_one_before(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "en", start_date="2026-03-06", end_date="2026-03-07")
    compliance = next(element for element in app.metric if element.label == "Compliance")
    assert (compliance.value, compliance.delta) == ("33.3%", "-66.7 pt")
    assert "compared with 04 Mar 2026 to 05 Mar 2026" in texts(app)


def test_a_filter_with_a_bad_value_is_said_and_left_out(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "en", mode="SF", start_date="31/12/2026")
    assert not app.exception
    assert "start" in app.error[0].value
    assert metrics(app)["Faxes"] == "2"


def test_a_selection_without_rows_says_so_and_leads_back(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "en", start_date="2020-01-01", end_date="2020-01-31")
    assert "No data for this selection" in texts(app)
    assert not app.get("plotly_chart")
    app.button(key="widen").click().run()
    assert metrics(app)["Faxes"] == "5"
    assert "start_date" not in app.query_params


def test_explore_shows_the_rows_of_the_search(load: Callable[..., str], visit: Visit, shared: Running):
    load(*SMALL)
    app = visit("explore", "en")
    assert is_calm(app)
    assert "5 faxes found" in texts(app)
    offers = [shared.tickets.claim(link.proto.url.split("/")[1]) for link in app.get("link_button")]
    assert {offer.sort for offer in offers if offer} == {"-sent_at"}  # files in the order shown
    app.text_input(key="filter_q").set_value("336123").run()
    assert "1 fax found" in texts(app)
    assert "Mobile number" in app.dataframe[0].value["reasons"].tolist()


def test_a_number_or_a_name_never_stands_in_the_address(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("explore", "en")
    app.text_input(key="filter_q").set_value("33612345678")
    app.text_input(key="filter_user").set_value("Docteur")
    app.segmented_control(key="filter_status").set_value("invalid").run()
    assert "1 fax found" in texts(app)
    assert app.query_params["status"] == "invalid"
    assert not {"q", "user"} & set(app.query_params)


def test_the_filters_go_along_to_the_next_page(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    app = visit("dashboard", "en", mode="RF")
    app.switch_page(str(ROOT / "pages" / "explore.py")).run()
    assert "3 faxes found" in texts(app)


def test_reports_lists_each_import_with_its_counts(load: Callable[..., str], visit: Visit):
    load(*SMALL, name="mars.csv")
    app = visit("imports", "en")
    assert is_calm(app)
    rows = app.dataframe[0].value
    assert rows["file"].tolist() == ["mars.csv"]
    assert (rows["imported"].tolist(), rows["invalid"].tolist()) == ([5], [2])


def test_a_trial_shows_what_another_ruleset_would_change(
    load: Callable[..., str], visit: Visit, shared: Running
):
    load(*SMALL)
    app = visit("rules", "en")
    before = shared.services.summaries.version()
    result = shared.services.validation.run("faxcloud-1", dry_run=True)
    app.session_state["rules-tab"] = "Try a ruleset"
    app.session_state["validation_job-result"] = result
    app.run()
    assert is_calm(app)
    assert metrics(app) == {
        "Faxes checked": "5",
        "Verdicts changed": "1",
        "Newly invalid": "0",
        "Newly valid": "1",
    }
    assert shared.services.summaries.version() == before


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_is_shown_and_not_interpreted(
    page: str, language: str, load: Callable[..., str], visit: Visit
):
    load(
        *(record(str(number), name, pages="0") for number, name in enumerate(HOSTILE_NAMES)),
        name="<b>x</b> $y$ [z](http://evil.example).csv",
    )
    app = visit(page, language)
    assert is_calm(app)
    assert "[z](" not in texts(app)
    assert "<b>x" not in texts(app)
    if page == "dashboard":
        assert metrics(app)[{"en": "Invalid faxes", "fr": "Fax invalides"}[language]] == "5"


def test_sample_data_is_marked_on_every_page_and_its_removal_asks_first(
    load: Callable[..., str], visit: Visit, shared: Running
):
    load(*SMALL, is_sample=True)
    for page in PAGES:
        assert "Données d’exemple" in texts(visit(page, "fr"))
    app = visit("dashboard", "en")
    app.button(key="remove-sample").click().run()
    assert "Your own imports are not affected" in texts(app)
    assert app.button(key="confirm-yes")
    assert shared.services.reports.has_sample()


def test_own_data_carries_no_banner(load: Callable[..., str], visit: Visit):
    load(*SMALL)
    assert "Sample data" not in texts(visit("dashboard", "en"))


def test_the_browsers_language_decides_and_the_switch_overrules_it(shared: Running):
    app = AppTest.from_file(FRAME, default_timeout=60)
    app.context["locale"] = "fr-CA"
    app.run()
    assert app.title[0].value == "Tableau de bord"
    app.segmented_control(key="lang").set_value("en").run()
    assert app.title[0].value == "Dashboard"
    assert app.query_params["lang"] == "en"


OWN = """id = "own"
extends = "faxcloud-3"
without = ["number.mobile"]
[title]
en = "Own"
fr = "À nous"
[description]
en = "Without mobiles."
fr = "Sans les mobiles."
"""


@pytest.fixture
def own_file(shared: Running) -> Path:
    """A ruleset of the user's own, in the place for it."""
    folder = shared.settings.rulesets_folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "own.toml"
    file.write_text(OWN, "utf-8")
    return file


def test_a_ruleset_file_that_cannot_be_used_is_listed_with_what_is_wrong(
    visit: Visit, shared: Running, own_file: Path
):
    own_file.with_name("broken.toml").write_text("id = ", "utf-8")
    own_file.with_name("latin.toml").write_bytes(b"id = '\xe9'")
    own_file.with_name("slow.toml").write_text(OWN.replace('"own"', '"slow"') + "[[rules]]\n", "utf-8")
    app = visit("rules", "en")
    assert is_calm(app)
    said = app.warning[0].value
    assert all(f"**{name}\\.toml**" in said for name in ("broken", "latin", "slow"))
    assert "no TOML" in said
    assert "Correct the file" in said
    assert "Own (own)" in app.selectbox(key="shown-ruleset").options


def test_without_the_file_of_the_active_ruleset_every_page_works_and_two_say_what_to_do(
    load: Callable[..., str], visit: Visit, shared: Running, own_file: Path
):
    load(*SMALL)
    shared.services.validation.run("own")
    assert metrics(visit("dashboard"))["Invalid faxes"] == "1"
    own_file.unlink()
    for page in PAGES:
        app = visit(page, "en")
        assert is_calm(app)
        told = [error.value for error in app.error]
        assert len(told) == (page in ("imports", "rules"))
        assert all("no ruleset “own”" in text and "New imports are refused" in text for text in told)
    status = shared.services.status.report()
    assert (status["faxes"], status["store"]["ruleset"]) == (5, "own")
    shared.services.validation.run("faxcloud-3")
    assert not visit("rules", "en").error


def test_a_trial_that_changes_nothing_can_still_make_its_ruleset_the_active_one(
    load: Callable[..., str], visit: Visit, shared: Running, own_file: Path
):
    load(SMALL[0])
    result = shared.services.validation.run("own", dry_run=True)
    app = visit("rules", "en")
    app.session_state["rules-tab"] = "Try a ruleset"
    app.session_state["validation_job-result"] = result
    app.run()
    assert "No verdict changes" in app.success[0].value
    assert app.button(key="run")
