"""Comparison of two selections: what changed from the first to the second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from faxcloud.domain.filters import Filters
from faxcloud.domain.metrics import BY_KEY
from faxcloud.services.actors import current_actor
from faxcloud.services.analytics.summaries import Number, Row, Summaries
from faxcloud.services.scoping import Scope, shown_keys
from faxcloud.store.queries.faxes import FaxReader

Presence = Literal["both", "new", "gone"]

MOST_USERS = 500


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of a comparison. Rows have `key`, `first`, `second`, `change` and `change_rate`.

    `change` is second less first, of a rate in points of 0 to 1, None where either is missing; `change_rate`
    is that by the first, None for a rate and where the first is 0.

    Attributes:
        metrics: One row per metric, in the order of the published numbers.
        rules: One row per rule that either violates, largest change first.
        users: One row per user name with `presence`, and `first`, `second` of their invalid faxes, largest
            change first, at most `MOST_USERS`; `first_faxes`, `second_faxes` count all.
        is_whole: Whether the data covers the days of both whole; else a change may be one of the data, and
            faces show none.
        new, gone: Users that the second has and the first has not, and the other way round.
    """

    first: dict[str, Number]
    second: dict[str, Number]
    metrics: list[Row]
    rules: list[Row]
    users: list[Row]
    is_whole: bool
    new: int
    gone: int


class Comparisons:
    """Compares selections, within what the actor may see."""

    def __init__(self, summaries: Summaries, faxes: FaxReader, scope: Scope) -> None:
        self._summaries = summaries
        self._faxes = faxes
        self._scope = scope

    def of(self, first: Filters, second: Filters) -> Comparison:
        """Compare two selections.

        Raises:
            NotAllowed: the actor may not see numbers.
        """
        current_actor().require("aggregates.read")
        values = [self._summaries.summary(filters).values for filters in (first, second)]
        by_rule = [self._violations(filters) for filters in (first, second)]
        users = _users(*(self._users(filters) for filters in (first, second)))
        rules = [
            _row(rule_id, by_rule[0].get(rule_id, 0), by_rule[1].get(rule_id, 0))
            for rule_id in sorted(by_rule[0].keys() | by_rule[1].keys())
        ]
        presences = [row["presence"] for row in users]
        return Comparison(
            first=values[0],
            second=values[1],
            metrics=[_row(key, values[0][key], values[1][key]) for key in BY_KEY if key in values[0]],
            rules=_by_change(rules),
            users=shown_keys(_by_change(users)[:MOST_USERS]),
            is_whole=self._summaries.is_whole(first) and self._summaries.is_whole(second),
            new=presences.count("new"),
            gone=presences.count("gone"),
        )

    def _violations(self, filters: Filters) -> dict[str, int]:
        rows = self._summaries.breakdown(filters, by="rule")
        return {row["key"]: row["violations"] for row in rows if row["violations"]}

    def _users(self, filters: Filters) -> dict[str, Row]:
        """By their whole names: masked ones would be taken for each other."""
        rows = self._faxes.groups(self._faxes.select(self._scope.narrowed(filters)), "user")
        return {row["key"]: row for row in rows if row["key"]}


def _users(first: dict[str, Row], second: dict[str, Row]) -> list[Row]:
    nothing = {"faxes": 0, "invalid": 0}
    return [
        _row(name, first.get(name, nothing)["invalid"], second.get(name, nothing)["invalid"])
        | {
            "first_faxes": first.get(name, nothing)["faxes"],
            "second_faxes": second.get(name, nothing)["faxes"],
            "presence": _presence(name in first, name in second),
        }
        for name in sorted(first.keys() | second.keys())
    ]


def _presence(is_first: bool, is_second: bool) -> Presence:
    if is_first and is_second:
        return "both"
    return "new" if is_second else "gone"


def _row(key: str, first: Number, second: Number) -> Row:
    change = None if first is None or second is None else second - first
    is_rate = key in BY_KEY and BY_KEY[key].unit == "rate"
    rate = None if change is None or not first or is_rate else change / first
    return {"key": key, "first": first, "second": second, "change": change, "change_rate": rate}


def _by_change(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: -abs(row["change"]))
