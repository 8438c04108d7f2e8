"""Alerts page and bell: no data, hostile names, viewer role, rule form."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from faxcloud.domain.alerts import AlertRule
from faxcloud.i18n import translator
from faxcloud.ui.alerts.open_alerts import evidence_says
from faxcloud.ui.running import Running
from tests.ui.conftest import HOSTILE_NAMES, SMALL, Visit, texts

NAMES = [name[:100] for name in HOSTILE_NAMES]


def is_calm(app: AppTest) -> bool:
    return not app.exception and not app.error


def watch(shared: Running, name: str, **values: object) -> None:
    given = {"name": name, "metric": "faxes", "comparison": "below", "threshold": 100}
    shared.services.alerts.save_rule(AlertRule.from_dict(given | values))


def opened(app: AppTest, tab: str) -> AppTest:
    """The page with one of its tabs open, as a click would have it."""
    app.session_state["alerts-tab"] = tab
    return app.run()


@pytest.mark.parametrize(
    ("language", "tabs"),
    [
        ("en", ("Alerts", "Rules", "History", "Channels")),
        ("fr", ("Alertes", "Règles", "Historique", "Canaux")),
    ],
)
def test_without_a_rule_no_tab_says_that_all_is_well(
    language: str, tabs: tuple[str, ...], visit: Visit
) -> None:
    app = visit("alerts", language)
    assert is_calm(app)
    assert {"en": "there is no rule yet", "fr": "il n’y a pas encore de règle"}[language] in texts(app)
    assert not app.success
    for tab in tabs:
        assert is_calm(opened(app, tab)), tab


def test_hostile_names_are_shown_as_text_in_every_tab_and_behind_the_bell(
    load: Callable[..., str], visit: Visit, shared: Running
) -> None:
    load(*SMALL)
    for name in NAMES:
        watch(shared, name)
        watch(shared, f"{name[:90]} user", scope="user", scope_value=name, window_days=7)
    shared.services.alerts.evaluate()
    app = visit("alerts")
    for tab in ("Alerts", "Rules", "History", "Channels"):
        assert is_calm(opened(app, tab)), tab
    assert "<script>" not in texts(app)
    assert f"**{len(NAMES)} open alerts**" in texts(app)


def test_an_alert_is_acknowledged_and_resolved_on_the_page(
    load: Callable[..., str], visit: Visit, shared: Running
) -> None:
    load(*SMALL)
    watch(shared, "Volume")
    shared.services.alerts.evaluate()
    [alert] = shared.services.alerts.open_alerts()
    app = visit("alerts")
    assert "Faxes: 2, below the limit of 100." in texts(app).replace("\\", "")
    app.button(key=f"acknowledge-{alert.alert_id}").click().run()
    assert is_calm(app)
    assert shared.services.alerts.open_alerts()[0].acknowledged_by == "local"
    app.button(key=f"resolve-{alert.alert_id}").click().run()
    assert is_calm(app)
    assert shared.services.alerts.open_alerts() == []
    assert "No alert is open." in texts(app)
    [stored] = shared.services.alerts.rules()
    shared.services.alerts.save_rule(stored.rule, stored.rule_id, is_enabled=False)
    assert not app.run().success
    assert "all rules are disabled" in texts(app)


def test_a_rule_is_written_tried_saved_and_changed(
    load: Callable[..., str], visit: Visit, shared: Running
) -> None:
    load(*SMALL)
    app = opened(visit("alerts"), "Rules")
    app.button(key="new-rule").click().run()
    app.number_input(key="alert_rule_minimum_faxes").set_value(1)
    app.number_input(key="alert_rule_window_days").set_value(7).run()
    app.button(key="test-alert-rule").click().run()
    assert "It would open an alert now." in texts(app)  # three of five are valid
    app.text_input(key="alert_rule_name").set_value("Week").run()
    app.button(key="save-alert-rule").click().run()
    assert is_calm(app)
    [stored] = shared.services.alerts.rules()
    assert (stored.rule.name, stored.rule.threshold, stored.rule.hysteresis) == ("Week", 0.95, 0.01)


def test_an_invalid_rule_shows_its_error_in_the_form(visit: Visit, shared: Running) -> None:
    app = opened(visit("alerts"), "Rules")
    app.button(key="new-rule").click().run()
    app.button(key="save-alert-rule").click().run()
    assert not app.exception
    assert "name cannot be" in texts(app)
    assert shared.services.alerts.rules() == []


def test_evidence_that_shows_more_than_was_measured_says_so() -> None:
    days = {"start_date": "2026-03-01", "end_date": "2026-03-07"}
    rule = AlertRule("A", "faxes", "below", 5, scope="contract", scope_value="C1")
    t = translator("en")
    assert "all contracts" in evidence_says(t, rule, {"filters": days})
    assert evidence_says(t, rule, {"filters": {**days, "report": "r1"}}) == ""
    assert evidence_says(t, AlertRule("A", "faxes", "below", 5), {"filters": days}) == ""
