"""Alert rules: every comparison at its threshold, to open and to resolve; invalid rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.alert_verdicts import Measured, State, Verdict, judge
from faxcloud.domain.alerts import COMPARISONS, WATCHABLE, AlertRule
from faxcloud.errors import AlertRuleInvalid

OPEN = State(is_open=True)
CLOSED = State()


def rule(**values: Any) -> AlertRule:
    given_values = {"name": "r", "metric": "faxes", "comparison": "below", "threshold": 100}
    return AlertRule.from_dict(given_values | values)


def of(value: float | None, faxes: int = 50, before: tuple[float, ...] = ()) -> Measured:
    return Measured(value, faxes, before)


EDGES = [
    # comparison, threshold, what is below, equal and above it, whether each opens
    ("below", 0.95, (0.949999, 0.95, 0.950001), (True, False, False)),
    ("above", 0.05, (0.049999, 0.05, 0.050001), (False, False, True)),
]


@pytest.mark.parametrize(("comparison", "threshold", "values", "opens"), EDGES)
def test_a_level_opens_beyond_its_threshold_and_not_at_it(
    comparison: str, threshold: float, values: tuple[float, ...], opens: tuple[bool, ...]
) -> None:
    asked = rule(metric="compliance_rate", comparison=comparison, threshold=threshold)
    assert tuple(judge(asked, of(value), CLOSED).action == "open" for value in values) == opens


@pytest.mark.parametrize(
    ("comparison", "value", "opens"),
    [
        ("change_down", 71, False),  # 29 % down
        ("change_down", 70, False),  # 30 % down: the threshold itself
        ("change_down", 69, True),  # 31 % down
        ("change_down", 131, False),  # up is not down
        ("change_up", 129, False),
        ("change_up", 130, False),
        ("change_up", 131, True),
        ("change_up", 69, False),
    ],
)
def test_a_change_opens_beyond_its_threshold_and_not_at_it(comparison: str, value: int, opens: bool) -> None:
    asked = rule(comparison=comparison, threshold=30)
    verdict = judge(asked, of(value, before=(90, 110, 95, 105)), CLOSED)
    assert verdict == (Verdict("open", "breached") if opens else Verdict(None, "fine"))


@pytest.mark.parametrize(
    ("comparison", "threshold", "hysteresis", "value", "expected"),
    [
        ("below", 0.95, 0.01, 0.9499, Verdict(None, "breached")),
        ("below", 0.95, 0.01, 0.95, Verdict(None, "between")),
        ("below", 0.95, 0.01, 0.9599, Verdict(None, "between")),
        ("below", 0.95, 0.01, 0.96, Verdict("resolve", "fine")),
        ("below", 0.95, 0.01, 0.9601, Verdict("resolve", "fine")),
        ("below", 0.95, 0, 0.95, Verdict("resolve", "fine")),
        ("above", 0.05, 0.02, 0.0501, Verdict(None, "breached")),
        ("above", 0.05, 0.02, 0.05, Verdict(None, "between")),
        ("above", 0.05, 0.02, 0.0301, Verdict(None, "between")),
        ("above", 0.05, 0.02, 0.03, Verdict("resolve", "fine")),
        ("above", 0.05, 0.02, 0.0299, Verdict("resolve", "fine")),
        ("above", 0.05, 0, 0.05, Verdict("resolve", "fine")),
    ],
)
def test_an_open_level_is_resolved_from_the_hysteresis_on(
    comparison: str, threshold: float, hysteresis: float, value: float, expected: Verdict
) -> None:
    asked = rule(metric="compliance_rate", comparison=comparison, threshold=threshold, hysteresis=hysteresis)
    assert judge(asked, of(value), OPEN) == expected


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [
        ("change_down", 69, Verdict(None, "breached")),
        ("change_down", 70, Verdict(None, "between")),
        ("change_down", 79, Verdict(None, "between")),
        ("change_down", 80, Verdict("resolve", "fine")),
        ("change_down", 81, Verdict("resolve", "fine")),
        ("change_up", 131, Verdict(None, "breached")),
        ("change_up", 130, Verdict(None, "between")),
        ("change_up", 121, Verdict(None, "between")),
        ("change_up", 120, Verdict("resolve", "fine")),
        ("change_up", 119, Verdict("resolve", "fine")),
    ],
)
def test_an_open_change_is_resolved_from_the_hysteresis_on(
    comparison: str, value: int, expected: Verdict
) -> None:
    asked = rule(comparison=comparison, threshold=30, hysteresis=10)
    assert judge(asked, of(value, before=(100,)), OPEN) == expected


@pytest.mark.parametrize(("value", "opens"), [(6, False), (7, False), (8, True)])
def test_days_since_the_last_import_need_no_faxes(value: int, opens: bool) -> None:
    asked = rule(metric="days_since_import", comparison="above", threshold=7, minimum_faxes=1000)
    assert (judge(asked, of(value, 0), CLOSED).action == "open") is opens


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("state", [CLOSED, OPEN])
def test_no_data_is_no_alarm_and_ends_none(comparison: str, state: State) -> None:
    asked = rule(metric="compliance_rate", comparison=comparison, threshold=1, minimum_faxes=0)
    assert judge(asked, of(None, 0), state) == Verdict(None, "no_data")
    assert judge(asked, of(None, 0, (0.9,)), state) == Verdict(None, "no_data")


@pytest.mark.parametrize("state", [CLOSED, OPEN])
@pytest.mark.parametrize(("minimum", "reason"), [(0, "breached"), (1, "too_few"), (2, "too_few")])
@pytest.mark.parametrize(("comparison", "before"), [("below", ()), ("change_down", (8,))])
def test_no_fax_is_a_count_of_zero_where_a_rule_has_no_minimum(
    comparison: str, before: tuple[float, ...], minimum: int, reason: str, state: State
) -> None:
    asked = rule(comparison=comparison, threshold=5, minimum_faxes=minimum)
    assert judge(asked, of(0, 0, before), state).reason == reason


@pytest.mark.parametrize(
    ("comparison", "threshold", "opens"),
    [
        ("below", 0, False),  # the limit itself
        ("below", 1, True),
        ("above", 0, False),
        ("change_down", 99, True),
        ("change_down", 100, False),  # all of it gone: the limit itself
        ("change_up", 0, False),
    ],
)
def test_a_count_of_zero_is_compared_as_any_other(comparison: str, threshold: int, opens: bool) -> None:
    asked = rule(comparison=comparison, threshold=threshold, minimum_faxes=0)
    assert (judge(asked, of(0, 0, (8, 12)), CLOSED).action == "open") is opens


def test_a_change_without_earlier_weeks_or_from_nothing_is_no_data() -> None:
    asked = rule(comparison="change_up", threshold=1)
    assert judge(asked, of(50), CLOSED).reason == "no_data"
    assert judge(asked, of(50, before=(0, 0)), CLOSED).reason == "no_data"


@pytest.mark.parametrize(("faxes", "reason"), [(19, "too_few"), (20, "breached"), (21, "breached")])
def test_fewer_faxes_than_the_minimum_say_nothing(faxes: int, reason: str) -> None:
    assert judge(rule(minimum_faxes=20), of(5, faxes), CLOSED).reason == reason


@pytest.mark.parametrize(("minutes", "reason"), [(59.9, "cooling"), (60.0, "breached"), (61.0, "breached")])
def test_a_rule_rests_after_its_alert_was_resolved(minutes: float, reason: str) -> None:
    state = State(resolved_minutes_ago=minutes)
    assert judge(rule(cool_down_minutes=60), of(5), state).reason == reason


def test_what_was_resolved_by_hand_is_not_opened_again_by_the_same_finding() -> None:
    state = State(resolved_minutes_ago=1e6, is_told=True)
    assert judge(rule(), of(5), state) == Verdict(None, "told")


@given(valid=st.integers(0, 1000), faxes=st.integers(1, 1000), percent=st.integers(0, 100))
def test_a_rate_is_compared_as_the_fraction_that_people_mean(valid: int, faxes: int, percent: int) -> None:
    valid = min(valid, faxes)
    asked = rule(metric="compliance_rate", threshold=percent / 100, minimum_faxes=0)
    opens = judge(asked, of(valid / faxes, faxes), CLOSED).action == "open"
    if 100 * valid == percent * faxes:
        assert not opens
    else:
        assert opens is (100 * valid < percent * faxes)


@given(
    metric=st.sampled_from(WATCHABLE[:-1]),
    comparison=st.sampled_from(COMPARISONS),
    threshold=st.floats(0, 1),
    days=st.integers(1, 7),
    channels=st.lists(st.text("abc", min_size=1), unique=True, max_size=3),
)
def test_a_rule_survives_being_written_and_read(
    metric: str, comparison: str, threshold: float, days: int, channels: list[str]
) -> None:
    made = rule(
        metric=metric, comparison=comparison, threshold=threshold, window_days=days, channels=channels
    )
    assert AlertRule.from_dict(made.to_dict()) == made


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"metric": "faxe"}, "metric"),
        ({"metric": ["faxes"]}, "metric"),
        ({"comparison": "equals"}, "comparison"),
        ({"threshold": "95"}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"threshold": -1}, "threshold"),
        ({"threshold": True}, "threshold"),
        ({"metric": "compliance_rate", "threshold": 95}, "threshold"),
        ({"metric": "compliance_rate", "threshold": 0.9, "hysteresis": 2}, "hysteresis"),
        ({"scope": "user"}, "scope_value"),
        ({"scope_value": "Accueil"}, "scope_value"),
        ({"window_days": 0}, "window_days"),
        ({"window_days": 367}, "window_days"),
        ({"comparison": "change_up", "window_days": 8}, "window_days"),
        ({"comparison": "change_up", "window": "report"}, "window"),
        ({"minimum_faxes": 1.5}, "minimum_faxes"),
        ({"cool_down_minutes": -1}, "cool_down_minutes"),
        ({"channels": "mail"}, "channels"),
        ({"metric": "days_since_import", "scope": "user", "scope_value": "x"}, "metric"),
        ({"metric": "days_since_import", "comparison": "change_up"}, "metric"),
        ({"windows": 1}, "windows"),
    ],
)
def test_what_is_no_rule_is_refused_by_the_name_of_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(AlertRuleInvalid) as refused:
        rule(**values)
    assert refused.value.values["field"] == field
