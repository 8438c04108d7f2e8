"""Retention: what is old enough is deleted and counted, and nothing else changes."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from faxcloud.errors import NotAllowed, SettingInvalid, StoreBusy
from faxcloud.services.actors import Actor, acting
from faxcloud.services.validation.revalidation import LEASE_S, REWRITE_LEASE
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.changes import two_phase
from faxcloud.store.changes.expiring import EXPIRY
from faxcloud.store.changes.two_phase import Intention, intend
from tests.live_store import current_files, stored_rows
from tests.privacy_store import PrivateStore, private_store

TODAY = utc_now().astimezone(ZoneInfo("Europe/Paris")).date()


class Clock:
    """Retention's; moved by the test."""

    def __init__(self) -> None:
        self.days = 0

    def __call__(self) -> dt.datetime:
        return utc_now() + dt.timedelta(days=self.days)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with private_store(tmp_path / "store", clock) as opened:
        yield opened


def line(number: int, days_ago: int | None, called: str = "33145221134") -> str:
    sent_at = "" if days_ago is None else f"{TODAY - dt.timedelta(days=days_ago):%d/%m/%Y} 00:00"
    return f"{number};Accueil;;SF;{sent_at};33327936943;{called};1"


def lines_left(store: PrivateStore, report_id: str) -> list[int]:
    return [row["line"] for row in stored_rows(store.home) if row["report_id"] == report_id]


def test_nothing_goes_before_somebody_has_chosen_a_retention(store):
    store.put([line(1, 9_000)])
    assert store.retention.settings() == {"faxes_days": None, "reports_days": None, "audit_days": None}
    result = store.retention.apply()
    assert (result.faxes, result.reports, result.audit_events) == (0, 0, 0)
    assert len(stored_rows(store.home)) == 1


def test_faxes_go_on_the_day_after_their_last_and_stay_counted_as_gone(store):
    report_id = store.put([line(1, 101), line(2, 100), line(3, 5), line(4, None), "5;short"])
    newer = store.put([line(1, 1)], "newer.csv")
    store.retention.change(faxes_days=100)
    preview = store.retention.preview()
    assert (preview.faxes, preview.faxes_by_report, preview.dry_run) == (1, {report_id: 1}, True)
    assert len(stored_rows(store.home)) == 5
    result = store.retention.apply()
    assert (result.faxes, result.faxes_by_report) == (1, {report_id: 1})
    assert lines_left(store, report_id) == [2, 3, 4]
    report = store.services.reports.show(report_id)
    assert (report["imported"], report["expired"]) == (4, 1)
    assert store.services.reports.show(newer)["expired"] == 0
    assert store.services.maintenance.check() == []
    assert store.retention.apply().faxes == 0


def test_undated_faxes_and_rejects_go_by_the_day_of_their_import(store, clock):
    report_id = store.put([line(1, 5), line(2, None), "3;short"])
    store.retention.change(faxes_days=100)
    clock.days = 101
    assert [reject["text"] for reject in store.services.reports.rejects(report_id)] == ["3;short"]
    preview, result = store.retention.preview(), store.retention.apply()
    assert (preview.faxes, preview.rejects) == (result.faxes, result.rejects) == (2, 1)
    assert current_files(store.home) == []
    assert [reject["text"] for reject in store.services.reports.rejects(report_id)] == [""]
    assert store.services.reports.show(report_id)["rejected"] == 1
    assert store.services.maintenance.check() == []


def test_lists_of_changed_rows_lose_the_same_faxes(store):
    store.put([line(1, 101, "33612345678"), line(2, 5, "33612345678")])
    run = store.services.validation.run("faxcloud-1")
    store.retention.change(faxes_days=100)
    assert store.retention.preview().changes == 1
    assert store.retention.apply().changes == 1
    assert [row["line"] for row in store.services.validation.changes(run.run_id)] == [2]


def test_old_reports_go_as_a_whole_and_are_not_counted_as_expired_too(store, clock):
    store.put([line(1, 101), line(2, 1)])
    store.retention.change(faxes_days=100, reports_days=365)
    clock.days = 366
    preview = store.retention.preview()
    assert (preview.reports, preview.faxes) == (1, 0)
    assert store.retention.apply().reports == 1
    assert store.services.reports.list() == []
    assert stored_rows(store.home) == []


def test_old_audit_events_go_and_the_chain_still_holds(store, clock):
    store.put([line(1, 1)])
    store.retention.change(audit_days=365)
    clock.days = 366
    preview = store.retention.preview()
    assert preview.audit_events > 1
    result = store.retention.apply()
    assert result.audit_events == preview.audit_events - 1  # the last event stays
    assert store.services.audit.verify().ok


def test_days_out_of_bounds_and_unknown_names_are_refused(store):
    for wrong in ({"faxes_days": 29}, {"faxes_days": 40_000}, {"rejects_days": 90}):
        with pytest.raises(SettingInvalid):
            store.retention.change(**wrong)
    assert store.retention.change(faxes_days=90)["faxes_days"] == 90
    assert store.retention.change(faxes_days=None)["faxes_days"] is None


def test_only_an_administrator_changes_and_applies_it(store):
    with acting(Actor("key:a", "analyst")):
        for refused in (store.retention.apply, store.retention.preview, store.retention.change):
            with pytest.raises(NotAllowed):
                refused()


def test_it_waits_for_whoever_is_rewriting(store):
    store.retention.change(faxes_days=90)
    with (
        HeldLease(store.catalogue, REWRITE_LEASE, LEASE_S, lambda _: AssertionError("taken")),
        pytest.raises(StoreBusy),
    ):
        store.retention.apply()


def test_a_commit_that_a_crash_left_uncounted_is_counted_at_the_next_start(store, monkeypatch):
    report_id = store.put([line(1, 101), line(2, 1)])
    store.retention.change(faxes_days=100)
    with monkeypatch.context() as patched:
        patched.setattr("faxcloud.services.validation.lake_changes.settle", _stop_after(1))
        with pytest.raises(KeyboardInterrupt):
            store.retention.apply()
    assert lines_left(store, report_id) == [2]
    assert store.services.reports.show(report_id)["expired"] == 0
    assert store.services.maintenance.check() == []
    store.services.maintenance.recover()
    assert store.services.reports.show(report_id)["expired"] == 1
    assert store.services.maintenance.check() == []
    store.services.maintenance.recover()
    assert store.services.reports.show(report_id)["expired"] == 1


def test_a_commit_that_never_came_is_not_counted(store):
    report_id = store.put([line(1, 101)])
    with store.catalogue.write() as conn:
        intend(conn, EXPIRY, Intention("expire-20260101-000000-aaaaaa", {report_id: 1}))
    store.services.maintenance.recover()
    assert store.services.reports.show(report_id)["expired"] == 0
    assert store.services.maintenance.check() == []


def _stop_after(calls: int):
    """The real thing for so many calls; afterwards the process seems to end."""
    left = [calls]

    def settle(*arguments: object) -> None:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        two_phase.settle(*arguments)  # type: ignore[arg-type]

    return settle
