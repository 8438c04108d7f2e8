"""Ruleset: ordered rules with labels in both languages, and their conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from faxcloud.domain.columns import JUDGED_COLUMNS
from faxcloud.domain.rulesets.expressions import parse_expression

Field = Literal["mode", "number", "pages", "date", "duration", "billed"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class LocalisedText:
    """Text in both languages."""

    en: str
    fr: str

    def text(self, language: str) -> str:
        """The text in French for `fr` and `fr-…`, in English otherwise."""
        return self.fr if language.lower().startswith("fr") else self.en


@dataclass(frozen=True, slots=True)
class Rule:
    """One validation rule; `when` is true where a fax violates it."""

    id: str
    field: Field
    severity: Severity
    when: str
    label: LocalisedText
    explanation: LocalisedText
    remedy: LocalisedText


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules in the order in which they count.

    Attributes:
        derived: Name and expression, in an order in which each uses only those before it.
        hash: Of all that decides a verdict, and of nothing else: rewording a label changes no verdict.
    """

    id: str
    title: LocalisedText
    description: LocalisedText
    derived: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]
    hash: str

    @property
    def key(self) -> str:
        """Identifier stored with each judged row: `id@hash`."""
        return f"{self.id}@{self.hash}"

    def rule(self, rule_id: str) -> Rule | None:
        """Rule by id; None for one that only an older ruleset had."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def condition_trees(ruleset: Ruleset) -> tuple[exp.Expression, ...]:
    """Checked condition of each rule, in order, over columns of `faxes` alone.

    Raises:
        ConditionRefused: an expression is not allowed.
    """
    known: dict[str, exp.Expression | None] = dict.fromkeys(JUDGED_COLUMNS)
    for name, expression in ruleset.derived:
        known[name] = parse_expression(name, expression, known)
    return tuple(parse_expression(rule.id, rule.when, known) for rule in ruleset.rules)
