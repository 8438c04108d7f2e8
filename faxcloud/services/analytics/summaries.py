"""Summaries of a selection: the published numbers, over time and by group.

Every number is a metric of domain/metrics.py, whichever query it answers. Rows without a readable date are
counted in a selection without dates, are missing from timeline and heat map, and have the key None in the
breakdowns by hour and weekday.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from faxcloud.domain.calendar import Grain, days_after, next_month
from faxcloud.domain.coverage import ONE_DAY, Coverage
from faxcloud.domain.filters import Filters
from faxcloud.domain.metrics import BY_KEY
from faxcloud.services.scoping import Scope, shown, shown_keys
from faxcloud.store.queries.faxes import FaxReader
from faxcloud.store.queries.filters import Selection

Number = int | float | None
Row = dict[str, Any]
Breakdown = Literal["user", "mode", "rule", "warning", "number_type", "country", "hour", "weekday", "report"]

MOST_BUCKETS = 20_000
"""Maximum number of bars of a chart: one mistyped year must not make a million of them."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Metrics of one selection.

    Attributes:
        values: By metric key; a rate is None where there are no rows, or where these were selected by what
            the rules said (`Filters.asks_verdict`): the compliance of invalid faxes says nothing.
        covered_days, covered_days_before: How many days of the period, and of the one before, the imported
            data covers; None unless both dates are filtered.
        of_faxes: Faxes of the same selection whatever their verdict; None where no verdict is filtered.
        previous: Metrics of the same number of days just before; None unless both dates are filtered.
        period: First day and the day after the last one; None likewise.
        version: Version of the lake.
    """

    values: dict[str, Number]
    previous: dict[str, Number] | None
    period: tuple[dt.date, dt.date] | None
    version: int
    of_faxes: int | None = None
    covered_days: int | None = None
    covered_days_before: int | None = None

    @property
    def days(self) -> int | None:
        """Length of the period in days, and of the one before; None unless both dates are filtered."""
        return None if self.period is None else (self.period[1] - self.period[0]).days

    @property
    def compared(self) -> dict[str, Number] | None:
        """`previous` where the data covers both periods whole: any other change is one of the data."""
        is_whole = self.covered_days == self.covered_days_before == self.days
        return self.previous if is_whole else None

    @property
    def share(self) -> float | None:
        """Selected faxes as a share of `of_faxes`.

        None where no verdict is filtered, or where there are none.
        """
        return (self.values["faxes"] or 0) / self.of_faxes if self.of_faxes else None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything on the dashboard, from one version: the results of the calls of the same names."""

    summary: Summary
    timeline: list[Row]
    rules: list[Row]
    heatmap: list[Row]
    users: list[Row]


