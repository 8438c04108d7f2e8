"""Labels of rules, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faxcloud.domain.rulesets.ruleset import Rule
from faxcloud.i18n import Translator

SEPARATOR = "|"


@dataclass(frozen=True)
class RuleLabels:
    """Labels by rule id; an id that no ruleset defines is its own label."""

    t: Translator
    rules: Mapping[str, Rule]

    def label(self, rule_id: str) -> str:
        """Label of one rule."""
        return label_of(self.rules, rule_id, self.t.language)

    def labels(self, joined: str | None) -> str:
        """Labels of rule ids joined by `|`, as rows store them."""
        return labels_of(self.rules, joined, self.t.language)


def label_of(rules: Mapping[str, Rule], rule_id: str, language: str) -> str:
    """Label of a rule; the id itself if no ruleset defines it."""
    rule = rules.get(rule_id)
    return rule.label.text(language) if rule else rule_id


def labels_of(rules: Mapping[str, Rule], joined: str | None, language: str) -> str:
    """Labels of joined rule ids, separated by commas."""
    return ", ".join(label_of(rules, rule_id, language) for rule_id in ids(joined))


def ids(joined: str | None) -> list[str]:
    """Rule ids of a row, which stores them joined by `|`."""
    return [rule_id for rule_id in (joined or "").split(SEPARATOR) if rule_id]
