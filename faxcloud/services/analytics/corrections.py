"""Corrections of wrong called numbers, grouped so that one correction fixes many faxes.

A correction is one number that violates one rule, whoever called it and however it was separated; its faxes
are those of all users. "Mended" is the share of all wrong faxes of the question that this correction and
those before it make.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from faxcloud.domain.corrections import Suggestion, is_cut_off, suggest
from faxcloud.domain.filters import Filters
from faxcloud.domain.masking import mask_names, mask_number
from faxcloud.domain.rulesets.conditions import compile_ruleset
from faxcloud.domain.rulesets.ruleset import Rule
from faxcloud.i18n import Translator
from faxcloud.languages import CsvDialect
from faxcloud.presentation.csv_files import PLAIN
from faxcloud.services.actors import current_actor
from faxcloud.services.analytics.correction_lists import list_of
from faxcloud.services.journal import Event, Journal, Note
from faxcloud.services.scoping import IN_FULL, Scope, shown
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.queries.corrections import Narrowing, WrongNumbers, passing
from faxcloud.store.queries.engine import Engine
from faxcloud.store.queries.faxes import FaxReader

Row = dict[str, Any]

MOST_PER_PAGE = 500
MOST_USERS = 1_000
MOST_EXPORTED = 100_000
"""Lines of a list for address books: a file that is put together in memory."""
CURVE = 100
"""Corrections whose effect is drawn; after a hundred nobody mends by hand."""


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """Page of corrections, those that fix most faxes first.

    Attributes:
        total: Number of corrections in all.
        pages: 0 when there are none.
        results: One row per rule and number: `rule`, `called_text` (as most often written), `number`,
            `faxes`, `users` (how many), `named` (three of them at most), `first_at`, `last_at`, `rank`,
            `mended` and `suggestion` (a `Suggestion`, or None where the number has to be looked up).
    """

    total: int
    page: int
    per_page: int
    pages: int
    results: list[Row]


@dataclass(frozen=True, slots=True)
class CorrectionTotals:
    """Totals of the corrections.

    Attributes:
        numbers: Number of corrections.
        faxes: Faxes with a wrong called number, each once.
        users: Different names of those who called them, blank ones left out.
        causes: One row per `rule`: `numbers`, `faxes`, `users`, most faxes first.
    """

    numbers: int
    faxes: int
    users: int
    causes: list[Row]


class Corrections:
    """Service for corrections. `rule` is the violated rule, `user` a whole user name."""

    def __init__(
        self,
        faxes: FaxReader,
        wrong: WrongNumbers,
        engine: Engine,
        rulesets: Rulesets,
        journal: Journal,
        scope: Scope | None = None,
    ) -> None:
        self._faxes = faxes
        self._wrong = wrong
        self._engine = engine
        self._rulesets = rulesets
        self._journal = journal
        self._scope = scope or Scope()

    def overview(
        self, filters: Filters, *, rule: str | None = None, user: str | None = None
    ) -> CorrectionTotals:
        """Totals and causes of the corrections."""
        asked = (*self._asked(filters), _narrowing(rule, user))
        totals = self._wrong.totals(*asked)
        return CorrectionTotals(**totals, causes=self._wrong.by_rule(*asked))

    def page(
        self,
        filters: Filters,
        *,
        rule: str | None = None,
        user: str | None = None,
        page: int = 1,
        per_page: int = 50,
    ) -> CorrectionPage:
        """Page of corrections."""
        per_page = min(max(1, per_page), MOST_PER_PAGE)
        asked = (*self._asked(filters), _narrowing(rule, user))
        total = self._wrong.totals(*asked)["numbers"]
        rows = self._wrong.numbers(*asked, per_page, (max(1, page) - 1) * per_page)
        return CorrectionPage(
            total, page, per_page, -(-total // per_page), self._shown(self._with_hints(rows))
        )

    def curve(self, filters: Filters, *, rule: str | None = None, user: str | None = None) -> list[Row]:
        """Cumulative effect of the first n corrections: one row per `rank`, with `faxes` and `mended`."""
        rows = self._wrong.numbers(*self._asked(filters), _narrowing(rule, user), CURVE)
        return [{name: row[name] for name in ("rank", "faxes", "mended")} for row in rows]

    def users(self, filters: Filters, *, rule: str | None = None, limit: int = 100) -> list[Row]:
        """Address books, one row per `user_name`, those with most wrong faxes first."""
        rows = self._wrong.by_user(*self._asked(filters), Narrowing(rule), min(limit, MOST_USERS))
        return shown(rows)

    def csv(
        self,
        filters: Filters,
        t: Translator,
        *,
        rule: str | None = None,
        user: str | None = None,
        dialect: CsvDialect = PLAIN,
    ) -> bytes:
        """Correction list for the owner of an address book: a line per user, number and cause, in UTF-8.

        Cells that a spreadsheet would evaluate are written as text (`domain.entries.text_cell`). At most
        `MOST_EXPORTED` lines.

        Raises:
            NotAllowed: the actor may not export.
        """
        current_actor().require("rows.export")
        rows = self._wrong.entries(*self._asked(filters), _narrowing(rule, user), MOST_EXPORTED)
        told = {"format": "csv", "rows": len(rows), "report_id": filters.report}
        # Whether it was one person's list, not whose.
        details = {**told, "rule": rule, "one_user": user is not None}
        resource = f"report:{filters.report}" if filters.report else ""
        file = list_of(self._with_hints(rows), self._rules(), t, dialect)
        event = Event("export_complete", told, filters.report)
        self._journal.write(Note("corrections.export", resource, details=details), event)
        return file

    def _asked(self, filters: Filters) -> tuple[Any, tuple[str, ...]]:
        return self._faxes.select(self._scope.narrowed(filters)), tuple(sorted(self._rules()))

    def _rules(self) -> dict[str, Rule]:
        """The rules on called numbers, of every ruleset: a row may be judged by an older one."""
        rules = self._rulesets.rules()
        return {rule_id: rule for rule_id, rule in rules.items() if rule.field == "number"}

    def _with_hints(self, rows: Iterable[Row]) -> list[Row]:
        """With the `suggestion` that the active ruleset lets pass."""
        rows = list(rows)
        found = self._completed(rows, [suggest(row["called_text"], row["number"]) for row in rows])
        ruleset = self._rulesets.active()
        numbers = {suggestion.number for suggestion in found if suggestion is not None}
        right = passing(self._engine, ruleset, compile_ruleset(ruleset), numbers)
        return [
            {**row, "suggestion": suggestion if suggestion and suggestion.number in right else None}
            for row, suggestion in zip(rows, found, strict=True)
        ]

    def _completed(
        self, rows: Sequence[Row], found: Sequence[Suggestion | None]
    ) -> Sequence[Suggestion | None]:
        """What has lost its end, completed from all that the actor may see, whenever it was called."""
        cut = {row["number"] for row in rows if is_cut_off(row["called_text"], row["number"])}
        every = self._faxes.select(self._scope.narrowed(Filters()))
        whole = self._wrong.completions(every, cut)
        return [
            Suggestion("cut_off", whole[row["number"]])
            if suggestion is None and row["number"] in whole
            else suggestion
            for row, suggestion in zip(rows, found, strict=True)
        ]

    def _shown(self, rows: Sequence[Row]) -> list[Row]:
        """As the actor may see them: `shown` knows no lists of names and no suggestions."""
        rows = shown({name: value for name, value in row.items() if name != "key"} for row in rows)
        if current_actor().may(IN_FULL):
            return rows
        return [
            row
            | {
                "named": mask_names(row["named"] or (), current_actor().names),
                "suggestion": _masked(row["suggestion"]),
            }
            for row in rows
        ]


def _narrowing(rule: str | None, user: str | None) -> Narrowing:
    """What is asked for; a user only by whoever sees their names."""
    if user is not None and not current_actor().sees_names:
        current_actor().require(IN_FULL)
    return Narrowing(rule, user)


def _masked(suggestion: Suggestion | None) -> Suggestion | None:
    return suggestion and Suggestion(suggestion.slip, mask_number(suggestion.number))
