"""Compiled rulesets: two scalar SQL expressions over a stored row, for its violations and its warnings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal

from sqlglot import exp

from faxcloud.domain.rulesets.ruleset import Field, Rule, Ruleset, condition_trees

Dialect = Literal["duckdb", "spark"]

SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class CompiledRuleset:
    """Compiled ruleset: SQL, never NULL, over the columns `columns.JUDGED_COLUMNS`.

    Attributes:
        key: `id@hash`, for the column `ruleset`.
        violations_sql: Ids of the violated error rules joined by `|`, in the ruleset's order; `''` for none.
        warnings_sql: Likewise for warnings.
    """

    key: str
    violations_sql: str
    warnings_sql: str


@lru_cache(maxsize=64)
def compile_ruleset(ruleset: Ruleset, dialect: Dialect = "duckdb") -> CompiledRuleset:
    """Compile a ruleset to SQL.

    Raises:
        ConditionRefused: an expression is not allowed.
    """
    judged = list(zip(ruleset.rules, condition_trees(ruleset), strict=True))
    violations, warnings = (
        _ids_sql([pair for pair in judged if pair[0].severity == severity], dialect)
        for severity in ("error", "warning")
    )
    return CompiledRuleset(key=ruleset.key, violations_sql=violations, warnings_sql=warnings)


def violation_ids(text: str) -> tuple[str, ...]:
    """
    >>> violation_ids("mode.missing|pages.zero"), violation_ids("")
    (('mode.missing', 'pages.zero'), ())
    """
    return tuple(text.split(SEPARATOR)) if text else ()


Judged = list[tuple[Rule, exp.Expression]]


def _ids_sql(judged: Judged, dialect: Dialect) -> str:
    if not judged:
        return "''"
    terms: list[exp.Expression] = []
    earlier: dict[Field, list[exp.Expression]] = {}
    for field, group in groupby(judged, key=lambda pair: pair[0].field):
        rules = list(group)
        terms.append(_first_of(rules, earlier.get(field, [])))
        earlier.setdefault(field, []).extend(tree for _, tree in rules)
    joined = terms[0]
    for term in terms[1:]:
        joined = exp.DPipe(this=joined, expression=term, safe=True)
    # WHEN stops at the first condition that holds and takes NULL for no, so a row in order costs one pass
    # over cheap comparisons and builds no text.
    verdict = (
        exp.Case()
        .when(_any([tree for _, tree in judged]), exp.Substring(this=joined, start=exp.Literal.number(2)))
        .else_(exp.Literal.string(""))
    )
    return _generate(verdict, dialect)


def _first_of(rules: Judged, earlier: list[exp.Expression]) -> exp.Expression:
    """`|id` of the first violated rule; '' when none is, or an earlier rule of the field has counted."""
    case = exp.Case()
    if earlier:
        case = case.when(_any(earlier), exp.Literal.string(""))
    for rule, tree in rules:
        case = case.when(tree.copy(), exp.Literal.string(SEPARATOR + rule.id))
    return case.else_(exp.Literal.string(""))


def _any(trees: list[exp.Expression]) -> exp.Condition:
    return exp.or_(*(tree.copy() for tree in trees))


def _generate(tree: exp.Expression, dialect: Dialect) -> str:
    if dialect == "spark":
        tree = tree.transform(_for_spark)
    return tree.sql(dialect=dialect, comments=False)


def _for_spark(node: exp.Expression) -> exp.Expression:
    """Replace functions that Spark lacks or defines differently, but that sqlglot leaves as they are."""
    if isinstance(node, exp.RegexpFullMatch):
        whole = exp.Literal.string(rf"\A(?:{node.expression.name})\z")
        return exp.RegexpLike(this=node.this.transform(_for_spark), expression=whole)
    if isinstance(node, exp.DayOfWeek):
        return exp.paren(exp.Sub(this=node.copy(), expression=exp.Literal.number(1)))
    return node
