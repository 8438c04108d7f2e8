"""Users of the fax service: ranking by invalid faxes, and details of one user.

A user is whatever the export calls one: a person, a machine, a service. Whoever sees numbers masked sees
names without the e-mail addresses and numbers that may stand in them, and asks for users by these names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from faxcloud.domain.calendar import Grain
from faxcloud.domain.filters import Filters
from faxcloud.domain.masking import mask_text
from faxcloud.errors import FilterInvalid
from faxcloud.i18n import N_, Translator
from faxcloud.services.actors import acting, current_actor
from faxcloud.services.analytics.summaries import Summaries, Summary
from faxcloud.services.analytics.usage_files import Column, csv_of
from faxcloud.services.journal import Journal, Note
from faxcloud.services.scoping import IN_FULL, Scope, shown_keys
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.queries.faxes import FaxReader
from faxcloud.store.queries.filters import Selection
from faxcloud.store.queries.usage import UsageReader

Row = dict[str, Any]
Group = Literal["user", "reseller"]

MOST_NUMBERS = 50
MOST_EXPORTED = 10_000
"""Called numbers of one user's list; nobody corrects more by hand."""

SORTS: tuple[str, ...] = ("-invalid", "compliance_rate", "-faxes", "-pages", "name")
"""Orders of the ranking; by name where one leaves it open."""

