"""Daily retention by a server, only where it is configured."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.errors import StoreBusy
from faxcloud.services.maintenance.housekeeping import Housekeeping
from faxcloud.services.sample.export import sample_path
from faxcloud.services.validation.revalidation import REWRITE_LEASE
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.records import reports
from faxcloud.wiring import Services, build
from tests.waiting import wait_until


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    built = build(Settings(home=tmp_path))
    built.imports.import_file(sample_path())
    yield built
    built.close()


def housekeeping(services: Services, now: list[dt.datetime]) -> Housekeeping:
    return Housekeeping(
        services._catalogue,
        services.retention,
        services.uploads,
        services.maintenance.recover,
        now=lambda: now[0],
    )


def faxes(services: Services) -> int:
    return int(services.summaries.summary(Filters()).values["faxes"] or 0)


def test_nothing_goes_where_nobody_asked_for_it(services: Services):
    before = faxes(services)
    assert not housekeeping(services, [dt.datetime.now(dt.UTC)]).run_due()
    assert faxes(services) == before > 0


def test_old_faxes_go_once_a_day_on_one_server(services: Services):
    services.retention.change(faxes_days=30)
    now = [dt.datetime.now(dt.UTC)]
    assert housekeeping(services, now).run_due()
    assert not housekeeping(services, now).run_due()
    now[0] += dt.timedelta(days=1, seconds=1)
    assert housekeeping(services, now).run_due()


def test_a_clock_that_was_years_ahead_does_not_stop_retention_for_years(services: Services):
    services.retention.change(faxes_days=30)
    now = [dt.datetime.now(dt.UTC)]
    ahead = [now[0] + dt.timedelta(days=1_000)]
    assert housekeeping(services, ahead).run_due()
    assert housekeeping(services, now).run_due()
    assert not housekeeping(services, now).run_due()


def test_what_could_not_be_done_is_tried_again(services: Services):
    services.retention.change(faxes_days=30)
    keeper = housekeeping(services, [dt.datetime.now(dt.UTC)])
    with (
        HeldLease(services._catalogue, REWRITE_LEASE, 60, lambda _: AssertionError("free")),
        pytest.raises(StoreBusy),
    ):
        keeper.run_due()
    assert keeper.run_due()


def test_a_round_that_fails_in_a_way_nobody_foresaw_is_not_the_last(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "uploads" / "20260101-000000-abcdef" / "owner").mkdir(parents=True)  # no file to be read
    with housekeeping(services, [dt.datetime.now(dt.UTC)]).worker:
        wait_until(lambda: "worker housekeeping failed" in caplog.text)


def test_an_upload_of_a_server_that_died_is_removed(services: Services, tmp_path: Path):
    left = tmp_path / "uploads" / "20260101-000000-abcdef"
    left.mkdir(parents=True)
    host = this_process().partition("|")[0]
    (left / "owner").write_text(f"{host}|4194304|1.00")  # beyond the largest pid of Linux
    (left / "upload.csv").write_text("half a file")
    housekeeping(services, [dt.datetime.now(dt.UTC)]).run_due()
    assert not left.exists()


def test_an_upload_that_is_just_being_made_is_left_alone(services: Services, tmp_path: Path):
    made = tmp_path / "uploads" / "20260101-000000-abcdef"
    made.mkdir(parents=True)  # the name of its owner comes a moment later
    keeper = housekeeping(services, [dt.datetime.now(dt.UTC)])
    keeper.run_due()
    assert made.exists()
    an_hour_ago = made.stat().st_mtime - 3600
    os.utime(made, (an_hour_ago, an_hour_ago))
    keeper.run_due()
    assert not made.exists()


def test_what_a_process_that_died_left_half_done_is_completed_without_a_start(services: Services):
    host = this_process().partition("|")[0]
    with services._catalogue.write() as conn:
        left = reports.begin_report(
            conn, reports.NewReport(file_name="x.csv", bytes=3, owner=f"{host}|4194304|1.00")
        )
    housekeeping(services, [dt.datetime.now(dt.UTC)]).run_due()
    with services._catalogue.read() as conn:
        assert reports.get_report(conn, left).state == "failed"
