"""Translated rule texts: labels, explanations and remedies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faxcloud.domain.rulesets.ruleset import Rule
from faxcloud.i18n import Translator

if TYPE_CHECKING:
    from faxcloud.services.validation.rulesets import Rulesets

SEPARATOR = "|"


@dataclass(frozen=True)
class RuleWords:
    """Rule texts by id.

    A rule is looked up in the active ruleset, then in all others: a row may have been judged by an older one.
    """

    t: Translator
    rules: dict[str, Rule]

    @classmethod
    def of(cls, t: Translator, rulesets: Rulesets) -> RuleWords:
        active_id = rulesets.active_id()
        ordered = sorted(rulesets.list(), key=lambda ruleset: ruleset.id == active_id)
        return cls(t, {rule.id: rule for ruleset in ordered for rule in ruleset.rules})

    def label(self, rule_id: str) -> str:
        """Label of a rule; the id itself if no ruleset defines it."""
        rule = self.rules.get(rule_id)
        return rule.label.text(self.t.language) if rule else rule_id

    def labels(self, joined: str | None) -> str:
        """Labels of rule ids joined by `

        `, as rows store them.
        """
        return ", ".join(self.label(rule_id) for rule_id in ids(joined))


def ids(joined: str | None) -> list[str]:
    """Split the rule ids of a row, which are joined by `

    `.
    """
    return [rule_id for rule_id in (joined or "").split(SEPARATOR) if rule_id]
