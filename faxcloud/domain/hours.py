"""Opening hours: classify each hour of the week as business, night or weekend.

Hours are whole: faxes are counted by the hour they were sent in, and half an hour would split one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Self

from faxcloud.errors import SettingInvalid
from faxcloud.i18n import N_

Part = Literal["business", "night", "weekend", "holiday", "undated"]

PARTS: Mapping[Part, str] = MappingProxyType(
    {
        "business": N_("Business hours"),
        "night": N_("Nights, Monday to Friday"),
        "weekend": N_("Weekends"),
        "holiday": N_("Public holidays"),
        "undated": N_("No readable date"),
    }
)
"""The parts of a selection, in order; each fax is in exactly one."""

SETTING = "hours.opening"
LONGEST_SHOWN = 100

WEEKDAYS = range(1, 8)
SATURDAY = 6
HOURS = 24

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours per weekday.

    Attributes:
        days: By weekday (1 = Monday), the first hour and the one after the last; a day that is not there is
            closed.
        holidays: Whether the public holidays of France are closed.
    """

    days: tuple[tuple[int, Span], ...] = tuple((day, (8, 18)) for day in range(1, SATURDAY))
    holidays: bool = False

    @classmethod
    def from_dict(cls, values: object) -> Self:
        """Read opening hours from JSON data, whether from `to_dict` or written by hand.

        Raises:
            SettingInvalid: says what is wrong.
        """
        if not isinstance(values, Mapping) or not isinstance(values.get("days"), Mapping):
            raise _invalid(values, "days, and holidays true or false")
        holidays = values.get("holidays", False)
        if not isinstance(holidays, bool):
            raise _invalid(holidays, "true or false for holidays")
        return cls(tuple(sorted(_day(key, span) for key, span in values["days"].items())), holidays)

    def to_dict(self) -> dict[str, Any]:
        """JSON data of the opening hours."""
        return {"days": {str(day): list(span) for day, span in self.days}, "holidays": self.holidays}

    def span(self, weekday: int) -> Span | None:
        """Opening hours of a weekday (1 = Monday); None when it is closed."""
        return dict(self.days).get(weekday)

    def part_of(self, sent_at: dt.datetime | None) -> Part:
        """Part of the week that a fax was sent in.

        >>> OpeningHours().part_of(dt.datetime(2026, 3, 4, 17, 59)), OpeningHours().part_of(None)
        ('business', 'undated')
        """
        if sent_at is None:
            return "undated"
        if self.holidays and sent_at.date() in french_holidays(sent_at.year):
            return "holiday"
        first, end = self.span(sent_at.isoweekday()) or (0, 0)
        if first <= sent_at.hour < end:
            return "business"
        return "weekend" if sent_at.isoweekday() >= SATURDAY else "night"


def _day(key: object, span: object) -> tuple[int, Span]:
    if str(key) not in {str(day) for day in WEEKDAYS}:
        raise _invalid(key, "a weekday from 1 (Monday) to 7")
    match span:
        case [int(first), int(end)] if 0 <= first < end <= HOURS and first is not True and end is not True:
            return int(str(key)), (first, end)
    raise _invalid(span, "two whole hours from 0 to 24, the earlier one first")


def _invalid(value: object, expected: str) -> SettingInvalid:
    return SettingInvalid(setting=SETTING, value=str(value)[:LONGEST_SHOWN], expected=expected)


def french_holidays(year: int) -> frozenset[dt.date]:
    """The eleven public holidays of metropolitan France (Code du travail, L3133-1).

    >>> sorted(french_holidays(2026))[1:4]
    [datetime.date(2026, 4, 6), datetime.date(2026, 5, 1), datetime.date(2026, 5, 8)]
    """
    easter = easter_of(year)
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    moving = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday
    return frozenset(
        [
            *(dt.date(year, month, day) for month, day in fixed),
            *(easter + dt.timedelta(days=days) for days in moving),
        ]
    )


def easter_of(year: int) -> dt.date:
    """Easter Sunday in the Gregorian calendar, by Butcher's algorithm (Nature, 20 April 1876).

    >>> easter_of(2026), easter_of(2038)
    (datetime.date(2026, 4, 5), datetime.date(2038, 4, 25))
    """
    golden = year % 19
    century, rest = divmod(year, 100)
    leaps, remainder = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leaps - correction + 15) % 30
    quarter, single = divmod(rest, 4)
    week = (32 + 2 * remainder + 2 * quarter - moon - single) % 7
    shift = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * shift + 114, 31)
    return dt.date(year, month, day + 1)
