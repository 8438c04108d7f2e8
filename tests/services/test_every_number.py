"""Counting services over an odd store, against plain Python counts.

Faxes without date, pages, user or amounts, of unknown mode, each fax id twice; around 29 February, New Year
and the nights in which the clock of Paris is changed.
"""

import datetime as dt
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.domain.hours import OpeningHours
from faxcloud.i18n import translator
from faxcloud.services.analytics.comparisons import Comparisons
from faxcloud.services.analytics.corrections import Corrections
from faxcloud.services.analytics.hours import Hours
from faxcloud.services.analytics.summaries import last_of
from faxcloud.services.analytics.usage import Usage
from faxcloud.services.analytics.users import People
from faxcloud.services.imports.reports import Reports
from faxcloud.services.journal import Journal
from faxcloud.services.papers.facts import undated_says
from faxcloud.services.scoping import Scope
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.queries.corrections import WrongNumbers
from faxcloud.store.queries.hours import FaxHours
from faxcloud.store.queries.usage import UsageReader
from tests.small_lake import Fax, Questions, fax, small_lake

DAYS = ("2024-02-28", "2024-02-29", "2024-03-01", "2025-12-31", "2026-01-01", "2026-03-29", "2026-10-25")
VIOLATIONS = ("", "", "", "number.mobile", "number.mobile|pages.zero", "mode.unknown", "pages.missing")
TEXTS = ("0612345678", "06 12 34 56 78", "0145221134", "abc", "xyz", "")
GRAINS = ("hour", "day", "week", "month")

SELECTIONS = (
    Filters(),
    Filters(report="r2"),
    Filters(start_date=dt.date(2024, 2, 29), end_date=dt.date(2024, 2, 29)),
    Filters(start_date=dt.date(2025, 12, 31), end_date=dt.date(2026, 1, 1)),
    Filters(start_date=dt.date(2026, 3, 29), end_date=dt.date(2026, 10, 25), status="invalid"),
    Filters(mode="OTHER"),
    Filters(user="=1+1"),
    Filters(rule="number.mobile", start_date=dt.date(2024, 3, 1)),
    Filters(start_date=dt.date(2030, 1, 1), end_date=dt.date(2030, 1, 31)),
)


def odd_faxes(count: int = 2_000) -> list[Fax]:
    chosen = random.Random(29)
    instants = [
        dt.datetime.fromisoformat(day) + dt.timedelta(hours=hour, minutes=minute, seconds=59)
        for day in DAYS
        for hour in (0, 2, 3, 8, 17, 18, 23)
        for minute in (0, 30, 59)
    ]
    return [
        fax(
            line,
            chosen.choice(("r1", "r2")),
            fax_id=f"{line // 2}",
            mode=chosen.choice(("SF", "RF", "RF", "XX", "")),
            sent_at=chosen.choice((None, *instants)),
            user_name=chosen.choice(("=1+1", "@SUM(A1)", "Dr. Hélène", "Accueil", "")),
            reseller=chosen.choice(("Nord", "Sud", "")),
            called_text=(text := chosen.choice(TEXTS)),
            number={"0": "33" + text.replace(" ", "")[1:]}.get(text[:1], ""),
            violations=chosen.choice(VIOLATIONS),
            warnings=chosen.choice(("", "date.missing")),
            is_internal=chosen.choice((True, False, None)),
            is_international=chosen.choice((True, False, None)),
            billed_pages=chosen.choice((None, Decimal("0.50"), Decimal("2.25"), Decimal("10.00"))),
            duration_s=chosen.choice((None, 0, 59, 3_601)),
            pages=chosen.choice((None, 0, 1, 7)),
        )
        for line in range(1, count + 1)
    ]  # fmt: skip


def is_in(row: Fax, filters: Filters) -> bool:
    """By hand, what a selection means."""
    day = row["sent_at"] and row["sent_at"].date()
    return all(
        (
            filters.report in (None, row["report_id"]),
            filters.user in (None, row["user_name"]),
            filters.mode is None or row["mode"] not in ("SF", "RF"),
            filters.status is None or not row["is_valid"],
            filters.rule is None or filters.rule in row["violations"].split("|"),
            filters.start_date is None or (day is not None and day >= filters.start_date),
            filters.end_date is None or (day is not None and day <= filters.end_date),
        )
    )


