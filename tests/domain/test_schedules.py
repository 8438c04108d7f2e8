"""Due times of scheduled e-mails: edge cases by hand, and against a plain search through the days."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxcloud.domain.schedules import LAST_DAY, Schedule, dues_between, next_due, period_of
from faxcloud.errors import MailingInvalid

PARIS, REUNION, AUCKLAND = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion"), ZoneInfo("Pacific/Auckland")
ZONES = (PARIS, REUNION, AUCKLAND, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia"), dt.UTC)
A_MOMENT = dt.timedelta(microseconds=1)

schedules = st.builds(
    Schedule,
    frequency=st.sampled_from(["daily", "weekly", "monthly"]),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    weekday=st.integers(1, 7),
    day=st.integers(LAST_DAY, 28),
)
instants = st.datetimes(
    dt.datetime(2010, 1, 1),  # noqa: DTZ001 - the zone follows
    dt.datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)


def local(zone: dt.tzinfo, *parts: int, fold: int = 0) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=zone, fold=fold).astimezone(dt.UTC)  # type: ignore[misc, arg-type]


def dues(schedule: Schedule, zone: dt.tzinfo, after: dt.datetime, count: int) -> list[str]:
    """The next ones by the reader's clock."""
    found = []
    for _ in range(count):
        after = next_due(schedule, after, zone)
        found.append(after.astimezone(zone).isoformat(timespec="minutes"))
    return found


@given(schedules, instants, st.sampled_from(ZONES))
def test_the_next_one_is_later_and_none_is_left_out(schedule: Schedule, after: dt.datetime, zone: dt.tzinfo):
    found = next_due(schedule, after, zone)
    assert found > after
    # Every day of the reader's calendar, by hand: the first instant after `after` that falls on one.
    first = after.astimezone(zone).date() - dt.timedelta(days=2)
    days = [first + dt.timedelta(days=number) for number in range(70)]
    by_hand = [
        local(zone, day.year, day.month, day.day, schedule.hour, schedule.minute)
        for day in days
        if schedule.frequency == "daily"
        or (schedule.frequency == "weekly" and day.isoweekday() == schedule.weekday)
        or (
            schedule.frequency == "monthly"
            and (
                (day + dt.timedelta(days=1)).day == 1 if schedule.day == LAST_DAY else day.day == schedule.day
            )
        )
    ]
    assert found == min(due for due in by_hand if due > after)


@given(schedules, instants, st.sampled_from(ZONES))
def test_what_it_tells_of_was_over_when_it_was_due(schedule: Schedule, due: dt.datetime, zone: dt.tzinfo):
    first, last = period_of(schedule, due, zone)
    today = due.astimezone(zone).date()
    assert first <= last < today
    days = (last - first).days + 1
    if schedule.frequency == "daily":
        assert (days, today - last) == (1, dt.timedelta(days=1))
    elif schedule.frequency == "weekly":
        assert (first.isoweekday(), days) == (1, 7)
        assert (today - last).days <= 7
    else:
        assert first.day == (last + dt.timedelta(days=1)).day == 1
        assert first.month == last.month
        assert (today.replace(day=1) - last).days == 1


def test_just_before_at_and_just_after_a_date():
    schedule = Schedule("daily", 8, 30)
    due = local(PARIS, 2026, 3, 10, 8, 30)
    assert next_due(schedule, due - A_MOMENT, PARIS) == due
    assert next_due(schedule, due, PARIS) == due + dt.timedelta(days=1)
    assert next_due(schedule, due + A_MOMENT, PARIS) == due + dt.timedelta(days=1)


def test_an_hour_that_summer_time_leaves_out_comes_once_an_hour_later():
    after = local(PARIS, 2026, 3, 28, 12)
    assert dues(Schedule("daily", 2, 30), PARIS, after, 3) == [
        "2026-03-29T03:30+02:00",
        "2026-03-30T02:30+02:00",
        "2026-03-31T02:30+02:00",
    ]


def test_an_hour_that_comes_twice_counts_the_first_time_only():
    after = local(PARIS, 2026, 10, 24, 12)
    assert dues(Schedule("daily", 2, 30), PARIS, after, 2) == [
        "2026-10-25T02:30+02:00",
        "2026-10-26T02:30+01:00",
    ]
    # Asked between the two, the next one is tomorrow's.
    between = local(PARIS, 2026, 10, 25, 2, 45)
    assert dues(Schedule("daily", 2, 30), PARIS, between, 1) == ["2026-10-26T02:30+01:00"]


def test_a_day_that_a_zone_skipped_is_no_second_mail():
    apia = ZoneInfo("Pacific/Apia")  # went from the 29th to the 31st of December 2011
    found = dues(Schedule("daily", 8, 0), apia, local(apia, 2011, 12, 28, 9), 3)
    assert found == ["2011-12-29T08:00-10:00", "2011-12-31T08:00+14:00", "2012-01-01T08:00+14:00"]


def test_the_same_hour_is_another_instant_for_a_reader_elsewhere():
    schedule, after = Schedule("weekly", 8, 0, weekday=1), local(PARIS, 2026, 11, 20, 12)
    assert next_due(schedule, after, PARIS) == local(dt.UTC, 2026, 11, 23, 7)
    assert next_due(schedule, after, REUNION) == local(dt.UTC, 2026, 11, 23, 4)


def test_months_of_every_length_have_a_last_day():
    found = dues(Schedule("monthly", 18, 0, day=LAST_DAY), dt.UTC, local(dt.UTC, 2028, 1, 31, 17), 4)
    assert [day[:10] for day in found] == ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]


def test_the_first_of_the_year_tells_of_december():
    period = period_of(Schedule("monthly"), local(PARIS, 2027, 1, 1, 8), PARIS)
    assert period == (dt.date(2026, 12, 1), dt.date(2026, 12, 31))


def test_days_are_the_services_wherever_the_reader_is():
    # Tuesday morning in Auckland is still Monday in Paris: Monday is not over there.
    due = local(AUCKLAND, 2026, 3, 10, 8)
    assert period_of(Schedule("daily"), due, PARIS) == (dt.date(2026, 3, 8), dt.date(2026, 3, 8))


def test_of_many_missed_dates_the_newest_are_kept_in_order():
    schedule = Schedule("daily", 8, 0)
    first, last = local(PARIS, 2026, 3, 1, 8), local(PARIS, 2026, 3, 20, 8)
    found = dues_between(schedule, first, last, PARIS, most=3)
    assert [due.astimezone(PARIS).day for due in found] == [18, 19, 20]
    assert dues_between(schedule, first, first, PARIS, most=3) == [first]
    assert dues_between(schedule, first + A_MOMENT, last - A_MOMENT, PARIS, most=99)[0].day == 2
    assert dues_between(schedule, last + A_MOMENT, last + A_MOMENT, PARIS, most=3) == []


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("frequency", "hourly"),
        ("hour", -1),
        ("hour", 24),
        ("hour", True),
        ("minute", 60),
        ("weekday", 0),
        ("weekday", 8),
        ("day", 29),
        ("day", -1),
        ("hour", "8"),
    ],
)
def test_what_is_no_schedule_is_refused(part: str, value: object):
    with pytest.raises(MailingInvalid, match=str(value)):
        Schedule.from_dict({part: value})


@given(schedules)
def test_a_schedule_survives_json(schedule: Schedule):
    assert Schedule.from_dict(schedule.to_dict()) == schedule
