"""Widget choices persist: after an interrupted run, and after a change of language."""

import datetime as dt
from collections.abc import Callable

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import SMALL, Visit

KINDS = ("selectbox", "button_group", "date_input", "number_input", "text_input", "multiselect", "toggle")
CHOSEN = {
    "mode": "SF",
    "status": "invalid",
    "rule": "number.mobile",
    "start_date": "2026-03-01",
    "end_date": "2026-03-31",
    "pages_min": "1",
}


def told_again(app: AppTest) -> set[str]:
    """Keys of the widgets whose values go to a browser that has seen nothing of the drawing before."""
    app._run(WidgetStates())  # it knows no widget, so it sends none
    return {element.key for kind in KINDS for element in app.get(kind) if element.proto.set_value}


@pytest.fixture
def report_id(load: Callable[..., str]) -> str:
    return load(*SMALL)


def test_filters_are_sent_to_the_browser_again(visit: Visit, report_id: str):
    app = visit("explore", report=report_id, **CHOSEN)
    wanted = {f"filter_{name}" for name in (*CHOSEN, "report", "period")}
    assert wanted <= told_again(app)
    assert app.session_state["filter_report"] == report_id


def test_a_comparison_is_sent_to_the_browser_again(visit: Visit, report_id: str):
    app = visit("report", report=report_id)
    app.session_state["paper-view"] = "compare"
    app.session_state["compare-way"] = "days"
    app.session_state["compare-start"] = dt.date(2026, 3, 1)
    app.session_state["compare-end"] = dt.date(2026, 3, 5)
    app.run()
    assert {"filter_report", "paper-view", "compare-way", "compare-start", "compare-end"} <= told_again(app)


def test_rule_form_values_are_sent_to_the_browser_again(visit: Visit, report_id: str):
    app = visit("alerts")
    app.session_state["alerts-tab"] = "Rules"
    app.run()
    app.button(key="new-rule").click().run()
    written = {
        "name": "Weekly",
        "metric": "pages",
        "comparison": "above",
        "threshold": 5.0,
        "scope": "report",
        "value_report": report_id,
        "window_days": 7,
        "minimum_faxes": 2,
        "cool_down_minutes": 5,
    }
    for name, value in written.items():
        app.session_state[f"alert_rule_{name}"] = value
    app.run()
    assert {f"alert_rule_{name}" for name in (*written, "is_enabled")} <= told_again(app)