def counted(rows: Sequence[Fax], filters: Filters | None = None) -> dict[str, Any]:
    """By hand, every published number: of faxes selected by verdict, without a compliance."""
    with_pages = sum((row["pages"] or 0) > 0 for row in rows)
    has_rate = rows and not (filters and (filters.status or filters.rule))
    return {
        "faxes": len(rows),
        "valid": sum(row["is_valid"] for row in rows),
        "invalid": sum(not row["is_valid"] for row in rows),
        "compliance_rate": sum(row["is_valid"] for row in rows) / len(rows) if has_rate else None,
        "violations": sum(len(row["violations"].split("|")) for row in rows if row["violations"]),
        "sent": sum(row["mode"] == "SF" for row in rows),
        "received": sum(row["mode"] == "RF" for row in rows),
        "unknown_mode": sum(row["mode"] not in ("SF", "RF") for row in rows),
        "pages": sum(row["pages"] or 0 for row in rows),
        "pages_sent": sum(row["pages"] or 0 for row in rows if row["mode"] == "SF"),
        "pages_received": sum(row["pages"] or 0 for row in rows if row["mode"] == "RF"),
        "average_pages": sum(row["pages"] or 0 for row in rows) / with_pages if with_pages else None,
        "billed_pages": float(sum(row["billed_pages"] or 0 for row in rows)),
        "duration_s": sum(row["duration_s"] or 0 for row in rows),
        "users": len({row["user_name"] for row in rows} - {""}),
        "internal": sum(row["is_internal"] is True for row in rows),
        "international": sum(row["is_international"] is True for row in rows),
    }


