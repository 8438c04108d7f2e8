"""Rulesets: what is asked of a fax, as data. TOML in, `Ruleset` out; `rules/conditions.py` compiles it.

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
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from sqlglot import exp

from faxcloud.errors import ConditionRefused, RulesetInvalid, RulesetNotFound
from faxcloud.rules.columns import JUDGED_COLUMNS
from faxcloud.rules.expressions import parse_expression

DEFAULT_RULESET = "faxcloud-3"

Field = Literal["mode", "number", "pages", "date"]
Severity = Literal["error", "warning"]
Resolve = Callable[[str], "Ruleset"]

MOST_RULES = 100
LONGEST_FILE = 200_000
LONGEST_WORDS = 1_000

_RULESET_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_RULE_ID = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+){0,5}", re.ASCII)
_DERIVED_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_RULESET_KEYS = frozenset(("id", "title", "description", "extends", "without", "derived", "rules"))
_RULE_KEYS = frozenset(("id", "field", "severity", "when", "label", "explanation", "remedy"))


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    en: str
    fr: str

    def text(self, language: str) -> str:
        """In French for `fr` and `fr-…`, in English otherwise."""
        return self.fr if language.lower().startswith("fr") else self.en


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing asked of a fax; `when` is true where it is violated."""

    id: str
    field: Field
    severity: Severity
    when: str
    label: Words
    explanation: Words
    remedy: Words


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules in the order in which they count.

    Attributes:
        derived: Name and expression, in an order in which each uses only those before it.
        hash: Of all that decides a verdict, and of nothing else: rewording a label changes no verdict.
    """

    id: str
    title: Words
    description: Words
    derived: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]
    hash: str

    @property
    def key(self) -> str:
        """What a judged row carries: `id@hash`."""
        return f"{self.id}@{self.hash}"

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id; None for one that only an older ruleset knew."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def parse_ruleset(text: str, origin: str, resolve: Resolve | None = None) -> Ruleset:
    """Read one ruleset and check all of it, its conditions included.

    Args:
        text: TOML.
        origin: File name, to name the ruleset by while its id is unknown.
        resolve: Finds the ruleset that this one extends; the built-in ones when not given.

    Raises:
        RulesetInvalid: with the rule and what is wrong with it.
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
    """Reads one document; every refusal carries the name of what it was reading."""

    def __init__(self, origin: str) -> None:
        self.name = origin

    def ruleset(self, document: Mapping[str, Any], resolve: Resolve) -> Ruleset:
        self.known_keys(document, _RULESET_KEYS, "the ruleset")
        ruleset_id = self.text(document, "id", "the ruleset")
        self.require(_RULESET_ID.fullmatch(ruleset_id), f"the id {ruleset_id!r} is not made of a-z 0-9 . _ -")
        self.name = ruleset_id
        parent_id = document.get("extends")
        if parent_id is None:
            self.require("without" not in document, "without needs extends")
            derived, rules = [], []
        else:
            self.require(isinstance(parent_id, str) and parent_id != ruleset_id, "extends has to name another ruleset")
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

    def require(self, holds: object, reason: str) -> None:
        if not holds:
            raise RulesetInvalid(ruleset=self.name, reason=reason)

    def known_keys(self, table: object, known: frozenset[str], where: str) -> None:
        self.require(isinstance(table, dict), f"{where} has to be a table")
        assert isinstance(table, dict)
        unknown = sorted(table.keys() - known)
        self.require(not unknown, f"{where} has unknown keys: {', '.join(unknown)}")

    def text(self, table: Mapping[str, Any], key: str, where: str) -> str:
        value = table.get(key)
        self.require(isinstance(value, str) and value.strip(), f"{where} lacks {key}, or it is not a text")
        return str(value).strip()

    def words(self, table: Mapping[str, Any], key: str, where: str) -> Words:
        words = table.get(key)
        self.require(isinstance(words, dict), f"{where} lacks {key}.en and {key}.fr")
        assert isinstance(words, dict)
        self.known_keys(words, frozenset(("en", "fr")), f"{key} of {where}")
        texts = [self.text(words, language, f"{key} of {where}") for language in ("en", "fr")]
        self.require(max(map(len, texts)) <= LONGEST_WORDS, f"{key} of {where} has over {LONGEST_WORDS} characters")
        return Words(*texts)

    def unique(self, names: list[str], what: str) -> None:
        for name in names:
            self.require(names.count(name) == 1, f"the {what} {name} is there twice")

    def kept(self, parent: Ruleset, without: object) -> list[Rule]:
        self.require(isinstance(without, list), "without has to be a list of rule ids")
        assert isinstance(without, list)
        known = [rule.id for rule in parent.rules]
        for rule_id in without:
            self.require(rule_id in known, f"without names {rule_id!r}, which {parent.id} does not have")
        return [rule for rule in parent.rules if rule.id not in without]

    def derived(self, table: object) -> list[tuple[str, str]]:
        self.require(isinstance(table, dict), "derived has to be a table")
        assert isinstance(table, dict)
        for name in table:
            self.require(_DERIVED_NAME.fullmatch(name), f"the derived name {name!r} is not made of a-z 0-9 _")
            self.require(name not in JUDGED_COLUMNS, f"the derived name {name} is a column's")
        return [(name, self.text(table, name, "derived")) for name in table]

    def rules(self, tables: object) -> list[Rule]:
        self.require(isinstance(tables, list), "rules has to be a list of tables ([[rules]])")
        assert isinstance(tables, list)
        return [self.rule(table, position) for position, table in enumerate(tables, 1)]

    def rule(self, table: object, position: int) -> Rule:
        self.require(isinstance(table, dict), f"rule {position} has to be a table")
        assert isinstance(table, dict)
        rule_id = self.text(table, "id", f"rule {position}")
        self.require(
            _RULE_ID.fullmatch(rule_id) and len(rule_id) <= 64,
            f"the rule id {rule_id!r} is not made of a-z 0-9 _ and dots between",
        )
        where = f"the rule {rule_id}"
        self.known_keys(table, _RULE_KEYS, where)
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
        self.require(value in choices, f"{key} of {where} is {value!r}, one of {', '.join(choices)} is expected")
        return value


