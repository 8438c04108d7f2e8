"""Queries for wrong called numbers: counted by number and user in one scan, then ranked and cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from faxcloud.domain.blanks import trim_sql, user_sql
from faxcloud.domain.columns import JUDGED_COLUMNS
from faxcloud.domain.rulesets.conditions import CompiledRuleset
from faxcloud.domain.rulesets.ruleset import Ruleset
from faxcloud.store.cache.cache import Cache
from faxcloud.store.lake.parquet import SCHEMA
from faxcloud.store.queries.engine import Engine
from faxcloud.store.queries.filters import Selection

MOST_NAMED = 3
"""Users that a number names; how many there are in all is counted."""

# Two ways to write a number are one entry of an address book where both hold the same digits and nothing but
# separators besides; any other text stands for itself.
_KEY = rf"""CASE
  WHEN number <> '' AND regexp_full_match({trim_sql("called_text")}, '[0-9 \x{{00A0}}\x{{202F}}\t.\-/()+_]*')
  THEN number ELSE called_text END"""

_WRONG = """SELECT rule, key, user_name, max(user_email) AS user_email, any_value(number) AS number,
  arg_max(called_text, (faxes, called_text)) AS called_text, CAST(sum(faxes) AS BIGINT) AS faxes,
  min(first_at) AS first_at, max(last_at) AS last_at
FROM (
  SELECT {key} AS key, *,
    list_filter(string_split(violations, '|'), lambda rule_id: list_contains($rules, rule_id))[1] AS rule
  FROM (
    SELECT violations, called_text, number, {name} AS user_name, max(user_email) AS user_email,
      count(*) AS faxes, min(sent_at) AS first_at, max(sent_at) AS last_at
    FROM {rows} AND NOT is_valid GROUP BY ALL
  )
) WHERE rule IS NOT NULL GROUP BY rule, key, user_name"""

_NUMBERS = f"""SELECT rule, key, arg_max(called_text, (faxes, called_text)) AS called_text,
  arg_max(number, (faxes, called_text)) AS number, CAST(sum(faxes) AS BIGINT) AS faxes,
  count(DISTINCT user_name) FILTER (WHERE user_name <> '') AS users,
  list(user_name ORDER BY faxes DESC, user_name) FILTER (WHERE user_name <> '')[1:{MOST_NAMED}] AS named,
  min(first_at) AS first_at, max(last_at) AS last_at
FROM wrong WHERE {{where}} GROUP BY rule, key"""

_RANKED = """SELECT *, row_number() OVER ranking AS rank,
  sum(faxes) OVER ranking / sum(faxes) OVER () AS mended
FROM ({groups}) WINDOW ranking AS (ORDER BY faxes DESC, {ties} ROWS UNBOUNDED PRECEDING)"""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Selection of a part of the wrong numbers.

    Attributes:
        rule: The rule that they violate.
        user: Whole name of the user who called them; `''` for those without a name.
    """

    rule: str | None = None
    user: str | None = None

    @property
    def where(self) -> str:
        names = [f"{name} = ${bound}" for name, bound, value in self._parts() if value is not None]
        return " AND ".join(names) or "TRUE"

    @property
    def values(self) -> dict[str, str]:
        return {bound: value for _, bound, value in self._parts() if value is not None}

    def _parts(self) -> tuple[tuple[str, str, str | None], ...]:
        return (("rule", "rule", self.rule), ("user_name", "user", self.user))


