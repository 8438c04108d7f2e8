"""Compliance target and threshold: read by all, changed by administrators, audited."""

import pytest

from faxcloud.errors import NotAllowed, SettingInvalid
from faxcloud.services.actors import Actor, acting
from faxcloud.services.analytics.compliance_target import DEFAULT_RATES, ComplianceTargets, Rates
from tests.live_store import opened


@pytest.fixture
def services(tmp_path):
    with opened(tmp_path / "store") as found:
        yield found


@pytest.fixture
def targets(services):
    return ComplianceTargets(services._catalogue, services.journal)


def test_before_anybody_chose_the_target_is_95_per_cent_and_the_threshold_90(targets):
    assert targets.rates() == DEFAULT_RATES == Rates(0.95, 0.90)


def test_what_was_chosen_holds_for_everybody_and_is_in_the_audit_log_once(targets, services):
    assert targets.change(0.98, 0.90) == Rates(0.98, 0.90)
    targets.change(0.98, 0.90)
    with acting(Actor("key:reader", "viewer")):
        assert targets.rates() == Rates(0.98, 0.90)
        assert targets.target_rate() == 0.98
    told = services.audit.log(action="setting.change").results
    assert [(event["resource"], event["details"]) for event in told] == [
        ("setting:target_rate", {"from": 0.95, "to": 0.98})
    ]


@pytest.mark.parametrize(("target", "threshold"), [(1.0, 0.0), (0.5, 0.5), (0.0001, 0)])
def test_rates_at_the_edge_are_accepted(targets, target, threshold):
    targets.change(target, threshold)
    assert targets.rates() == Rates(target, threshold)


@pytest.mark.parametrize(
    ("target", "threshold", "setting"),
    [
        (0.0, 0.0, "target_rate"),
        (1.0001, 0.9, "target_rate"),
        (float("nan"), 0.9, "target_rate"),
        (0.95, 0.9501, "threshold_rate"),
        (0.95, -0.01, "threshold_rate"),
        (0.95, float("nan"), "threshold_rate"),
    ],
)
def test_rates_that_cannot_be_are_refused_and_change_nothing(targets, target, threshold, setting):
    with pytest.raises(SettingInvalid, match=setting):
        targets.change(target, threshold)
    assert targets.rates() == DEFAULT_RATES


@pytest.mark.parametrize("actor", [Actor("key:a", "analyst"), Actor("key:b", "admin", reports=("one",))])
def test_an_analyst_and_an_administrator_of_some_reports_may_not_change_them(targets, actor):
    with acting(actor), pytest.raises(NotAllowed):
        targets.change(0.9, 0.8)
    assert targets.rates() == DEFAULT_RATES