def condition_trees(ruleset: Ruleset) -> tuple[exp.Expression, ...]:
    """The checked condition of each rule, in order, over columns of `faxes` alone.

    Raises:
        ConditionRefused: an expression is not allowed.
    """
    known: dict[str, exp.Expression | None] = dict.fromkeys(JUDGED_COLUMNS)
    for name, expression in ruleset.derived:
        known[name] = parse_expression(name, expression, known)
    return tuple(parse_expression(rule.id, rule.when, known) for rule in ruleset.rules)


def _hash(derived: list[tuple[str, str]], rules: list[Rule]) -> str:
    judging = [derived, [(rule.id, rule.field, rule.severity, rule.when) for rule in rules]]
    return hashlib.sha256(json.dumps(judging, ensure_ascii=True).encode()).hexdigest()[:12]


@cache
def builtin_rulesets() -> Mapping[str, Ruleset]:
    """The rulesets that come with FaxCloud, the default one first."""
    return {name: builtin_ruleset(name) for name in ("faxcloud-3", "faxcloud-1")}


@cache
def builtin_ruleset(name: str) -> Ruleset:
    """One of them.

    Raises:
        RulesetNotFound: there is none of that id.
    """
    file = files("faxcloud.rules").joinpath("rulesets", f"{name}.toml")
    if not _RULESET_ID.fullmatch(name) or not file.is_file():
        raise RulesetNotFound(ruleset=name, known=", ".join(builtin_rulesets()))
    return parse_ruleset(file.read_text("utf-8"), f"{name}.toml")


def load_rulesets(sources: Mapping[str, str]) -> tuple[dict[str, Ruleset], dict[str, Exception]]:
    """The built-in rulesets and the user's own, which may extend each other in any order.

    Args:
        sources: File name to text.

    Returns:
        Rulesets by id, and what was wrong with each file that gave none, by file name.
    """
    loaded, broken = dict(builtin_rulesets()), {}
    waiting = dict(sources)
    while waiting:
        missing: dict[str, Exception] = {}
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
