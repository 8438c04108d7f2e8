"""Data coverage: which days of a period the imported data covers.

A report covers the days from its first fax to its last, or the period entered with it. Weekends and public
holidays beside covered days count as covered: an export that begins on a Monday lacks nothing of the weekend.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from faxcloud.domain.hours import SATURDAY, french_holidays

ONE_DAY = dt.timedelta(days=1)

Span = tuple[dt.date, dt.date]
"""First day and the day after the last one."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Days covered by reports. Without any report nothing is known, and every day counts as covered.

    >>> march = Coverage.of([(dt.date(2026, 3, 2), dt.date(2026, 3, 11))])
    >>> march.days(dt.date(2026, 3, 1), dt.date(2026, 4, 1))  # Sunday the 1st to Tuesday the 10th
    10
    """

    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Coverage:
        """Union of spans, each widened over the days off beside it."""
        merged: list[Span] = []
        for first, after in sorted(map(_widened, spans)):
            if merged and first <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], after))
            else:
                merged.append((first, after))
        return cls(tuple(merged))

    def days(self, first: dt.date, after: dt.date) -> int:
        """Number of covered days of a period."""
        if not self.spans:
            return (after - first).days
        return sum(max(0, (min(end, after) - max(start, first)).days) for start, end in self.spans)

    def is_whole(self, first: dt.date, after: dt.date) -> bool:
        """Whether every day of the period is covered."""
        return self.days(first, after) == (after - first).days


def _widened(span: Span) -> Span:
    first, after = span
    while first > dt.date.min and _is_off(first - ONE_DAY):
        first -= ONE_DAY
    while after < dt.date.max and _is_off(after):
        after += ONE_DAY
    return first, after


def _is_off(day: dt.date) -> bool:
    return day.isoweekday() >= SATURDAY or day in french_holidays(day.year)
