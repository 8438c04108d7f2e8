"""Summaries: totals, timeline, breakdowns and heat map agree on the same selection."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.domain.metrics import METRICS
from faxcloud.store.queries.cube import NOT_ADDITIVE, OVER_CUBE, columns_sql, metric_over_cube
from tests.small_lake import Questions, ask, at, fax, small_lake

MARCH_9 = Filters(start_date=dt.date(2026, 3, 9), end_date=dt.date(2026, 3, 9))
WEEK = Filters(start_date=dt.date(2026, 3, 4), end_date=dt.date(2026, 3, 9))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Questions]:
    asked = small_lake(tmp_path / "lake")
    yield asked
    asked.engine.close()


def test_the_summary_of_the_small_lake_is_the_one_counted_by_hand(small: Questions) -> None:
    summary = small.summaries.summary(Filters())
    known = {
        "faxes": 8, "valid": 5, "invalid": 3, "compliance_rate": 0.625, "violations": 4, "sent": 3,
        "received": 4, "unknown_mode": 1, "pages": 16, "pages_sent": 7, "pages_received": 9,
        "billed_pages": 4.5, "duration_s": 60, "users": 4, "internal": 1, "international": 0,
    }  # fmt: skip
    assert summary.values == summary.values | known
    assert summary.values.keys() == {metric.key for metric in METRICS}
    assert (summary.previous, summary.period) == (None, None)


def test_the_previous_period_has_as_many_days_just_before(small: Questions) -> None:
    filters = Filters(start_date=dt.date(2026, 3, 6), end_date=dt.date(2026, 3, 7))
    summary = small.summaries.summary(filters)
    assert summary.period == (dt.date(2026, 3, 6), dt.date(2026, 3, 8))
    assert summary.values["faxes"] == 1
    assert summary.previous is not None
    assert summary.previous["faxes"] == 4
    assert summary.previous["compliance_rate"] == 0.75


def test_no_rows_are_no_compliance_and_every_other_metric_is_what_it_promises(tmp_path: Path) -> None:
    asked = ask(tmp_path / "none")
    values = asked.summaries.summary(Filters()).values
    assert values == {metric.key: metric.no_data for metric in METRICS}
    dashboard = asked.summaries.dashboard(WEEK, "day")
    assert [row["faxes"] for row in dashboard.timeline] == [0] * 6
    assert (dashboard.rules, dashboard.heatmap, dashboard.users) == ([], [], [])
    assert asked.summaries.timeline(Filters(), "day") == []
    assert asked.summaries.version() == -1
    asked.engine.close()


def test_days_without_faxes_are_zero_and_have_no_compliance(small: Questions) -> None:
    days = small.summaries.timeline(WEEK, "day")
    assert [(row["start"].day, row["faxes"], row["compliance_rate"]) for row in days] == [
        (4, 3, pytest.approx(2 / 3)), (5, 1, 1.0), (6, 1, 0.0), (7, 0, None), (8, 0, None), (9, 2, 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("grain", "starts"),
    [
        ("month", [at(1, 0)]),
        ("week", [at(2, 0), at(9, 0)]),
        ("day", [at(day, 0) for day in range(4, 10)]),
        ("hour", [at(4, 0) + dt.timedelta(hours=hour) for hour in range(6 * 24)]),
    ],
)
def test_a_timeline_covers_the_period_without_gaps(
    small: Questions, grain: str, starts: list[dt.datetime]
) -> None:
    rows = small.summaries.timeline(WEEK, grain)  # type: ignore[arg-type]
    assert [row["start"] for row in rows] == starts
    assert sum(row["faxes"] for row in rows) == 7


def test_one_mistyped_year_does_not_make_a_million_bars(tmp_path: Path) -> None:
    rows = [fax(1, sent_at=at(4)), fax(2, sent_at=at(4).replace(year=1026))]
    asked = small_lake(tmp_path / "lake", rows)
    assert [row["faxes"] for row in asked.summaries.timeline(Filters(), "hour")] == [1, 1]
    asked.engine.close()


@pytest.mark.parametrize("by", ["user", "mode", "number_type", "country", "hour", "weekday", "report"])
@pytest.mark.parametrize("filters", [Filters(), WEEK, Filters(q="90"), Filters(status="invalid")])
def test_every_breakdown_adds_up_to_the_summary(small: Questions, by: str, filters: Filters) -> None:
    summary = small.summaries.summary(filters).values
    rows = small.summaries.breakdown(filters, by)  # type: ignore[arg-type]
    for key in ("faxes", "valid", "invalid", "violations", "sent", "received", "pages"):
        assert sum(row[key] for row in rows) == summary[key]


def test_rules_are_ranked_and_add_up_to_the_violations(small: Questions) -> None:
    rows = small.summaries.breakdown(Filters(), "rule")
    assert {row["key"]: row["violations"] for row in rows} == {
        "mode.unknown": 1, "number.length": 1, "number.mobile": 1, "pages.zero": 1,
    }  # fmt: skip
    assert sum(row["violations"] for row in rows) == small.summaries.summary(Filters()).values["violations"]
    assert small.summaries.breakdown(Filters(), "warning") == [{"key": "date.unreadable", "violations": 1}]


def test_rows_without_a_date_have_a_place_of_their_own(small: Questions) -> None:
    hours = small.summaries.breakdown(Filters(), "hour")
    assert [(row["key"], row["faxes"]) for row in hours] == [(0, 1), (9, 4), (12, 1), (23, 1), (None, 1)]
    assert sum(row["faxes"] for row in small.summaries.heatmap(Filters())) == 7
    assert small.summaries.heatmap(MARCH_9)[0]["weekday"] == 1  # a Monday


def test_users_are_ranked_by_invalid_faxes_and_limited(small: Questions) -> None:
    users = small.summaries.breakdown(Filters(), "user", limit=2)
    assert [(row["key"], row["invalid"], row["faxes"]) for row in users] == [("Accueil", 1, 3), ("", 1, 1)]


def test_top_numbers_say_what_is_wrong_and_since_when(small: Questions) -> None:
    rows = small.summaries.top_numbers(Filters(report="r1"))
    assert [(row["number"], row["violations"]) for row in rows] == [
        ("33327936943", "mode.unknown"), ("33612345678", "number.mobile|pages.zero"),
    ]  # fmt: skip
    every = small.summaries.top_numbers(Filters(), only_invalid=False)
    called = next(row for row in every if row["number"] == "33145221134")
    assert (called["faxes"], called["users"], called["violations"]) == (2, 1, "")
    assert (called["first_at"], called["last_at"]) == (at(4), at(9))


def test_the_dashboard_shows_what_the_single_questions_answer(small: Questions) -> None:
    dashboard = small.summaries.dashboard(WEEK, "day")
    small.cache.clear()
    assert dashboard.summary == small.summaries.summary(WEEK)
    assert dashboard.timeline == small.summaries.timeline(WEEK, "day")
    assert dashboard.rules == small.summaries.breakdown(WEEK, "rule")
    assert dashboard.heatmap == small.summaries.heatmap(WEEK)
    assert dashboard.users == small.summaries.breakdown(WEEK, "user")
    json.dumps(dashboard.users)


def test_what_a_caller_does_to_an_answer_stays_with_the_caller(small: Questions) -> None:
    small.summaries.breakdown(Filters(), "rule")[0]["violations"] = 99
    small.summaries.summary(Filters()).values["faxes"] = 99
    small.summaries.timeline(Filters(), "day")[0]["faxes"] = 99
    assert small.summaries.breakdown(Filters(), "rule")[0]["violations"] == 1
    assert small.summaries.summary(Filters()).values["faxes"] == 8
    assert small.summaries.timeline(Filters(), "day")[0]["faxes"] == 3


def test_a_question_asked_again_reads_nothing(small: Questions) -> None:
    small.summaries.dashboard(WEEK, "day")
    misses = small.cache.stats().misses
    small.summaries.dashboard(WEEK, "day")
    assert small.cache.stats().misses == misses


def test_every_metric_over_the_cube_equals_its_own_definition_over_the_rows(small: Questions) -> None:
    own = columns_sql({metric.key: metric.sql for metric in METRICS if metric.key not in NOT_ADDITIVE})
    for filters in (Filters(), WEEK, Filters(mode="SF"), Filters(report="none")):
        selection = small.faxes.select(filters)
        over_rows = small.engine.rows(f"SELECT {own} FROM {selection.rows}", selection.values)[0]
        totals = small.faxes.totals(selection)
        assert {key: totals[key] for key in OVER_CUBE} == over_rows


def test_a_metric_that_cannot_be_added_up_is_refused() -> None:
    for sql in (
        "count(DISTINCT user_name)",
        "sum(length(user_name))",
        "avg(pages)",
        "count(*) FILTER (WHERE pages > 3)",
        "sum(pages) FILTER (WHERE mode = 'SF' AND duration_s > 60)",
        "sum(CASE WHEN pages > 3 THEN 1 ELSE 0 END)",
        "sum(pages * pages)",
        "sum(DISTINCT pages)",
    ):
        with pytest.raises(ValueError, match=r"cube|additive"):
            metric_over_cube(sql)
