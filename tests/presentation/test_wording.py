"""Wording of changes, and labels of rules, as every face shows them."""

import pytest

from faxcloud.domain.metrics import BY_KEY
from faxcloud.domain.rulesets.parser import builtin_ruleset
from faxcloud.i18n import translator
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.presentation.wording import HEADLINES, change_tone


@pytest.mark.parametrize(
    ("key", "value", "before", "tone"),
    [
        ("compliance_rate", 0.96, 0.95, "good"),
        ("compliance_rate", 0.94, 0.95, "bad"),
        ("compliance_rate", 0.95, 0.95, ""),
        ("invalid", 3, 5, "good"),
        ("invalid", 5, 3, "bad"),
        ("faxes", 5, 3, ""),
    ],
)
def test_a_change_is_good_or_bad_as_the_metric_says(key: str, value: float, before: float, tone: str):
    assert change_tone(key, value, before) == tone


def test_headlines_are_metrics():
    assert {*HEADLINES} <= BY_KEY.keys()


def test_joined_rule_ids_become_labels_and_an_unknown_id_stays():
    rules = {rule.id: rule for rule in builtin_ruleset("faxcloud-3").rules}
    label = rules["number.mobile"].label.text("fr")
    assert RuleLabels(translator("fr"), rules).labels("number.mobile|own.rule") == f"{label}, own.rule"
    assert RuleLabels(translator("fr"), rules).labels(None) == ""
