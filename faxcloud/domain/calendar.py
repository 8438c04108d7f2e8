"""Calendar arithmetic bounded by 31/12/9999, the last date that Python knows: a mistyped year reaches it."""

from __future__ import annotations

import datetime as dt
from typing import Literal, TypeVar

Grain = Literal["hour", "day", "week", "month"]
"""Length of a step of time."""
Day = TypeVar("Day", dt.date, dt.datetime)


def days_after(day: Day, days: float = 1) -> Day:
    """Add days to a date, at most up to the last date there is.

    >>> days_after(dt.date(2026, 12, 31)), days_after(dt.date(9999, 12, 31))
    (datetime.date(2027, 1, 1), datetime.date(9999, 12, 31))
    """
    try:
        return day + dt.timedelta(days=days)
    except OverflowError:
        return type(day).max


def next_month(start: Day) -> Day:
    """First day of the next month, at most the last date there is.

    >>> next_month(dt.date(2026, 12, 1)), next_month(dt.date(9999, 12, 1))
    (datetime.date(2027, 1, 1), datetime.date(9999, 12, 31))
    """
    if (start.year, start.month) == (dt.MAXYEAR, 12):
        return type(start).max
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def last_day(after: dt.date) -> dt.date:
    """Last day of a half-open period; `days_after` cannot go beyond the last date.

    >>> last_day(dt.date(2026, 1, 1)), last_day(dt.date.max)
    (datetime.date(2025, 12, 31), datetime.date(9999, 12, 31))
    """
    return after if after == dt.date.max else after - dt.timedelta(days=1)