def grouped(rows: Sequence[Fax], key: Callable[[Fax], Any], filters: Filters) -> dict[Any, dict[str, Any]]:
    groups: dict[Any, list[Fax]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {value: counted(members, filters) for value, members in groups.items()}


def agrees(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Whatever both of them tell is the same."""
    shared = found.keys() & expected.keys()
    assert len(shared) >= 6
    assert {key: found[key] for key in shared} == {key: expected[key] for key in shared}


def start_of(instant: dt.datetime, grain: str) -> dt.datetime:
    if grain == "hour":
        return instant.replace(minute=0, second=0)
    day = instant.replace(hour=0, minute=0, second=0)
    return {"day": day, "week": day - dt.timedelta(days=day.weekday()), "month": day.replace(day=1)}[grain]


@dataclass(frozen=True)
class Store:
    """The faxes, and whoever counts them."""

    rows: list[Fax]
    asked: Questions
    people: People
    usage: Usage
    hours: Hours
    corrections: Corrections
    comparisons: Comparisons

    def chosen(self, filters: Filters) -> list[Fax]:
        return [row for row in self.rows if is_in(row, filters)]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("odd")
    rows = odd_faxes()
    asked = small_lake(folder / "lake", rows)
    journal = Journal(asked.catalogue, AuditTrail(folder / "keys", folder / "logs"))
    rulesets = Rulesets(folder / "rulesets", asked.catalogue, journal)
    reader, scope = UsageReader(asked.engine, asked.cache), Scope(asked.catalogue)
    reports = Reports(asked.catalogue, asked.lake, journal)
    wrong = WrongNumbers(asked.engine, asked.cache)
    yield Store(
        rows,
        asked,
        People(asked.summaries, asked.faxes, reader, scope, rulesets, journal),
        Usage(asked.faxes, reader, scope, asked.catalogue, journal, reports),
        Hours(asked.catalogue, asked.faxes, FaxHours(asked.engine, asked.cache), journal, scope),
        Corrections(asked.faxes, wrong, asked.engine, rulesets, journal, scope),
        Comparisons(asked.summaries, asked.faxes, scope),
    )
    asked.engine.close()


@pytest.mark.parametrize("filters", SELECTIONS)
def test_the_figures_are_those_of_plain_python_now_and_of_the_period_before(odd: Store, filters: Filters):
    summary = odd.asked.summaries.summary(filters)
    assert summary.values == counted(odd.chosen(filters), filters)
    before = filters.previous_period()
    assert summary.previous == (None if before is None else counted(odd.chosen(before), before))
    assert odd.asked.summaries.dashboard(filters, "day").summary == summary
    every = len(odd.chosen(filters.of_any_verdict()))
    assert summary.of_faxes == (every if filters.status or filters.rule else None)


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("filters", SELECTIONS)
def test_each_period_holds_its_faxes_in_the_order_of_time(odd: Store, filters: Filters, grain: Any):
    dated = [row for row in odd.chosen(filters) if row["sent_at"]]
    expected = grouped(dated, lambda row: start_of(row["sent_at"], grain), filters)
    rows = odd.asked.summaries.timeline(filters, grain)
    starts = [row["start"] for row in rows]
    assert starts == sorted(set(starts))
    assert {row["start"] for row in rows if row["faxes"]} == expected.keys()
    for row in rows:
        agrees(row, expected.get(row["start"], counted([])))


@pytest.mark.parametrize("filters", SELECTIONS)
def test_parts_are_right_and_add_up_to_the_whole(odd: Store, filters: Filters):
    rows, summaries = odd.chosen(filters), odd.asked.summaries
    parts = {
        "user": (summaries.breakdown(filters, "user"), lambda row: row["user_name"]),
        "mode": (summaries.breakdown(filters, "mode"), lambda row: row["mode"]),
        "report": (summaries.breakdown(filters, "report"), lambda row: row["report_id"]),
        "hour": (summaries.breakdown(filters, "hour"), lambda row: row["sent_at"] and row["sent_at"].hour),
        "reseller": (odd.people.ranking(filters, by="reseller").results, lambda row: row["reseller"]),
        "people": (odd.people.ranking(filters).results, lambda row: row["user_name"]),
        "usage": (odd.usage.usage(filters, "user").rows, lambda row: row["user_name"]),
        "month": (
            odd.usage.usage(filters, "month").rows,
            lambda row: row["sent_at"] and start_of(row["sent_at"], "month").date(),
        ),
    }
    for name, (found, key) in parts.items():
        expected = grouped(rows, key, filters)
        assert {row["key"] for row in found} == expected.keys(), name
        assert sum(row["faxes"] for row in found) == len(rows), name
        for row in found:
            agrees(row, expected[row["key"]])
    rules = Counter(rule for row in rows for rule in row["violations"].split("|") if rule)
    assert {row["key"]: row["violations"] for row in summaries.breakdown(filters, "rule")} == rules
    assert sum(rules.values()) == summaries.summary(filters).values["violations"]


@pytest.mark.parametrize("filters", SELECTIONS)
def test_hours_corrections_and_totals_count_each_fax_once(odd: Store, filters: Filters):
    rows = odd.chosen(filters)
    expected = grouped(rows, lambda row: OpeningHours().part_of(row["sent_at"]), filters)
    found = odd.hours.summary(filters)
    for row in found:
        agrees(row, expected.get(row["part"], counted([])))
        assert row["share"] == (row["faxes"] / len(rows) if rows else None)
    assert sum(row["faxes"] for row in found) == len(rows)
    agrees(odd.usage.usage(filters).total, counted(rows))
    wrong = [row for row in rows if "number.mobile" in row["violations"]]
    mending = odd.corrections.overview(filters)
    assert mending.faxes == sum(row["faxes"] for row in mending.causes) == len(wrong)
    assert mending.users == len({row["user_name"] for row in wrong} - {""})
    listed = odd.corrections.page(filters, per_page=500).results
    assert sum(row["faxes"] for row in listed) == len(wrong)
    assert [row["mended"] for row in listed[-1:]] == [1.0] * bool(wrong)


@pytest.mark.parametrize("filters", SELECTIONS)
def test_called_numbers_are_counted_apart_where_they_are_written_without_digits(odd: Store, filters: Filters):
    rows = [row for row in odd.chosen(filters) if not row["is_valid"]]
    expected = Counter(row["number"] or row["called_text"] for row in rows)
    found = odd.asked.summaries.top_numbers(filters, 100)
    assert {row["number"] or row["called_text"]: row["invalid"] for row in found} == expected
    assert len(found) == len(expected)
    calls = Counter(row["number"] or row["called_text"] for row in odd.chosen(filters.of_any_verdict()))
    assert {row["number"] or row["called_text"]: row["faxes"] for row in found} == {
        number: calls[number] for number in expected
    }
    assert all(row["invalid_rate"] == row["invalid"] / row["faxes"] for row in found)


@pytest.mark.parametrize("filters", SELECTIONS)
def test_what_a_chart_over_time_lacks_of_the_figures_is_said(odd: Store, filters: Filters):
    rows = odd.chosen(filters)
    undated = sum(row["sent_at"] is None for row in rows)
    said = undated_says(translator("en"), len(rows), odd.asked.summaries.timeline(filters, "week"))
    assert said.partition(" ")[0] == (f"{undated:,}" if undated else "")


def test_the_months_of_a_leap_year_are_drawn_over_the_same_ones_of_the_year_before(odd: Store):
    year = Filters(start_date=dt.date(2024, 1, 1), end_date=dt.date(2024, 12, 31))
    before = year.previous_period()
    assert before is not None
    rows, olds = (odd.asked.summaries.timeline(each, "month") for each in (year, before))
    assert olds[0]["start"].month == 12
    months = [row["start"].month for row in rows]
    assert [row["start"].month for row in last_of(olds, len(rows))] == months == list(range(1, 13))
    assert last_of(olds, 20) == olds


def test_a_comparison_has_both_columns_and_their_difference(odd: Store):
    second = SELECTIONS[3]
    first = replace(second, start_date=dt.date(2024, 2, 29), end_date=dt.date(2024, 3, 1))
    compared = odd.comparisons.of(first, second)
    old, new = counted(odd.chosen(first)), counted(odd.chosen(second))
    assert {row["key"]: (row["first"], row["second"], row["change"]) for row in compared.metrics} == {
        key: (old[key], new[key], new[key] - old[key]) for key in old
    }
