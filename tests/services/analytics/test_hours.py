"""Business hours summary: hours, nights and weekends add up to the total; the setting is shared by all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.domain.hours import OpeningHours
from faxcloud.domain.metrics import METRICS
from faxcloud.errors import NotAllowed, SettingInvalid
from faxcloud.services.actors import Actor, acting
from faxcloud.services.analytics.hours import Hours
from faxcloud.services.journal import Journal
from faxcloud.services.scoping import Scope
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.queries.hours import FaxHours
from tests.small_lake import SMALL, Questions, at, fax, small_lake

EVERY_DAY = OpeningHours(days=tuple((day, (0, 24)) for day in range(1, 8)))
FIRST_OF_MAY = dt.datetime(2026, 5, 1, 10)  # noqa: DTZ001 - local time, as stored; a Friday
ROWS = (
    *SMALL,
    fax(10, sent_at=at(7, 10), violations="number.length"),
    fax(11, sent_at=at(6, 22)),
    fax(12, sent_at=FIRST_OF_MAY),
)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Questions]:
    asked = small_lake(tmp_path / "lake", ROWS)
    yield asked
    asked.engine.close()


@pytest.fixture
def hours(lake: Questions, tmp_path: Path) -> Hours:
    journal = Journal(lake.catalogue, AuditTrail(tmp_path / "keys", tmp_path / "logs"))
    return Hours(
        lake.catalogue, lake.faxes, FaxHours(lake.engine, lake.cache), journal, Scope(lake.catalogue)
    )


@pytest.mark.parametrize(
    "opening",
    [OpeningHours(), OpeningHours(holidays=True), EVERY_DAY, OpeningHours(days=())],
    ids=["usual", "holidays", "always", "never"],
)
def test_each_fax_is_in_the_part_that_plain_python_says(hours: Hours, opening: OpeningHours):
    hours.change(opening)
    counted = {row["part"]: row["faxes"] for row in hours.summary(Filters()) if row["faxes"]}
    assert counted == Counter(opening.part_of(row["sent_at"]) for row in ROWS)


def test_the_parts_add_up_to_the_summary_in_every_metric(hours: Hours, lake: Questions):
    for filters in (Filters(), Filters(mode="SF"), Filters(report="r1")):
        whole = lake.summaries.summary(filters).values
        parts = hours.summary(filters)
        added = [metric.key for metric in METRICS if metric.is_additive]
        assert {key: sum(row[key] for row in parts) for key in added} == {key: whole[key] for key in added}
        assert sum(row["share"] for row in parts) == pytest.approx(1)


def test_a_part_without_faxes_is_said_and_has_no_compliance(hours: Hours):
    rows = {row["part"]: row for row in hours.summary(Filters(report="r2"))}
    assert list(rows) == ["business", "night", "weekend", "undated"]
    assert (rows["weekend"]["faxes"], rows["weekend"]["share"]) == (0, 0.0)
    assert rows["weekend"]["compliance_rate"] is None
    nothing = hours.summary(Filters(report="none"))
    assert [(row["part"], row["faxes"], row["share"], row["compliance_rate"]) for row in nothing] == [
        ("business", 0, None, None), ("night", 0, None, None), ("weekend", 0, None, None),
    ]  # fmt: skip


def test_holidays_are_a_part_of_their_own_where_they_count(hours: Hours):
    assert "holiday" not in {row["part"] for row in hours.summary(Filters())}
    hours.change(OpeningHours(holidays=True))
    assert {row["part"]: row["faxes"] for row in hours.summary(Filters())}["holiday"] == 1


def test_other_hours_are_kept_and_audited_once(hours: Hours, lake: Questions):
    assert hours.opening() == OpeningHours()
    chosen = OpeningHours(days=((1, (7, 20)),))
    assert hours.change(chosen) == chosen == hours.opening()
    hours.change(chosen)
    with lake.catalogue.read() as conn:
        noted = conn.exec_driver_sql("SELECT action, resource FROM audit_events").all()
    assert [tuple(row) for row in noted] == [("setting.change", "setting:hours.opening")]


def test_hours_that_are_none_and_whoever_may_not_are_refused(hours: Hours):
    with pytest.raises(SettingInvalid):
        hours.change(OpeningHours(days=((1, (20, 7)),)))
    with acting(Actor("key:a", "analyst")), pytest.raises(NotAllowed):
        hours.change(EVERY_DAY)
    assert hours.opening() == OpeningHours()


def test_a_limited_key_counts_its_own_faxes_alone(hours: Hours):
    with acting(Actor("key:r", "viewer", reports=("r2",))):
        assert sum(row["faxes"] for row in hours.summary(Filters())) == 3
