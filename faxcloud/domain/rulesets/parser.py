"""Ruleset parser: TOML in, `Ruleset` out; `conditions.py` compiles it.

A file holds `id`, `title`, `description`, `[derived]` (named expressions, each may use those before it) and
`[[rules]]`. With `extends = "faxcloud-3"` it starts from another ruleset: `without` leaves rules out,
its own derived expressions and rules come after.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from faxcloud.domain.columns import COLUMN_NAMES
from faxcloud.domain.rulesets.ruleset import Field, LocalisedText, Rule, Ruleset, Severity, condition_trees
from faxcloud.errors import ConditionRefused, RulesError, RulesetInvalid, RulesetNotFound

DEFAULT_RULESET = "faxcloud-3"

Resolve = Callable[[str], "Ruleset"]

MOST_RULES = 100
LONGEST_ID = 64
LONGEST_FILE = 200_000
LONGEST_WORDS = 1_000

_RULESET_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_RULE_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+){0,5}", re.ASCII)
_DERIVED_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_RULESET_KEYS = frozenset(("id", "title", "description", "extends", "without", "derived", "rules"))
_RULE_KEYS = frozenset(("id", "field", "severity", "when", "label", "explanation", "remedy"))


def parse_ruleset(text: str, origin: str, resolve: Resolve | None = None) -> Ruleset:
    """Parse and validate one ruleset, its conditions included.

    Args:
        text: TOML.
        origin: File name, to name the ruleset by while its id is unknown.
        resolve: Finds the ruleset that this one extends; the built-in ones when not given.

    Raises:
        RulesetInvalid: names the rule and what is wrong with it.
        ConditionRefused: an expression is not allowed.
        RulesetNotFound: it extends an unknown one.
    """
    if len(text) > LONGEST_FILE:
        raise RulesetInvalid(ruleset=origin, reason=f"it has more than {LONGEST_FILE} characters")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RulesetInvalid(ruleset=origin, reason=f"it is no TOML: {error}") from error
    return _Reader(origin).ruleset(document, resolve or builtin_ruleset)


class _Reader:
    """Parser of one document; every error names what it was reading."""

    def __init__(self, origin: str) -> None:
        self.name = origin

    def ruleset(self, document: Mapping[str, Any], resolve: Resolve) -> Ruleset:
        document = self.table(document, "the ruleset", _RULESET_KEYS)
        ruleset_id = self.text(document, "id", "the ruleset")
        self.require(_RULESET_ID.fullmatch(ruleset_id), f"the id {ruleset_id!r} is not made of a-z 0-9 . _ -")
        self.name = ruleset_id
        parent_id = document.get("extends")
        if parent_id is None:
            self.require("without" not in document, "without needs extends")
            derived: list[tuple[str, str]] = []
            rules: list[Rule] = []
        else:
            names_another = isinstance(parent_id, str) and parent_id != ruleset_id
            self.require(names_another, "extends has to name another ruleset")
            parent = resolve(parent_id)
            derived, rules = list(parent.derived), self.kept(parent, document.get("without", []))
        derived += self.derived(document.get("derived", {}))
        rules += self.rules(document.get("rules", []))
        self.require(rules, "it has no rules")
        self.require(len(rules) <= MOST_RULES, f"it has more than {MOST_RULES} rules")
        self.unique([rule.id for rule in rules], "rule")
        self.unique([name for name, _ in derived], "derived expression")
        judged = Ruleset(
            id=ruleset_id,
            title=self.words(document, "title", "the ruleset"),
            description=self.words(document, "description", "the ruleset"),
            derived=tuple(derived),
            rules=tuple(rules),
            hash=_hash(derived, rules),
        )
        condition_trees(judged)
        return judged

    def refusal(self, reason: str) -> RulesetInvalid:
        return RulesetInvalid(ruleset=self.name, reason=reason)

    def require(self, holds: object, reason: str) -> None:
        if not holds:
            raise self.refusal(reason)

    def table(self, value: object, where: str, known: frozenset[str] | None = None) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refusal(f"{where} is missing, or is not a table")
        unknown = sorted(value.keys() - known) if known is not None else []
        self.require(not unknown, f"{where} has unknown keys: {', '.join(unknown)}")
        return value

    def listed(self, value: object, what: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.refusal(f"{what} has to be a list")
        return value

    def text(self, table: Mapping[str, Any], key: str, where: str) -> str:
        value = table.get(key)
        self.require(isinstance(value, str) and value.strip(), f"{where} lacks {key}, or it is not a text")
        return str(value).strip()

    def words(self, table: Mapping[str, Any], key: str, where: str) -> LocalisedText:
        where = f"{key} of {where}"
        words = self.table(table.get(key), where, frozenset(("en", "fr")))
        texts = [self.text(words, language, where) for language in ("en", "fr")]
        longest = max(map(len, texts))
        self.require(longest <= LONGEST_WORDS, f"{where} has over {LONGEST_WORDS} characters")
        return LocalisedText(*texts)

    def unique(self, names: list[str], what: str) -> None:
        for name in names:
            self.require(names.count(name) == 1, f"the {what} {name} is there twice")

    def kept(self, parent: Ruleset, without: object) -> list[Rule]:
        left_out = self.listed(without, "without")
        known = [rule.id for rule in parent.rules]
        for rule_id in left_out:
            self.require(rule_id in known, f"without names {rule_id!r}, which {parent.id} does not have")
        return [rule for rule in parent.rules if rule.id not in left_out]

    def derived(self, value: object) -> list[tuple[str, str]]:
        table = self.table(value, "derived")
        for name in table:
            self.require(_DERIVED_NAME.fullmatch(name), f"the derived name {name!r} is not made of a-z 0-9 _")
            self.require(name not in COLUMN_NAMES, f"the derived name {name} is a column's")
        return [(name, self.text(table, name, "derived")) for name in table]

    def rules(self, value: object) -> list[Rule]:
        return [self.rule(table, f"rule {at}") for at, table in enumerate(self.listed(value, "rules"), 1)]

    def rule(self, value: object, where: str) -> Rule:
        rule_id = self.text(self.table(value, where), "id", where)
        well_formed = _RULE_ID.fullmatch(rule_id) and len(rule_id) <= LONGEST_ID
        self.require(well_formed, f"the rule id {rule_id!r} is not made of a-z 0-9 _ and dots between")
        where = f"the rule {rule_id}"
        table = self.table(value, where, _RULE_KEYS)
        return Rule(
            id=rule_id,
            field=self.choice(table, "field", get_args(Field), where),
            severity=self.choice(table, "severity", get_args(Severity), where),
            when=self.text(table, "when", where),
            label=self.words(table, "label", where),
            explanation=self.words(table, "explanation", where),
            remedy=self.words(table, "remedy", where),
        )

    def choice(self, table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str) -> Any:
        value = self.text(table, key, where)
        expected = ", ".join(choices)
        self.require(value in choices, f"{key} of {where} is {value!r}, one of {expected} is expected")
        return value


def _hash(derived: list[tuple[str, str]], rules: list[Rule]) -> str:
    judging = [derived, [(rule.id, rule.field, rule.severity, rule.when) for rule in rules]]
    return hashlib.sha256(json.dumps(judging, ensure_ascii=True).encode()).hexdigest()[:12]


@cache
def builtin_rulesets() -> Mapping[str, Ruleset]:
    """Built-in rulesets, the default one first."""
    return {name: builtin_ruleset(name) for name in ("faxcloud-3", "faxcloud-1")}


@cache
def builtin_ruleset(name: str) -> Ruleset:
    """Built-in ruleset by id.

    Raises:
        RulesetNotFound: there is no ruleset with that id.
    """
    file = files("faxcloud.domain").joinpath("rulesets", f"{name}.toml")
    if not _RULESET_ID.fullmatch(name) or not file.is_file():
        raise RulesetNotFound(ruleset=name, known=", ".join(builtin_rulesets()))
    return parse_ruleset(file.read_text("utf-8"), f"{name}.toml")


def load_rulesets(sources: Mapping[str, str]) -> tuple[dict[str, Ruleset], dict[str, RulesError]]:
    """Load the built-in rulesets and the user's own, which may extend each other in any order.

    Args:
        sources: File name to text.

    Returns:
        Rulesets by id, and what was wrong with each file that gave none, by file name.
    """
    loaded = dict(builtin_rulesets())
    broken: dict[str, RulesError] = {}
    waiting = dict(sources)
    while waiting:
        missing: dict[str, RulesError] = {}
        for origin, text in waiting.items():
            try:
                ruleset = parse_ruleset(text, origin, lambda wanted: _among(loaded, wanted))
                if ruleset.id in loaded:
                    raise RulesetInvalid(ruleset=ruleset.id, reason=f"{origin} uses an id that is taken")
                loaded[ruleset.id] = ruleset
            except RulesetNotFound as error:
                missing[origin] = error
            except (RulesetInvalid, ConditionRefused) as error:
                broken[origin] = error
        if len(missing) == len(waiting):
            return loaded, broken | missing
        waiting = {origin: waiting[origin] for origin in missing}
    return loaded, broken


def _among(loaded: Mapping[str, Ruleset], wanted: str) -> Ruleset:
    if wanted not in loaded:
        raise RulesetNotFound(ruleset=wanted, known=", ".join(loaded))
    return loaded[wanted]
