"""Restore of a backup: alone, all of it or nothing, and later changes are not undone."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.errors import BackupInvalid, NotAllowed, StoreBusy, StoreInUse
from faxcloud.services.actors import Actor, acting
from faxcloud.services.backups.restore import restore
from faxcloud.store import in_use
from faxcloud.store.catalogue import tables
from faxcloud.store.catalogue.data_versions import data_version
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records.webhooks import get_webhook
from faxcloud.wiring import Services
from tests.live_store import opened, restored, some_rows, stored_rows, write_export
from tests.privacy_store import private_store


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


def test_the_store_is_the_backups_afterwards(home: Path, tmp_path: Path) -> None:
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
        after, mark = numbers(services), services.summaries.mark()
    assert restored(home, tmp_path / "backup").problems == ()
    with opened(home) as services:
        assert numbers(services) == before != after
        assert stored_rows(home) == rows
        assert ids(services) == {first}
        assert services.rulesets.active().id == "faxcloud-1"
        assert [found["run_id"] for found in services.validation.runs()] == [run]
        assert list(services.validation.changes(run)) == changes
        assert services.summaries.mark() != mark
    assert not list(home.glob("*restoring*"))


def test_a_restore_refuses_a_store_in_use_and_names_the_user(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        report = put(services, tmp_path, 2)
        with pytest.raises(StoreInUse) as refused:
            restored(home, tmp_path / "backup")
        assert f"({os.getpid()}@" in refused.value.message
        assert report in ids(services)
    assert not list(home.glob("*restor*"))
    assert restored(home, tmp_path / "backup").problems == ()


def test_nothing_opens_the_store_during_a_restore(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_use, "PATIENCE_S", 0.0)
    with opened(home):
        pass
    with closing(in_use.take_store(home)), pytest.raises(StoreBusy, match="restored"), opened(home):
        pass
    with opened(home) as services:
        assert ids(services) == set()


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
    restored(home, tmp_path / "backup")
    with opened(home) as services:
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
    kept = Path(restored(home, tmp_path / "backup").kept)
    assert not list((home / "rulesets").iterdir())
    linked = [file for file in (kept / "lake").glob("*.parquet") if (home / "lake" / file.name).exists()]
    assert linked
    assert all(file.samefile(home / "lake" / file.name) for file in linked)
    restored(home, kept)
    with opened(home) as services:
        # With nothing but the newest version's files: what was removed and is back must not count as removed.
        services.maintenance.compact(kept_hours=0)
        assert services.maintenance.check() == []
        assert (ids(services), stored_rows(home), numbers(services)) == (reports, rows, found)
        assert (home / "rulesets" / "own.toml").read_text("utf-8") == "# mine"
    other = tmp_path / "other"
    assert restored(other, kept).problems == ()
    assert stored_rows(other) == rows


def test_a_file_that_came_back_outlives_every_earlier_version(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        report = put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        services.reports.delete(report)
    restored(home, tmp_path / "backup")
    with opened(home) as services:
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
    assert restored(home, tmp_path / "backup").problems == ()
    assert stored_rows(home) == rows


def test_an_empty_store_takes_a_backup_too(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with opened(home) as services:
        put(services, tmp_path, 1)
        found = numbers(services)
        services.backups.write(tmp_path / "backup")
    with opened(other):
        pass
    assert restored(other, tmp_path / "backup").problems == ()
    with opened(other) as services:
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
        restored(home, tmp_path / "backup")
    with opened(home) as services:
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
    restored(home, tmp_path / "backup")
    with opened(home) as services:
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
    restored(home, tmp_path / "backup")
    with opened(home) as services:
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
        restore(Settings(home=home), tmp_path / "backup")
    with opened(home) as services:
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
    restored(home, tmp_path / "backup")
    with opened(home) as services, services._catalogue.read() as conn:
        assert set(conn.scalars(sa.select(tables.deliveries.c.delivery_id))) == {"new", "done"}
        assert get_webhook(conn, "a").url == "https://a.example/"


def test_erasures_made_since_stay_certified_and_are_asked_for_again(home: Path, tmp_path: Path) -> None:
    with private_store(home) as store:
        store.put(["1;A;a@example.org;SF;02/01/2026 08:05;33327936943;33145221134;1"])
        store.services.backups.write(tmp_path / "backup")
        erased = store.privacy.erase(number="33145221134")
    assert restored(home, tmp_path / "backup").erasures_since == 1
    with private_store(home) as store:
        assert [found["erasure_id"] for found in store.privacy.certificates()] == [erased["erasure_id"]]
        assert store.privacy.find(number="33145221134")["faxes_total"] == 1


def test_whoever_may_not_maintain_the_store_is_refused(home: Path, tmp_path: Path) -> None:
    with opened(home) as services:
        put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        with acting(Actor("key:a", "analyst")):
            for work in (
                lambda: services.backups.write(tmp_path / "other"),
                lambda: restore(services.settings, tmp_path / "backup"),
                services.maintenance.compact,
                services.maintenance.check,
            ):
                with pytest.raises(NotAllowed):
                    work()
