"""Business hours: hours, weekdays, holidays."""

import datetime as dt

import pytest

from faxcloud.domain.hours import OpeningHours, easter_of, french_holidays
from faxcloud.errors import SettingInvalid


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute)  # noqa: DTZ001 - local time, as stored


@pytest.mark.parametrize(
    ("sent_at", "part"),
    [
        (at(4, 7, 59), "night"), (at(4, 8), "business"), (at(4, 17, 59), "business"), (at(4, 18), "night"),
        (at(6, 23, 59), "night"), (at(7, 0), "weekend"), (at(8, 23, 59), "weekend"), (at(9, 0), "night"),
        (at(9, 8), "business"), (at(7, 10), "weekend"), (None, "undated"),
    ],
)  # fmt: skip
def test_the_edges_of_the_usual_week(sent_at: dt.datetime | None, part: str):
    assert OpeningHours().part_of(sent_at) == part


def test_a_saturday_that_is_open_in_the_morning_is_weekend_after_it():
    hours = OpeningHours(days=((6, (9, 12)),))
    assert [hours.part_of(at(7, hour)) for hour in (8, 9, 11, 12)] == [
        "weekend", "business", "business", "weekend",
    ]  # fmt: skip
    assert hours.part_of(at(4, 10)) == "night"  # a Wednesday that is closed all day


def test_around_the_clock_there_is_no_night():
    hours = OpeningHours(days=tuple((day, (0, 24)) for day in range(1, 8)))
    assert {hours.part_of(at(day, hour)) for day in (4, 7) for hour in (0, 12, 23)} == {"business"}


def test_a_public_holiday_is_closed_only_where_holidays_count():
    first_of_may = at(1, 10, month=5)  # a Friday
    assert OpeningHours().part_of(first_of_may) == "business"
    assert OpeningHours(holidays=True).part_of(first_of_may) == "holiday"
    assert OpeningHours(holidays=True).part_of(at(4, 10)) == "business"


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(2000, 4, 23), (2008, 3, 23), (2011, 4, 24), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28)],
)
def test_easter_is_when_the_calendars_say(year: int, month: int, day: int):
    assert easter_of(year) == dt.date(year, month, day)


def test_the_holidays_of_2026_are_those_of_the_calendar():
    assert sorted(f"{day:%m-%d}" for day in french_holidays(2026)) == [
        "01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25",
    ]  # fmt: skip


def test_opening_hours_survive_json():
    hours = OpeningHours(days=((1, (8, 12)), (6, (0, 24))), holidays=True)
    assert OpeningHours.from_dict(hours.to_dict()) == hours
    assert OpeningHours.from_dict({"days": {}}) == OpeningHours(days=())


@pytest.mark.parametrize(
    "values",
    [
        None, [], {}, {"days": 3}, {"days": {"0": [8, 18]}}, {"days": {"8": [8, 18]}},
        {"days": {"x": [8, 18]}},
        {"days": {"1": [18, 8]}}, {"days": {"1": [8, 8]}}, {"days": {"1": [8, 25]}}, {"days": {"1": [-1, 8]}},
        {"days": {"1": [8.5, 18]}}, {"days": {"1": "8-18"}}, {"days": {"1": [8]}},
        {"days": {"1": [False, True]}},
        {"days": {"1": [8, 18]}, "holidays": "no"},
    ],
)  # fmt: skip
def test_hours_that_are_none_are_refused(values: object):
    with pytest.raises(SettingInvalid):
        OpeningHours.from_dict(values)