class Summaries:
    """Summary queries. `Filters()` selects everything."""

    def __init__(
        self,
        faxes: FaxReader,
        scope: Scope | None = None,
        coverage: Callable[[Filters], Coverage] = lambda _: Coverage(),
    ) -> None:
        self._faxes = faxes
        self._scope = scope or Scope()
        self._coverage = coverage

    def version(self) -> int:
        """Version of the lake, which shows whether data has changed; -1 before the first import."""
        return self._faxes.version()

    def moved_at(self) -> dt.datetime | None:
        """Time of that version, whatever changed, in UTC; None before the first import."""
        return self._faxes.moved_at()

    def mark(self) -> Hashable:
        """Identifier of the lake's version, distinct from one of the same number after a restore."""
        return self._faxes.mark()

    def summary(self, filters: Filters) -> Summary:
        """Summary: every metric of the selection and of the period before it."""
        filters = self._scope.narrowed(filters)
        return self._summary(self._faxes.select(filters), filters)

    def timeline(self, filters: Filters, grain: Grain) -> list[Row]:
        """Timeline: one row per `start` of the grain, oldest first, those without faxes included.

        From the first to the last day filtered, or from the first to the last fax where an end is open.
        Where that would be more than `MOST_BUCKETS` rows, those without faxes are left out. Weeks and months
        have `is_whole`: False where the dates filtered cut them or the data covers only a part of them.
        """
        filters = self._scope.narrowed(filters)
        return self._timeline(self._faxes.select(filters), filters, grain)

    def breakdown(self, filters: Filters, by: Breakdown, limit: int | None = None) -> list[Row]:
        """Breakdown with one row per `key`, ordered by what it groups.

        Users, reports, countries and number types are ordered by invalid faxes, rules by violations, modes by
        faxes, hours and weekdays (1 = Monday) in their order.
        """
        selection = self._faxes.select(self._scope.narrowed(filters))
        if by == "rule" or by == "warning":
            rows = self._faxes.rules(selection, "violations" if by == "rule" else "warnings")
        elif by == "mode" or by == "hour" or by == "weekday":
            rows = _plain(self._faxes.cube_groups(selection, by))
        else:
            rows = _plain(self._faxes.groups(selection, by))
        return [dict(row) for row in (shown_keys(rows[:limit]) if by == "user" else rows[:limit])]

    def heatmap(self, filters: Filters) -> list[Row]:
        """Heat map: one row per weekday (1 = Monday) and hour (0-23) that has faxes."""
        return _plain(self._faxes.heatmap(self._faxes.select(self._scope.narrowed(filters))))

    def top_numbers(self, filters: Filters, limit: int = 50, *, only_invalid: bool = True) -> list[Row]:
        """Called numbers, one row each, most invalid faxes first; `violations` lists the violated rules.

        `faxes` counts all faxes to the number, `invalid` those of them that are invalid and selected;
        `users`, `first_at` and `last_at` are of the invalid ones, or of all with `only_invalid=False`.
        """
        selection = self._faxes.select(self._scope.narrowed(filters))
        rows = self._faxes.numbers(selection, limit, only_invalid=only_invalid)
        return [
            row | {"violations": "|".join(dict.fromkeys((row["violations"] or "").split("|")))}
            for row in shown(rows)
        ]

    def dashboard(self, filters: Filters, grain: Grain) -> Dashboard:
        """Everything on the dashboard, from two scans of the lake, or four with a period before."""
        filters = self._scope.narrowed(filters)
        selection = self._faxes.select(filters)
        return Dashboard(
            summary=self._summary(selection, filters, groups_follow=True),
            timeline=self._timeline(selection, filters, grain),
            rules=[dict(row) for row in self._faxes.rules(selection, "violations")],
            heatmap=_plain(self._faxes.heatmap(selection)),
            users=shown_keys(_plain(self._faxes.groups(selection, "user"))),
        )

    def covered_days(self, filters: Filters) -> tuple[int, int] | None:
        """Number of covered days of the period and of the one before; None without these two."""
        before = filters.previous_period()
        period, earlier = filters.period(), None if before is None else before.period()
        if period is None or earlier is None:
            return None
        coverage = self._coverage(self._scope.narrowed(filters))
        return coverage.days(*period), coverage.days(*earlier)

    def is_whole(self, filters: Filters) -> bool:
        """Whether the data covers every day of the period; True where no two dates are filtered."""
        period = filters.period()
        return period is None or self._coverage(self._scope.narrowed(filters)).is_whole(*period)

    def compares(self, filters: Filters) -> bool:
        """Whether the data covers the period and the one before whole."""
        before = filters.previous_period()
        return before is not None and self.is_whole(filters) and self.is_whole(before)

    def _summary(self, selection: Selection, filters: Filters, *, groups_follow: bool = False) -> Summary:
        before = filters.previous_period()
        covered, covered_before = self.covered_days(filters) or (None, None)
        return Summary(
            values=_plain([self._faxes.totals(selection, groups_follow=groups_follow)])[0],
            previous=None if before is None else _plain([self._faxes.totals(self._faxes.select(before))])[0],
            period=filters.period(),
            version=selection.version,
            covered_days=covered,
            covered_days_before=covered_before,
            of_faxes=self._faxes.count(self._faxes.select(filters.of_any_verdict()))
            if filters.asks_verdict
            else None,
        )

    def _timeline(self, selection: Selection, filters: Filters, grain: Grain) -> list[Row]:
        found = _plain(self._faxes.timeline(selection, grain))
        first = _first_of(filters.start_date) or (found[0]["start"] if found else None)
        last = _first_of(filters.end_date) or (found[-1]["start"] if found else None)
        if first is None or last is None:
            return found
        if filters.end_date is not None:
            last += dt.timedelta(hours=23)
        rows = _without_gaps(found, _bucket(first, grain), last, grain)
        return self._marked(rows, filters, grain) if grain in ("week", "month") else rows

    def _marked(self, rows: list[Row], filters: Filters, grain: Grain) -> list[Row]:
        coverage = self._coverage(filters)
        first, last = filters.start_date or dt.date.min, filters.end_date or dt.date.max
        periods = [(row["start"].date(), _next(row["start"], grain).date()) for row in rows]
        return [
            row | {"is_whole": first <= start and after - ONE_DAY <= last and coverage.is_whole(start, after)}
            for row, (start, after) in zip(rows, periods, strict=True)
        ]


def last_of(before: list[Row], count: int) -> list[Row]:
    """Last `count` periods of the period before, to be drawn under those of now.

    The same number of days may begin in one month or week more: 366 of them, before a leap year, begin in the
    December before the year before. Each month would then be compared with the one before its own.
    """
    return before[max(0, len(before) - count) :]


def _plain(rows: Sequence[Row]) -> list[Row]:
    """Copies, so that what is kept cannot be changed, with numbers that JSON has."""
    return [
        {key: float(value) if isinstance(value, Decimal) else value for key, value in row.items()}
        for row in rows
    ]


def _first_of(day: dt.date | None) -> dt.datetime | None:
    return None if day is None else dt.datetime.combine(day, dt.time())


def _bucket(instant: dt.datetime, grain: Grain) -> dt.datetime:
    """The start of the hour, day, week (Monday) or month that it falls in."""
    if grain == "hour":
        return instant.replace(minute=0, second=0, microsecond=0)
    day = dt.datetime.combine(instant.date(), dt.time())
    if grain == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def _next(start: dt.datetime, grain: Grain) -> dt.datetime:
    if grain == "month":
        return next_month(start)
    return days_after(start, {"hour": 1 / 24, "day": 1, "week": 7}[grain])


def _without_gaps(found: list[Row], first: dt.datetime, last: dt.datetime, grain: Grain) -> list[Row]:
    by_start = {row["start"]: row for row in found}
    starts: list[dt.datetime] = []
    start = first
    while start <= last and len(starts) <= MOST_BUCKETS:
        starts.append(start)
        start = _next(start, grain)
    if len(starts) > MOST_BUCKETS:
        return found
    return [by_start.get(start) or _nothing(start, found) for start in starts]


def _nothing(start: dt.datetime, found: list[Row]) -> Row:
    keys = found[0].keys() - {"start"} if found else BY_KEY.keys() - {"users"}
    return {"start": start} | {key: BY_KEY[key].no_data for key in BY_KEY if key in keys}
