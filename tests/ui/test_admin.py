"""Administration page: every section in four worlds, confirmations, refusals by role."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from faxcloud.domain.roles import Role
from faxcloud.i18n import translator
from faxcloud.services.monitoring.checks import Checks
from faxcloud.ui.admin.health import CHECKS, SAID, STATES
from faxcloud.ui.admin.sections import SECTIONS
from faxcloud.ui.charts.history import GAP_S, Line, history_chart, per_minute
from faxcloud.ui.running import Running
from faxcloud.ui.screen import Screen
from tests.ui.conftest import FRAME, HOSTILE_NAMES, ROOT, SMALL, Visit, metrics, record, texts
from tests.ui.test_pages import is_calm

Load = Callable[..., str]

PAGE = ROOT / "pages" / "admin.py"
NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)


@pytest.fixture
def open_section(visit: Visit) -> Callable[..., AppTest]:
    """The page at one of its sections."""

    def opened(section: str, language: str = "en") -> AppTest:
        app = visit("admin", language)
        if section != "overview":
            app.segmented_control(key="section").set_value(section).run()
        return app

    return opened


Open = Callable[..., AppTest]


def press(app: AppTest, label: str) -> AppTest:
    """The button of that name; forms have theirs without keys."""
    return next(button for button in app.button if button.label == label).click().run()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_an_empty_store_is_calm(section: str, language: str, open_section: Open):
    app = open_section(section, language)
    assert is_calm(app)
    assert not app.error


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_a_small_store_is_calm_in_french(section: str, load: Load, open_section: Open):
    load(*SMALL)
    app = open_section(section, "fr")
    assert is_calm(app)
    assert not app.error
    assert app.query_params.get("section") == (None if section == "overview" else section)


def test_without_a_store_the_page_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("FAXCLOUD_HOME", str(blocked / "store"))
    st.cache_resource.clear()
    app = AppTest.from_file(FRAME, default_timeout=60)
    app.query_params["lang"] = "fr"
    app.run()
    app.switch_page(str(PAGE)).run()
    assert not app.exception
    assert "Vérifiez FAXCLOUD" in app.error[0].value


@pytest.mark.parametrize("section", SECTIONS)
def test_hostile_text_is_shown_and_not_interpreted(
    section: str, load: Load, open_section: Open, shared: Running
):
    load(
        *(record(str(number), name) for number, name in enumerate(HOSTILE_NAMES)),
        name="<b>x</b> $y$ [z](http://evil.example).csv",
    )
    shared.services.validation.run("faxcloud-1")
    app = open_section(section)
    assert is_calm(app)
    assert "[z](" not in texts(app)
    assert "<b>x" not in texts(app)


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_the_page_refuses_everybody_but_administrators(role: Role, shared: Running):
    def script(page, role) -> None:
        import runpy

        from faxcloud.services.actors import Actor, acting
        from faxcloud.ui.errors import shown_errors

        with acting(Actor("key:x", role)), shown_errors():
            runpy.run_path(page)

    app = AppTest.from_function(script, kwargs={"page": str(PAGE), "role": role}, default_timeout=60).run()
    assert not app.exception
    assert len(app.error) == 1
    assert metrics(app) == {}
    assert not app.get("button")


def test_the_overview_counts_what_the_other_pages_count(load: Load, open_section: Open):
    load(*SMALL)
    shown = metrics(open_section("overview"))
    assert (shown["Imports"], shown["Faxes"], shown["Compliance"]) == ("1", "5", "60.0%")


def test_every_check_has_a_name_and_every_sentence_of_the_checks_is_translated(shared: Running):
    services = shared.services
    checks = services.health.report(detailed=True)["checks"]
    assert set(checks) <= set(CHECKS)
    assert {found["detail"] for found in checks.values()} <= set(SAID)
    assert {found["status"] for found in checks.values()} <= set(STATES)
    assert Checks(services.settings, services._catalogue, services.maintenance._lake).redis().detail in SAID


def test_the_first_key_signs_its_creator_in_and_stays_shown_until_it_is_put_away(
    shared: Running, open_section: Open
):
    app = open_section("keys")
    assert "anyone on this machine may do everything" in app.info[0].value
    role = next(each for each in app.selectbox if each.label == "Role")
    assert role.options == ["administrator – everything, this page included"]
    next(each for each in app.text_input if each.label == "Name").set_value("me")
    press(app, "Create the key")
    key = app.code[0].value
    assert shared.services.keys.authenticate(key).role == "admin"
    assert "only once" in app.warning[0].value
    for _refresh in range(2):
        app.run()
        assert app.code[0].value == key
        assert "Sign in" not in [each.value for each in app.header]
    press(app, "I have copied it")
    assert not app.code
    assert [row["action"] for row in shared.services.audit.log().results][:2] == [
        "session.begin",
        "key.create",
    ]
    assert "Signed in with key me" in texts(app)
    app.segmented_control(key="section").set_value("audit").run()
    assert "key “me”" in app.dataframe[0].value["actor"].tolist()
    shared.services.keys.revoke(shared.services.keys.list()[0]["key_id"])
    assert [each.value for each in app.run().header] == ["Sign in"]


def test_a_key_without_a_name_is_refused_in_words(shared: Running, open_section: Open):
    app = press(open_section("keys"), "Create the key")
    assert is_calm(app)
    assert "name" in app.error[0].value
    assert shared.services.keys.list() == []


def test_a_webhook_at_a_private_address_is_refused_in_words(shared: Running, open_section: Open):
    app = open_section("webhooks")
    next(each for each in app.text_input if each.label == "URL").set_value("http://127.0.0.1:9/hook")
    press(app, "Register")
    assert is_calm(app)
    assert app.error
    assert shared.services.webhooks.list()["count"] == 0


def test_the_audit_log_is_searched(load: Load, shared: Running, open_section: Open):
    load(*SMALL)
    shared.services.validation.run("faxcloud-1")
    app = open_section("audit")
    everything = app.dataframe[0].value["action"].tolist()
    app.selectbox(key="audit-action").set_value("report.import").run()
    assert app.dataframe[0].value["action"].tolist() == ["report.import"]
    assert len(everything) > 1
    app.text_input(key="audit-q").set_value("nothing has this").run()
    assert "No event matches" in texts(app)
    assert not {"q", "actor"} & set(app.query_params)


def test_the_audit_log_is_verified(load: Load, shared: Running, open_section: Open):
    load(*SMALL)
    app = open_section("audit")
    app.button(key="verify-audit").click().run()
    assert "The log is intact" in app.success[0].value
    shared.services.audit._trail.log.file.write_text("")
    app.button(key="verify-audit").click().run()
    assert "altered" in app.error[0].value


@pytest.mark.parametrize(
    ("section", "button", "question"),
    [
        ("traffic", "clear-cache", "Nothing is lost"),
        ("store", "compact", "No fax is lost"),
    ],
)
def test_it_is_asked_before_anything_is_done(
    section: str, button: str, question: str, load: Load, shared: Running, open_section: Open
):
    load(*SMALL)
    before = shared.services.audit.log().total
    app = open_section(section)
    app.button(key=button).click().run()
    assert question in texts(app)
    assert app.button(key="confirm-yes")
    assert shared.services.audit.log().total == before


def test_a_backup_lands_in_the_home_and_in_the_list(load: Load, shared: Running, open_section: Open):
    load(*SMALL)
    app = open_section("store")
    app.button(key="back-up").click().run()
    shared.jobs.close()
    app.run()
    app.run()
    assert "5 faxes were backed up" in app.success[0].value
    (made,) = (shared.settings.home / "backups").iterdir()
    assert (made / "faxcloud-backup.json").is_file()
    assert app.dataframe[0].value["faxes"].tolist() == [5]


def test_ages_of_retention_are_kept_and_their_removal_asks_first(
    load: Load, shared: Running, open_section: Open
):
    load(*SMALL)
    app = open_section("privacy")
    app.number_input(key="retention-faxes_days").set_value(30)
    press(app, "Save retention")
    assert shared.services.retention.settings()["faxes_days"] == 30
    app.button(key="apply-retention").click().run()
    assert "for good" in texts(app)
    assert metrics(open_section("overview"))["Faxes"] == "5"


def test_an_erasure_looks_first_and_asks(load: Load, shared: Running, open_section: Open):
    load(*SMALL)
    app = open_section("privacy")
    app.selectbox(key="erasure-kind").set_value("person")
    app.text_input(key="erasure-value").set_value("Docteur")
    press(app, "Search")
    assert metrics(app)["Faxes"] == "3"
    app.button(key="erase").click().run()
    assert "cannot be undone" in texts(app)
    assert shared.services.privacy.certificates() == []
    assert app.button(key="confirm-yes")
    assert not {"number", "person"} & set(app.query_params)


def test_a_certificate_is_read_in_full(load: Load, shared: Running, open_section: Open):
    load(*SMALL)
    shared.services.privacy.erase(person="Docteur")
    app = open_section("privacy")
    row = next(each for each in app.dataframe if "genuine" in each.value)
    assert (row.value["genuine"].tolist(), row.value["faxes_total"].tolist()) == (["yes"], [3])
    assert "Docteur" not in texts(app)


def samples(*values: tuple[float, int]) -> list[dict[str, object]]:
    """Seconds after noon, requests since the start."""
    return [{"at": NOON + dt.timedelta(seconds=after), "requests": count} for after, count in values]


def test_counters_become_what_was_added_in_a_minute():
    rows = per_minute(samples((0, 10), (10, 15), (20, 15), (30, 3)), ("requests",))
    assert [row["requests"] for row in rows] == [30.0, 0.0, None]


def test_a_time_without_samples_is_a_gap_and_no_line(shared: Running):
    screen = Screen(translator("en"), shared, dark=False)
    figure = history_chart(
        screen, samples((0, 1), (10, 2), (10 + 2 * GAP_S, 3)), [Line("requests", "x", "#000")], "k"
    )
    assert figure["data"][0]["y"] == [1, 2, None, 3]
    assert figure["data"][0]["connectgaps"] is False
    assert figure["data"][0]["x"][0] == "2026-03-04T13:00:00"


def test_a_line_at_the_end_of_the_scale_is_drawn_whole(shared: Running):
    screen = Screen(translator("en"), shared, dark=False)
    full = [{"at": NOON + dt.timedelta(seconds=after), "cpu_percent": 100.0} for after in (0, 10)]
    figure = history_chart(screen, full, [Line("cpu_percent", "Processor", "#000")], "k", top=100)
    assert 100 < figure["layout"]["yaxis"]["range"][1] < 110


def test_the_memory_chart_has_the_unit_of_its_figure(shared: Running, open_section: Open):
    shared.services.metrics.sample()
    app = open_section("machine")
    specs = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    memory = next(spec["data"][0]["y"] for spec in specs if spec["data"][0]["name"] == "Own memory")
    sampled = [row["memory_mb"] for row in shared.services.metrics.snapshot()["history"]]
    assert memory == pytest.approx([mib * 2**20 / 10**6 for mib in sampled])
    assert "Memory of FaxCloud, in MB" in texts(app)