class WrongNumbers:
    """Queries over one small table per selection: a row per rule, number and user, cached per version."""

    def __init__(self, engine: Engine, cache: Cache) -> None:
        self._engine = engine
        self._cache = cache

    def totals(self, selection: Selection, rules: Sequence[str], narrowing: Narrowing) -> dict[str, Any]:
        """Totals in one row: numbers, faxes, users."""
        sql = (
            "SELECT count(DISTINCT (rule, key)) AS numbers, CAST(coalesce(sum(faxes), 0) AS BIGINT) AS faxes,"
            " count(DISTINCT user_name) FILTER (WHERE user_name <> '') AS users"
            f" FROM wrong WHERE {narrowing.where}"
        )
        return self._ask(selection, rules, sql, narrowing)[0]

    def by_rule(
        self, selection: Selection, rules: Sequence[str], narrowing: Narrowing
    ) -> list[dict[str, Any]]:
        """Wrong numbers by rule, one row each, most faxes first."""
        sql = (
            "SELECT rule, count(DISTINCT key) AS numbers, CAST(sum(faxes) AS BIGINT) AS faxes,"
            " count(DISTINCT user_name) FILTER (WHERE user_name <> '') AS users"
            f" FROM wrong WHERE {narrowing.where} GROUP BY rule ORDER BY faxes DESC, rule"
        )
        return self._ask(selection, rules, sql, narrowing)

    def by_user(
        self, selection: Selection, rules: Sequence[str], narrowing: Narrowing, limit: int
    ) -> list[dict[str, Any]]:
        """Wrong numbers by user name, one row each, most faxes first, with the cumulative share."""
        groups = (
            "SELECT user_name, max(user_email) AS user_email, count(DISTINCT (rule, key)) AS numbers,"
            " CAST(sum(faxes) AS BIGINT) AS faxes, min(first_at) AS first_at, max(last_at) AS last_at"
            f" FROM wrong WHERE {narrowing.where} GROUP BY user_name"
        )
        sql = f"{_RANKED.format(groups=groups, ties='user_name')} ORDER BY rank LIMIT {int(limit)}"
        return self._ask(selection, rules, sql, narrowing)

    def numbers(
        self,
        selection: Selection,
        rules: Sequence[str],
        narrowing: Narrowing,
        limit: int,
        offset: int = 0,
    ) -> list[dict[str, Any]]:
        """Wrong numbers, one row per rule and number, most faxes first.

        `mended` is the share of all wrong faxes of the narrowing that this row and those before make.
        """
        ranked = _RANKED.format(groups=_NUMBERS.format(where=narrowing.where), ties="first_at, rule, key")
        sql = f"{ranked} ORDER BY rank LIMIT {int(limit)} OFFSET {int(offset)}"
        return self._ask(selection, rules, sql, narrowing)

    def entries(
        self, selection: Selection, rules: Sequence[str], narrowing: Narrowing, limit: int
    ) -> list[dict[str, Any]]:
        """Address book entries to correct: one row per user, rule and number, most faxes first."""
        sql = (
            f"SELECT * FROM wrong WHERE {narrowing.where}"
            f" ORDER BY user_name, faxes DESC, rule, key LIMIT {int(limit)}"
        )
        return self._ask(selection, rules, sql, narrowing)

    def completions(self, selection: Selection, beginnings: Iterable[str]) -> dict[str, str]:
        """Unique completions: beginnings of exactly one valid called number of the selection."""
        asked = pa.table({"beginning": pa.array(sorted(set(beginnings)), pa.string())})
        if not asked.num_rows:
            return {}
        valid = self._cache.get(
            ("valid-numbers", *selection.key),
            lambda: self._engine.table(
                f"SELECT DISTINCT number FROM {selection.rows} AND is_valid", selection.values
            ),
            depends=selection.depends,
        )
        sql = (
            "SELECT beginning, any_value(number) AS number FROM beginnings"
            " JOIN valid ON number >= beginning AND starts_with(number, beginning)"
            " GROUP BY beginning HAVING count(*) = 1"
        )
        found = self._engine.rows(sql, beginnings=asked, valid=valid)
        return {row["beginning"]: row["number"] for row in found}

    def _ask(
        self, selection: Selection, rules: Sequence[str], sql: str, narrowing: Narrowing
    ) -> list[dict[str, Any]]:
        # Not kept: the table is small, and its cuts are many.
        return self._engine.rows(sql, narrowing.values, wrong=self._wrong(selection, rules))

    def _wrong(self, selection: Selection, rules: Sequence[str]) -> pa.Table:
        sql = _WRONG.format(key=_KEY, name=user_sql(), rows=selection.rows)
        values: dict[str, Any] = {**selection.values, "rules": list(rules)}
        return self._cache.get(
            ("wrong-numbers", tuple(rules), *selection.key),
            lambda: self._engine.table(sql, values),
            depends=selection.depends,
        )


_BLANK: dict[str, Any] = {name: None if SCHEMA.field(name).nullable else "" for name in JUDGED_COLUMNS}
_ORDINARY: dict[str, Any] = _BLANK | {"line": 1, "mode": "SF", "pages": 1}
"""A fax with nothing wrong but, maybe, its number."""


def passing(engine: Engine, ruleset: Ruleset, compiled: CompiledRuleset, numbers: Iterable[str]) -> set[str]:
    """Normal forms among these that violate no rule on called numbers.

    Raises:
        QueryTooSlow: a condition of the ruleset does not end.
    """
    asked = sorted(set(numbers))
    if not asked:
        return set()
    rows = [_ORDINARY | {"called_text": number, "number": number} for number in asked]
    source = pa.Table.from_pylist(rows, schema=pa.schema([SCHEMA.field(name) for name in JUDGED_COLUMNS]))
    judged = engine.rows(f"SELECT number, {compiled.violations_sql} AS violations FROM source", source=source)
    refusing = {rule.id for rule in ruleset.rules if rule.field == "number"}
    return {row["number"] for row in judged if not refusing & set(row["violations"].split("|"))}
