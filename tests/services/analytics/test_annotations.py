"""Annotation marks on the time axis: imports at their first day of data, rule changes at their time."""

import datetime as dt

import pytest

from faxcloud.services.actors import Actor, acting
from faxcloud.services.analytics.annotations import Annotations
from tests.live_store import opened, write_export

EVER = (dt.datetime.fromisoformat("2000-01-01"), dt.datetime.fromisoformat("2100-01-01"))
BEGINS = dt.datetime.fromisoformat("2026-03-02 08:05")
MOBILE = {"mode": "SF", "called_text": "33612345678", "pages": "1"}


@pytest.fixture
def services(tmp_path):
    with opened(tmp_path / "store") as found:
        yield found


@pytest.fixture
def annotations(services):
    return Annotations(services.reports, services.validation, services.settings.zone)


@pytest.fixture
def put(services, tmp_path):
    def put_rows(name, *days):
        rows = [MOBILE | {"sent_at": day} for day in days]
        return services.imports.import_file(write_export(tmp_path / name, rows)).report_id

    return put_rows


def test_an_import_is_marked_where_its_data_begins(annotations, put):
    put("march.csv", "03/03/2026 18:40", "02/03/2026 08:05")
    (mark,) = annotations.marks(*EVER)
    assert (mark.kind, mark.name, mark.count) == ("import", "march.csv", 2)
    assert mark.at == BEGINS


def test_the_first_instant_is_inside_and_the_end_is_not(annotations, put):
    put("march.csv", "02/03/2026 08:05")
    step = dt.timedelta(minutes=1)
    assert annotations.marks(BEGINS, BEGINS + step)
    assert not annotations.marks(BEGINS - step, BEGINS)
    assert not annotations.marks(BEGINS + step, BEGINS + 2 * step)


def test_an_import_without_a_readable_date_has_no_place(annotations, put):
    put("undated.csv", "hier", "")
    assert annotations.marks(*EVER) == []


def test_a_run_under_other_rules_is_marked_when_it_happened_and_a_trial_or_a_repeat_is_not(
    annotations, put, services
):
    put("march.csv", "02/03/2026 08:05")
    before = dt.datetime.now(services.settings.zone).replace(tzinfo=None)
    services.validation.run("faxcloud-1", dry_run=True)
    services.validation.run("faxcloud-1")
    services.validation.run("faxcloud-1")
    (mark,) = annotations.marks(before, EVER[1])
    assert (mark.kind, mark.name, mark.count) == ("rules", "faxcloud-1", 1)


def test_whoever_sees_one_report_sees_the_marks_of_that_one(annotations, put, services):
    put("march.csv", "02/03/2026 08:05")
    seen = put("april.csv", "02/04/2026 08:05")
    services.validation.run("faxcloud-1")
    with acting(Actor("key:one", "viewer", reports=(seen,))):
        assert [mark.name for mark in annotations.marks(*EVER)] == ["april.csv"]
