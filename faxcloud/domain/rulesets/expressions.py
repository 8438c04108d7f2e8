"""SQL expressions of a ruleset: parsed, checked against an allow-list, and generated anew from the tree.

Nothing a user writes reaches an engine as text: an expression becomes a tree of the nodes named here, and
the engine gets what sqlglot generates from that tree. What is not named is refused, so a function that DuckDB
gains tomorrow is refused too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from faxcloud.domain.blanks import BLANKS
from faxcloud.errors import ConditionRefused

LONGEST_EXPRESSION = 2_000
LONGEST_LITERAL = 300
MOST_NODES = 1_500
"""Of one condition with its derived expressions written out: they may be nested, but not explode."""
DEEPEST = 60
MOST_REPETITIONS = 1_000
"""Product of the counted repetitions of a pattern: the size of what RE2 would have to compile."""

_PLAIN = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is,
    exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between, exp.Case, exp.If, exp.Coalesce, exp.Add,
    exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.DPipe, exp.Literal, exp.Boolean,
    exp.Null, exp.Column, exp.Identifier, exp.Length, exp.Lower, exp.Upper, exp.Trim, exp.Substring,
    exp.Left, exp.Right, exp.StartsWith, exp.EndsWith, exp.Contains, exp.StrPosition, exp.Abs, exp.Year,
    exp.Month, exp.Day, exp.DayOfMonth, exp.Hour, exp.DayOfWeek, exp.Like, exp.ILike, exp.RegexpLike,
    exp.RegexpFullMatch, exp.Replace, exp.Cast, exp.TryCast, exp.DataType,
)  # fmt: skip
# Exact classes: a subclass may mean something else.
_ALLOWED = frozenset(_PLAIN)

FUNCTIONS: tuple[str, ...] = (
    "abs", "coalesce", "contains", "day", "dayofweek", "ends_with", "hour", "left", "length", "lower",
    "month", "regexp_full_match", "regexp_matches", "replace", "right", "starts_with", "strpos",
    "substring", "trim", "upper", "year",
)  # fmt: skip
"""What a condition may call, beside CASE, CAST, IN, BETWEEN, LIKE and operators; for the documentation."""

_CAST_TYPES = frozenset(
    exp.DType[name]
    for name in ["INT", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPNTZ", "VARCHAR", "TEXT"]
)
_OUTSIDE_RE2 = re.compile(r"\(\?<?[=!]|\(\?[<>#(]|\\[1-9kGK]|[*+?}]\+")
_REPETITION = re.compile(r"\\.|\{(\d+)(?:,(\d*))?\}", re.DOTALL)
_CODE_POINT = re.compile(r"(\\x\{[0-9A-Fa-f]{1,6}\}|\\[pP]\{\^?\w{1,40}\})|\\.", re.DOTALL)
"""A character or class by number or name, such as `\\x{2019}`, whose braces count no repetition."""


def parse_expression(rule: str, text: str, known: Mapping[str, exp.Expression | None]) -> exp.Expression:
    """Parse and check an expression, with derived expressions written out.

    Args:
        rule: Rule to name in the error.
        text: One SQL expression, in DuckDB's dialect.
        known: What it may refer to: a column (None) or a derived expression (its tree).

    Raises:
        ConditionRefused: says what is wrong, in English.
    """
    tree = _parsed(rule, text)
    _check_tree(rule, tree, known)
    written_out = _written_out(tree, known)
    _check_size(rule, written_out)
    return written_out


def _refuse(rule: str, reason: str) -> ConditionRefused:
    return ConditionRefused(rule=rule, reason=reason)


def _parsed(rule: str, text: str) -> exp.Expression:
    if not text.strip():
        raise _refuse(rule, "it is empty")
    if len(text) > LONGEST_EXPRESSION:
        raise _refuse(rule, f"it has {len(text)} characters, {LONGEST_EXPRESSION} are allowed")
    try:
        trees = sqlglot.parse(text, read="duckdb", error_level=sqlglot.ErrorLevel.RAISE)
    except RecursionError as error:
        raise _refuse(rule, "it is nested too deeply") from error
    except SqlglotError as error:
        first_line = re.sub(r"\x1b\[\d*m", "", str(error)).partition("\n")[0]
        raise _refuse(rule, f"it is no SQL expression: {first_line}") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Expression):
        raise _refuse(rule, "it is not one expression")
    return trees[0]


def _check_size(rule: str, tree: exp.Expression) -> None:
    # Level by level and not by recursion, which a deep tree would exhaust.
    level, nodes, depth = [tree], 0, 0
    while level:
        nodes += len(level)
        depth += 1
        if nodes > MOST_NODES or depth > DEEPEST:
            raise _refuse(rule, f"it is too large: {MOST_NODES} terms, {DEEPEST} deep are allowed")
        level = [child for node in level for child in node.iter_expressions()]


def _check_tree(rule: str, tree: exp.Expression, known: Mapping[str, exp.Expression | None]) -> None:
    _check_size(rule, tree)
    for node in tree.walk():
        if type(node) not in _ALLOWED:
            name = node.name if isinstance(node, exp.Anonymous) else type(node).__name__
            raise _refuse(rule, f"{name} is not allowed")
        if node.comments:
            raise _refuse(rule, "comments are not allowed")
        if isinstance(node, exp.Column):
            _check_column(rule, node, known)
        elif isinstance(node, exp.Literal) and len(node.name) > LONGEST_LITERAL:
            raise _refuse(rule, f"a text of more than {LONGEST_LITERAL} characters")
        elif isinstance(node, exp.Cast):
            _check_cast(rule, node)
        elif isinstance(node, (exp.RegexpLike, exp.RegexpFullMatch)):
            _check_pattern(rule, node)
        elif isinstance(node, (exp.Like, exp.ILike)):
            _literal(rule, node.expression, "the pattern of LIKE")
        elif isinstance(node, exp.Replace):
            _check_replace(rule, node)
        _check_arguments(rule, node)


def _check_column(rule: str, node: exp.Column, known: Collection[str]) -> None:
    if node.parts != [node.this]:
        raise _refuse(rule, f"{node.sql(dialect='duckdb')} names a table")
    if node.name.lower() not in known:
        raise _refuse(rule, f"{node.name} is neither a column of a fax nor an expression derived before")


_ARGUMENTS: Mapping[type[exp.Expr], frozenset[str]] = {
    exp.In: frozenset(("this", "expressions")),
    exp.Column: frozenset(("this",)),
    exp.Identifier: frozenset(("this", "quoted")),
    exp.Trim: frozenset(("this", "expression")),
    exp.RegexpLike: frozenset(("this", "expression")),
    exp.RegexpFullMatch: frozenset(("this", "expression")),
    exp.StrPosition: frozenset(("this", "substr")),
    exp.Length: frozenset(("this",)),
    exp.Cast: frozenset(("this", "to")),
    exp.TryCast: frozenset(("this", "to")),
    exp.DataType: frozenset(("this",)),
}


def _check_arguments(rule: str, node: exp.Expr) -> None:
    """Refuse options that change what a node means or reads (a sub-query in IN, flags of a pattern)."""
    allowed = _ARGUMENTS.get(type(node))
    extra = {name for name, value in node.args.items() if value} - (allowed or set(node.args))
    if extra - {"nested", "requires_string", "binary", "prefix", "big_int", "_type"}:
        raise _refuse(rule, f"{type(node).__name__} with {', '.join(sorted(extra))} is not allowed")


def _check_cast(rule: str, node: exp.Cast) -> None:
    if node.to.this not in _CAST_TYPES or node.to.expressions:
        raise _refuse(rule, f"a cast to {node.to.sql(dialect='duckdb')} is not allowed")


def _literal(rule: str, node: exp.Expression | None, what: str) -> str:
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise _refuse(rule, f"{what} has to be a text in quotes")
    return str(node.this)


def _check_pattern(rule: str, node: exp.Expression) -> None:
    literal = _literal(rule, node.args.get("expression"), "a pattern")
    pattern = _CODE_POINT.sub(lambda found: "x" if found[1] else found[0], literal)
    if found := _OUTSIDE_RE2.search(pattern):
        raise _refuse(rule, f"{found[0]} in a pattern is not allowed")
    size = 1
    for least, most in _REPETITION.findall(pattern):
        size *= max(int(least[:6] or 0), int(most[:6] or 0), 1)
        if size > MOST_REPETITIONS:
            raise _refuse(rule, f"a pattern repeats more than {MOST_REPETITIONS} times")


def _check_replace(rule: str, node: exp.Replace) -> None:
    old = _literal(rule, node.expression, "what replace() looks for")
    new = _literal(rule, node.args.get("replacement"), "what replace() puts in its place")
    if len(new) > len(old):
        raise _refuse(rule, "replace() may not make a text longer")


def _written_out(tree: exp.Expression, known: Mapping[str, exp.Expression | None]) -> exp.Expression:
    def rewrite(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column):
            derived = known[node.name.lower()]
            return exp.column(node.name.lower()) if derived is None else exp.paren(derived.copy())
        if type(node) is exp.Cast:
            # A cast that fails would end the query; as NULL it is one more condition that is not met.
            return exp.TryCast(this=node.this.transform(rewrite), to=node.to.copy())
        if type(node) is exp.Trim and node.expression is None:
            # DuckDB's own trim() leaves tabs, line breaks and no-break spaces.
            return exp.Trim(this=node.this.transform(rewrite), expression=exp.Literal.string(BLANKS))
        return node

    return tree.transform(rewrite)