_ORDERS: dict[str, Callable[[Row], Any]] = {
    "-invalid": lambda row: -row["invalid"],
    "compliance_rate": lambda row: row["compliance_rate"],
    "-faxes": lambda row: -row["faxes"],
    "-pages": lambda row: -row["pages"],
    "name": lambda _row: 0,
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Page of the users or services found.

    Attributes:
        total: Number of users found.
        pages: 0 when there are none.
        results: `place` (1 is the first of the chosen order, whatever is searched for), `key`, the numbers of
            `Summaries.breakdown`, and `faxes_before` and `invalid_before` of as many days just before: None
            unless both dates are filtered.
    """

    total: int
    page: int
    per_page: int
    pages: int
    results: list[Row]


@dataclass(frozen=True, slots=True)
class Person:
    """Details of one user.

    Attributes:
        name: As the actor may see it; '' for the faxes without a name.
        filters: The given filters, with the exported name.
        numbers: Their called numbers that are invalid, most often first, at most `MOST_NUMBERS`.
    """

    name: str
    filters: Filters
    summary: Summary
    timeline: list[Row]
    rules: list[Row]
    numbers: list[Row]


class People:
    """Queries about users."""

    def __init__(
        self,
        summaries: Summaries,
        faxes: FaxReader,
        usage: UsageReader,
        scope: Scope,
        rulesets: Rulesets,
        journal: Journal,
    ) -> None:
        self._summaries = summaries
        self._faxes = faxes
        self._usage = usage
        self._scope = scope
        self._rulesets = rulesets
        self._journal = journal

    def ranking(
        self,
        filters: Filters,
        *,
        by: Group = "user",
        search: str = "",
        sort: str = "-invalid",
        page: int = 1,
        per_page: int = 25,
    ) -> Ranking:
        """Page of the users, or of what the export has as reseller.

        Args:
            search: Part of the name as it is shown; case, accents and doubled spaces do not matter.
            sort: One of `SORTS`.

        Raises:
            FilterInvalid: an unknown order.
        """
        if sort not in SORTS:
            raise FilterInvalid(name="sort", value=sort, expected=", ".join(SORTS))
        rows = self._ranked(filters, by, sort)
        wanted = folded(search)
        found = [row for row in rows if wanted in folded(row["key"])] if wanted else rows
        first = (page - 1) * per_page
        return Ranking(
            len(found), page, per_page, -(-len(found) // per_page), found[first : first + per_page]
        )

    def has_resellers(self, filters: Filters) -> bool:
        """Whether the export names more than one service or reseller: only then is there a choice."""
        return len(self._usage.compliance(self._select(filters), "reseller")) > 1

    def one(self, filters: Filters, name: str, grain: Grain) -> Person:
        """Details of one user; no rows give a summary of no data.

        Raises:
            FilterInvalid: the actor sees names masked, and this name is missing in the ranking, or ambiguous.
        """
        theirs = replace(filters, user=self._exported(filters, name))
        with acting(replace(current_actor(), names="shown")):  # the name was found by what the actor sees
            return Person(
                name=name,
                filters=theirs,
                summary=self._summaries.summary(theirs),
                timeline=self._summaries.timeline(theirs, grain),
                rules=self._summaries.breakdown(theirs, "rule"),
                numbers=self._wrong_numbers(theirs)[:MOST_NUMBERS],
            )

    def csv(self, filters: Filters, name: str, t: Translator) -> bytes:
        """CSV of the user's invalid called numbers with the reasons, to be sent to them.

        Audited, without the name.

        Raises:
            NotAllowed: the actor may not export.
        """
        current_actor().require("rows.export")
        theirs = replace(filters, user=self._exported(filters, name))
        numbers = self._wrong_numbers(theirs)
        labels = self._rulesets.labels(t.language)
        lines = [
            [
                row["called_text"],
                row["number"],
                ", ".join(
                    labels.get(rule_id, rule_id) for rule_id in row["violations"].split("|") if rule_id
                ),
                row["invalid"],
                row["faxes"],
                round(row["invalid_rate"], 4),
                *(
                    "" if row[at] is None else f"{row[at]:%Y-%m-%d %H:%M:%S}"
                    for at in ("first_at", "last_at")
                ),
            ]
            for row in numbers
        ]
        columns = [
            Column(t("Called number as exported")),
            Column(t("Normalised")),
            Column(t("Violations")),
            Column(t("Invalid"), "whole"),
            Column(t("Faxes"), "whole"),
            Column(t("Share of invalid"), "rate"),
            Column(t("First fax")),
            Column(t("Last fax")),
        ]
        given = [each.name for each in fields(theirs) if each.name != "reports"]
        details = {
            "format": "csv",
            "rows": len(lines),
            "filters": [each for each in given if getattr(theirs, each) is not None],
        }
        self._journal.write(
            Note("user.export", f"report:{filters.report}" if filters.report else "", details=details)
        )
        return csv_of(t, columns, lines)

    def _select(self, filters: Filters) -> Selection:
        return self._faxes.select(self._scope.narrowed(filters))

    def _ranked(self, filters: Filters, by: Group, sort: str) -> list[Row]:
        before = filters.previous_period()
        is_compared = before is not None and self._summaries.compares(filters)
        earlier = {row["key"]: row for row in self._groups(before, by)} if before and is_compared else None
        groups = self._groups(filters, by)
        rows = [
            {
                **row,
                "key": name,
                "faxes_before": None if earlier is None else earlier.get(row["key"], {}).get("faxes", 0),
                "invalid_before": None if earlier is None else earlier.get(row["key"], {}).get("invalid", 0),
            }
            for row, name in zip(groups, _shown(groups, by), strict=True)
        ]
        # By name where the order leaves it open, so that no page repeats or skips one.
        rows.sort(key=lambda row: (_ORDERS[sort](row), folded(row["key"]), row["key"]))
        return [row | {"place": place} for place, row in enumerate(rows, 1)]

    def _groups(self, filters: Filters, by: Group) -> Sequence[Row]:
        selection = self._select(filters)
        if by == "user":
            return self._faxes.groups(selection, "user")
        return self._usage.compliance(selection, "reseller")

    def _exported(self, filters: Filters, name: str) -> str:
        """The exported name that is shown to the actor as this one."""
        if current_actor().may(IN_FULL):
            return name
        groups = self._groups(replace(filters, user=None), "user")
        found = [
            row["key"] or ""
            for row, shown in zip(groups, _shown(groups, "user"), strict=True)
            if shown == name
        ]
        if len(found) != 1:
            raise FilterInvalid(name="user", value="…", expected=N_("the name of a user of the selection"))
        return found[0]

    def _wrong_numbers(self, theirs: Filters) -> list[Row]:
        """Those that a rule on numbers refuses: nobody has to correct the number of a fax without pages."""
        rules = (rule for ruleset in self._rulesets.list() for rule in ruleset.rules)
        of_numbers = {rule.id for rule in rules if rule.field == "number"}
        found = self._summaries.top_numbers(theirs, MOST_EXPORTED)
        return [row for row in found if of_numbers.intersection(row["violations"].split("|"))]


def _shown(groups: Sequence[Row], by: Group) -> list[str | None]:
    """The key of each group as the actor may see it."""
    if by == "user":
        return [row["key"] for row in shown_keys(groups)]
    if current_actor().may(IN_FULL):
        return [row["key"] for row in groups]
    return [mask_text(row["key"] or "") for row in groups]


def folded(name: str | None) -> str:
    """Normalise a name for search and sorting.

    >>> folded("Dr.  Hélène"), folded(None)
    ('dr. helene', '')
    """
    plain = unicodedata.normalize("NFKD", (name or "").casefold())
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())
