"""Restore of a backup while the store is in use: all of it or nothing, and later changes are not undone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.errors import BackupInvalid, NotAllowed, StoreBusy
from faxcloud.services.actors import Actor, acting
from faxcloud.services.backups import restore_switch
from faxcloud.services.backups.backup import restore
from faxcloud.store.catalogue import tables
from faxcloud.store.catalogue.data_versions import data_version
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.lake.table import Lake
from faxcloud.store.records.webhooks import get_webhook
from faxcloud.wiring import Services
from tests.crash.forks import forks
from tests.live_store import opened, some_rows, stored_rows, write_export
from tests.privacy_store import private_store
from tests.waiting import wait_until

forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "store"


def put(services: Services, folder: Path, seed: int, rows: int = 20) -> str:
    path = write_export(folder / f"{seed}.csv", some_rows(rows, seed))
    return services.imports.import_file(path).report_id


def ids(services: Services) -> set[str]:
    return {report["report_id"] for report in services.reports.list()}


def numbers(services: Services) -> dict[str, object]:
    found = services.summaries.summary(Filters())
    return dict(found.values)


def test_services_that_are_open_see_what_was_restored_at_once(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        first = put(services, tmp_path, 1)
        run = services.validation.run(ruleset="faxcloud-1").run_id
        changes = list(services.validation.changes(run))
        assert changes
        before, rows = numbers(services), stored_rows(home)
        services.backups.write(tmp_path / "backup")
        put(services, tmp_path, 2, rows=50)
        services.reports.delete(first)
        services.validation.run(ruleset="faxcloud-3")
        after, version = numbers(services), services.summaries.version()
        restored = services.backups.restore(tmp_path / "backup")
        assert restored.problems == ()
        assert numbers(services) == before != after
        assert stored_rows(home) == rows
        assert ids(services) == {first}
        assert services.rulesets.active().id == "faxcloud-1"
        assert [found["run_id"] for found in services.validation.runs()] == [run]
        assert list(services.validation.changes(run)) == changes
        assert services.summaries.version() > version
        assert not list(home.glob("*restoring*"))


def test_every_change_of_the_faxes_moves_the_time_of_the_data_version(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        moments = [services.summaries.moved_at()]
        first = put(services, tmp_path, 1)
        moments.append(services.summaries.moved_at())
        services.backups.write(tmp_path / "backup")
        assert services.summaries.moved_at() == moments[-1]
        services.validation.run(ruleset="faxcloud-1")
        moments.append(services.summaries.moved_at())
        services.reports.delete(first)
        moments.append(services.summaries.moved_at())
        services.backups.restore(tmp_path / "backup")
        moments.append(services.summaries.moved_at())
    assert moments[0] is None
    assert moments[1:] == sorted(set(moments[1:]))


def test_what_was_there_is_kept_without_taking_room_and_comes_back(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        (home / "rulesets").mkdir()
        (home / "rulesets" / "own.toml").write_text("# mine", "utf-8")
        put(services, tmp_path, 2)
        reports, rows, found = ids(services), stored_rows(home), numbers(services)
        kept = Path(services.backups.restore(tmp_path / "backup").kept)
        assert not list((home / "rulesets").iterdir())
        for file in (kept / "lake").glob("*.parquet"):
            assert file.samefile(home / "lake" / file.name)
        # With nothing but the newest version's files: what was removed and is back must not count as removed.
        services.backups.restore(kept)
        services.maintenance.compact(kept_hours=0)
        assert services.maintenance.check() == []
        assert (ids(services), stored_rows(home), numbers(services)) == (reports, rows, found)
        assert (home / "rulesets" / "own.toml").read_text("utf-8") == "# mine"
    other = tmp_path / "other"
    restore(Settings(home=other), kept)
    with opened(other) as services:
        assert services.maintenance.check() == []
        assert stored_rows(other) == rows


def test_a_file_that_came_back_outlives_every_earlier_version(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        report = put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        services.reports.delete(report)
        services.backups.restore(tmp_path / "backup")
        services.maintenance.compact(kept_hours=0)
        assert services.maintenance.check() == []
        assert len(stored_rows(home)) == 20


def test_a_damaged_file_of_the_store_is_healed(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        put(services, tmp_path, 1)
        rows = stored_rows(home)
        services.backups.write(tmp_path / "backup")
        [file] = (home / "lake").glob("*.parquet")
        file.write_bytes(file.read_bytes()[:-1])
        assert services.maintenance.check() != []
        healed = services.backups.restore(tmp_path / "backup")
        assert healed.problems == ()
        assert services.backups.restore(Path(healed.kept)).problems == ()
    with opened(home) as services:
        assert stored_rows(home) == rows


def test_an_empty_store_takes_a_backup_too(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        put(services, tmp_path, 1)
        found = numbers(services)
        services.backups.write(tmp_path / "backup")
    with opened(tmp_path / "other") as services:
        assert services.backups.restore(tmp_path / "backup").problems == ()
        assert numbers(services) == found
        assert services.audit.verify().ok


def test_a_damaged_backup_is_refused_and_nothing_changes(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        put(services, tmp_path, 2)
        rows, reports = stored_rows(home), ids(services)
        data = next((tmp_path / "backup" / "lake").glob("*.parquet"))
        data.write_bytes(data.read_bytes()[:-1])
        with pytest.raises(BackupInvalid):
            services.backups.restore(tmp_path / "backup")
        assert (stored_rows(home), ids(services)) == (rows, reports)
        assert not list(home.glob("*restor*"))
        assert services.audit.log().results[0]["outcome"] == "failed"


def test_a_revoked_key_stays_revoked_and_a_lost_one_comes_back(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        revoked = services.keys.create("revoked", "admin").key_id
        lost = services.keys.create("lost", "viewer").key_id
        services.backups.write(tmp_path / "backup")
        services.keys.revoke(revoked)
        later = services.keys.create("later", "viewer").key_id
        with services._catalogue.write() as conn:
            conn.execute(tables.api_keys.delete().where(tables.api_keys.c.key_id == lost))
        services.backups.restore(tmp_path / "backup")
        found = {key["key_id"]: key["revoked_at"] for key in services.keys.list()}
        assert set(found) == {revoked, lost, later}
        assert found[revoked] is not None


def test_rejected_records_come_back_with_their_report(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        found = {}
        for seed in (1, 2):
            path = write_export(tmp_path / f"{seed}.csv", some_rows(5, seed))
            path.write_bytes(path.read_bytes() + b"only;two\nand;these\n")
            report_id = services.imports.import_file(path).report_id
            found[report_id] = list(services.reports.rejects(report_id))
        services.backups.write(tmp_path / "backup")
        services.reports.delete(report_id)
        services.backups.restore(tmp_path / "backup")
        assert {name: list(services.reports.rejects(name)) for name in found} == found
        assert len(found[report_id]) == 2


def test_the_audit_log_goes_on_and_counters_only_go_forward(home: Path, tmp_path: Path) -> None:
    names = ("reports", "runs", "keys", "webhooks")
    with opened(home) as services:
        put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        put(services, tmp_path, 2)
        position = services.feed.position()
        with services._catalogue.read() as conn:
            before = {name: data_version(conn, name) for name in names}
        with acting(Actor("cli:somebody")):
            services.backups.restore(tmp_path / "backup")
        with services._catalogue.read() as conn:
            after = {name: data_version(conn, name) for name in names}
        assert all(after[name] > before[name] for name in names if before[name])
        actions = [note["action"] for note in reversed(services.audit.log().results)]
        assert actions == ["report.import", "backup.create", "report.import", "backup.restore"]
        assert services.audit.log().results[0]["actor"] == "cli:somebody"
        assert services.audit.verify().problems == []
        assert services.feed.position().sequence >= position.sequence


def test_what_was_due_when_the_backup_was_made_is_not_sent_again(home: Path, tmp_path: Path) -> None:
    now = utc_now()
    webhook = {"event": "error", "secret": "whsec_x", "created_at": now, "created_by": "local"}
    delivery = {"webhook_id": "a", "event_type": "error", "body": "{}", "attempts": 0, "created_at": now}
    with opened(home) as services:
        with services._catalogue.write() as conn:
            conn.execute(tables.webhooks.insert().values(webhook_id="a", url="https://a.example/", **webhook))
            for name, state in (("old", "pending"), ("done", "delivered")):
                conn.execute(tables.deliveries.insert().values(delivery_id=name, state=state, **delivery))
        services.backups.write(tmp_path / "backup")
        with services._catalogue.write() as conn:
            conn.execute(tables.deliveries.delete())
            conn.execute(tables.deliveries.insert().values(delivery_id="new", state="pending", **delivery))
            conn.execute(tables.webhooks.update().values(url="https://changed.example/"))
        services.backups.restore(tmp_path / "backup")
        with services._catalogue.read() as conn:
            assert set(conn.scalars(sa.select(tables.deliveries.c.delivery_id))) == {"new", "done"}
            assert get_webhook(conn, "a").url == "https://a.example/"


def test_erasures_made_since_stay_certified_and_are_asked_for_again(home: Path, tmp_path: Path) -> None:
    with private_store(home) as store:
        store.put(["1;A;a@example.org;SF;02/01/2026 08:05;33327936943;33145221134;1"])
        store.services.backups.write(tmp_path / "backup")
        erased = store.privacy.erase(number="33145221134")
        assert store.services.backups.restore(tmp_path / "backup").erasures_since == 1
        assert [found["erasure_id"] for found in store.privacy.certificates()] == [erased["erasure_id"]]
        assert store.privacy.find(number="33145221134")["faxes_total"] == 1


def test_whoever_may_not_maintain_the_store_is_refused(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        with acting(Actor("key:a", "analyst")):
            for work in (
                lambda: services.backups.write(tmp_path / "other"),
                lambda: services.backups.restore(tmp_path / "backup"),
                services.maintenance.compact,
                services.maintenance.check,
            ):
                with pytest.raises(NotAllowed):
                    work()


def test_a_restore_does_not_come_between_an_import_and_its_rows(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore_switch, "WAIT_S", 0.1)
    with opened(home) as services:
        first = put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        rows = stored_rows(home)
        mine = {"state": "importing", "owner": this_live_process(), "heartbeat_at": utc_now()}
        with services._catalogue.write() as conn:
            conn.execute(tables.reports.update().values(**mine))
        with pytest.raises(StoreBusy):
            services.backups.restore(tmp_path / "backup")
        assert stored_rows(home) == rows
        assert not list(home.glob("*restor*"))
        with services._catalogue.write() as conn:
            conn.execute(tables.reports.update().values(state="ready"))
        services.backups.restore(tmp_path / "backup")
        assert ids(services) == {first}


def test_a_restore_that_died_between_lake_and_catalogue_takes_in_what_came_after_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with opened(home) as services:
        first = put(services, tmp_path, 1)
        rows = stored_rows(home)
        services.backups.write(tmp_path / "backup")
        put(services, tmp_path, 2)
        with monkeypatch.context() as dying:
            dying.setattr(restore_switch, "replace_rows", die)
            dying.setattr(restore_switch.Switch, "_settle", lambda _self: None)
            with pytest.raises(KeyboardInterrupt):
                services.backups.restore(tmp_path / "backup")
        assert stored_rows(home) == rows
        services.reports.delete(first)
        with pytest.raises(StoreBusy):
            services.backups.write(tmp_path / "other")
    with opened(home) as services:
        assert services.maintenance.check() == []
        assert (ids(services), stored_rows(home)) == ({first}, rows)
        assert services.audit.verify().problems == []
        assert services.audit.log().results[0]["action"] == "backup.restore"
        services.backups.write(tmp_path / "other")
    assert len(list(home.glob("before-restore-*"))) == 2


def this_live_process() -> str:
    from faxcloud.store.catalogue.owners import this_process

    return this_process()


@forking
def test_a_reader_in_another_process_sees_the_store_before_or_after(home: Path, tmp_path: Path) -> None:
    stop, seen = tmp_path / "stop", tmp_path / "seen"
    with opened(home) as services, forks() as parent:
        put(services, tmp_path, 1, rows=30)
        services.backups.write(tmp_path / "backup")
        before = numbers(services)
        put(services, tmp_path, 2, rows=50)
        after = numbers(services)
        reader = parent.start(home, "look", until=str(stop), seen=str(seen))
        wait_until(lambda: seen.exists() and seen.read_text("ascii") == "1")
        kept = Path(services.backups.restore(tmp_path / "backup").kept)
        wait_until(lambda: seen.read_text("ascii") == "2")
        services.backups.restore(kept)
        wait_until(lambda: seen.read_text("ascii") == "3")
        stop.touch()
        told = [{name: str(value) for name, value in found.items()} for found in (after, before, after)]
        assert reader.answer()["seen"] == told


@forking
def test_imports_of_other_processes_go_on_and_none_is_half_there(home: Path, tmp_path: Path) -> None:
    with opened(home) as services, forks() as parent:
        put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        paths = [str(write_export(tmp_path / f"i{n}.csv", some_rows(30, 50 + n))) for n in range(8)]
        importer = parent.start(home, "import_files", paths=paths)
        restores = 0
        while not importer.ends_within(0):
            assert services.backups.restore(tmp_path / "backup").problems == ()
            restores += 1
        assert "error" not in importer.answer()
        assert restores > 0
        assert services.maintenance.check() == []
        ready = [report for report in services.reports.list() if report["state"] == "ready"]
        assert sum(report["imported"] for report in ready) == len(stored_rows(home))
        assert Lake(home / "lake").snapshot().rows == len(stored_rows(home))
        assert services.audit.verify().problems == []
