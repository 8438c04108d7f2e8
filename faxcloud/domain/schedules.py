"""Mail schedules: when a mail is due, and which days it covers. Pure: instants in, instants out.

Hours are the recipient's, in the recipient's time zone; the days that a mail covers are the fax service's. A
due hour that the change to summer time leaves out comes once, an hour later by the clock; one that the change
back repeats comes once, the first time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from faxcloud.errors import MailingInvalid
from faxcloud.i18n import N_

Frequency = Literal["daily", "weekly", "monthly"]
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)

LAST_DAY = 0
"""As `day`: the last one of each month."""

LAST_SURE_DAY = 28
"""No month lacks it."""

MONDAY, SUNDAY = 1, 7
# The next due date is among so many days: the longest month, a day of the zone's and one that a zone skipped.
_LOOK_AHEAD_DAYS = 64


@dataclass(frozen=True, slots=True)
class Schedule:
    """Frequency and time of day of a mail.

    Attributes:
        hour, minute: In the recipient's time zone.
        weekday: Of a weekly schedule, 1 is Monday.
        day: Of a monthly schedule, 1 to 28, or `LAST_DAY`.
    """

    frequency: Frequency = "weekly"
    hour: int = 8
    minute: int = 0
    weekday: int = MONDAY
    day: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no schedule.

        Raises:
            MailingInvalid: which part it is.
        """
        if self.frequency not in FREQUENCIES:
            raise MailingInvalid(name=N_("frequency"), value=self.frequency, expected=", ".join(FREQUENCIES))
        for part, name, least, most in (
            ("hour", N_("hour of the day"), 0, 23),
            ("minute", N_("minute of the hour"), 0, 59),
            ("weekday", N_("day of the week"), MONDAY, SUNDAY),
            ("day", N_("day of the month"), LAST_DAY, LAST_SURE_DAY),
        ):
            value = getattr(self, part)
            if type(value) is not int or not least <= value <= most:
                raise MailingInvalid(name=name, value=str(value)[:100], expected=f"{least} – {most}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Schedule:
        """Read a schedule from what `to_dict` gave; missing parts take their defaults.

        Raises:
            MailingInvalid: a part is invalid.
        """
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        return cls(**known)

    def to_dict(self) -> dict[str, Any]:
        """JSON data of the schedule."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def falls_on(self, day: dt.date) -> bool:
        """Whether a mail is due on a day of the recipient's calendar."""
        if self.frequency == "daily":
            return True
        if self.frequency == "weekly":
            return day.isoweekday() == self.weekday
        if self.day == LAST_DAY:
            return (day + dt.timedelta(days=1)).day == 1
        return day.day == self.day


def next_due(schedule: Schedule, after: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Next due instant later than `after`, in UTC.

    Args:
        after: Aware.
        zone: The recipient's time zone.
    """
    # From the day before: a day that a zone skipped, or an hour that it repeats, may still be to come.
    day = after.astimezone(zone).date() - dt.timedelta(days=1)
    for _ in range(_LOOK_AHEAD_DAYS):
        if schedule.falls_on(day):
            due = _instant(schedule, day, zone)
            if due > after:
                return due
        day += dt.timedelta(days=1)
    raise AssertionError("every schedule falls on a day of the next two months")


def dues_between(
    schedule: Schedule, first: dt.datetime, last: dt.datetime, zone: dt.tzinfo, most: int
) -> list[dt.datetime]:
    """Due instants from `first` to `last`, both included, oldest first: the newest `most` of them."""
    found: list[dt.datetime] = []
    due = next_due(schedule, first - dt.timedelta(microseconds=1), zone)
    while due <= last:
        found = [*found, due][-most:]
        due = next_due(schedule, due, zone)
    return found


def period_of(schedule: Schedule, due: dt.datetime, zone: dt.tzinfo) -> tuple[dt.date, dt.date]:
    """First and last day that a mail covers: the last complete day, week (from Monday) or month.

    Args:
        zone: The fax service's time zone.

    >>> monday = dt.datetime(2026, 3, 9, 7, tzinfo=dt.UTC)
    >>> [str(day) for day in period_of(Schedule("weekly"), monday, dt.UTC)]
    ['2026-03-02', '2026-03-08']
    """
    today = due.astimezone(zone).date()
    yesterday = today - dt.timedelta(days=1)
    if schedule.frequency == "daily":
        return yesterday, yesterday
    if schedule.frequency == "weekly":
        sunday = today - dt.timedelta(days=today.isoweekday())
        return sunday - dt.timedelta(days=6), sunday
    last = today.replace(day=1) - dt.timedelta(days=1)
    return last.replace(day=1), last


def _instant(schedule: Schedule, day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    # fold=0: a repeated hour is its first occurrence, and one that is left out comes by the old offset.
    local = dt.datetime(day.year, day.month, day.day, schedule.hour, schedule.minute, tzinfo=zone)
    return local.astimezone(dt.UTC)
