"""Health checks: each one is made to fail by the fault it detects."""

from __future__ import annotations

import datetime as dt
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud import __version__
from faxcloud.services.monitoring import checks
from faxcloud.services.monitoring.health import Health
from faxcloud.store.catalogue import tables
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.databases import CONNECT_TIMEOUT_S, engine_for
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import this_process
from tests.redis_server import running_redis
from tests.watched import Watched, client_of, watched

NAMES = {"catalogue", "lake", "disk", "memory", "clock", "backup", "leases", "deliveries"}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "store") as opened:
        yield opened


def seen(opened: Watched, check: str) -> dict[str, Any]:
    """What a look finds of one check, with `overall`, the status of the whole."""
    report = opened.health.report(detailed=True)
    return {**report["checks"][check], "overall": report["status"]}


def add(opened: Watched, table: Any, **values: Any) -> None:
    with opened.catalogue.write() as conn:
        conn.execute(table.insert().values(**values))


def ago(**time: float) -> dt.datetime:
    return utc_now() - dt.timedelta(**time)


def test_a_fresh_laptop_is_healthy_and_told_that_it_has_no_backup(opened: Watched) -> None:
    report = opened.health.report()
    assert report["status"] == "healthy"
    assert report["database"] == "connected"
    assert report["reports_count"] == 0
    assert report["version"] == __version__
    assert dt.datetime.fromisoformat(report["timestamp"]).tzinfo is not None
    assert report["checks"].keys() == NAMES
    assert report["checks"]["backup"] == "warning"
    assert {status for name, status in report["checks"].items() if name != "backup"} == {"healthy"}


def test_without_detail_nothing_is_said_but_the_state(opened: Watched) -> None:
    assert all(isinstance(state, str) for state in opened.health.report()["checks"].values())
    detailed = opened.health.report(detailed=True)["checks"]
    assert detailed["lake"]["rows"] == 8
    assert detailed["disk"]["free_bytes"] > 0
    assert all(check["detail"].endswith(".") for check in detailed.values())


def test_a_storm_of_probes_costs_one_look(opened: Watched) -> None:
    stamps: list[str] = []

    def probe() -> None:
        stamps.append(opened.health.report()["timestamp"])

    threads = [threading.Thread(target=probe) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stamps) == 16
    assert len(set(stamps)) == 1


def test_a_damaged_catalogue_is_unhealthy(opened: Watched) -> None:
    assert opened.catalogue.file is not None
    opened.catalogue.close()
    for suffix in ("-wal", "-shm"):
        opened.catalogue.file.with_name(opened.catalogue.file.name + suffix).unlink(missing_ok=True)
    opened.catalogue.file.write_bytes(b"no database " * 1_000)
    found = seen(opened, "catalogue")
    assert (found["status"], found["overall"]) == ("unhealthy", "unhealthy")
    assert opened.health.report()["database"] == "unavailable"
    assert opened.health.report()["reports_count"] is None


def test_a_writer_that_holds_the_catalogue_is_degraded_not_unhealthy(opened: Watched) -> None:
    impatient = Health(opened.catalogue, opened.checks, patience_s=0.2)
    with opened.catalogue.write():
        report = impatient.report(detailed=True)
    assert report["status"] == "degraded"
    assert report["checks"]["catalogue"]["detail"] == "It has not answered within 0.2 seconds."
    assert report["checks"]["lake"]["status"] == "healthy"
    impatient.close()


def test_a_database_that_takes_connections_and_says_nothing_is_not_waited_for(opened: Watched) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        catalogue = Catalogue(engine_for(f"postgresql://127.0.0.1:{port}/faxcloud"))
        impatient = Health(catalogue, opened.checks, patience_s=1.0)
        began = time.monotonic()
        report = impatient.report()
        assert time.monotonic() - began < CONNECT_TIMEOUT_S / 2
        assert (report["status"], report["database"]) == ("unhealthy", "unavailable")
        impatient.close()


def test_a_check_that_hangs_does_not_keep_the_process_from_ending(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from threading import Event
from faxcloud.config import Settings
from faxcloud.services.monitoring.checks import Checks
from faxcloud.services.monitoring.health import Health
from faxcloud.wiring import build

class Hanging(Checks):
    def disk(self):
        Event().wait()

services = build(Settings(home=Path({str(tmp_path)!r})))
catalogue = services._catalogue
health = Health(catalogue, Hanging(services.settings, catalogue, services.reports._lake), patience_s=1.0)
print(health.report()["checks"]["disk"])
health.close()
services.close()
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.split() == ["degraded"]


@pytest.mark.parametrize("damage", ["gone", "cut off", "of another table"])
def test_a_damaged_lake_is_unhealthy(opened: Watched, damage: str) -> None:
    files = [opened.lake.folder / file.path for file in opened.lake.snapshot().files]
    if damage == "gone":
        files[-1].unlink()
    elif damage == "cut off":
        files[-1].write_bytes(files[-1].read_bytes()[:-20])
    else:
        files[-1].write_bytes(files[0].read_bytes())
    found = seen(opened, "lake")
    assert (found["status"], found["overall"]) == ("unhealthy", "unhealthy")
    assert files[-1].name in found["detail"]


@pytest.mark.parametrize(
    ("limit", "status"), [("LOW_DISK_BYTES", "degraded"), ("FULL_DISK_BYTES", "unhealthy")]
)
def test_a_disk_without_room_is_noticed(
    opened: Watched, monkeypatch: pytest.MonkeyPatch, limit: str, status: str
) -> None:
    monkeypatch.setattr(checks, limit, 2**62)  # no disk has that much room
    found = seen(opened, "disk")
    assert (found["status"], found["overall"]) == (status, status)
    assert 0 <= found["free_percent"] <= 100


def test_a_machine_without_memory_is_degraded(opened: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LOW_MEMORY_PERCENT", 0.0)
    assert seen(opened, "memory")["status"] == "degraded"


def test_a_clock_behind_what_was_written_is_degraded(opened: Watched) -> None:
    add(
        opened,
        tables.events,
        event_id="e1",
        type="alert",
        created_at=ago(hours=-2),
        report_id=None,
        data={},
    )
    found = seen(opened, "clock")
    assert (found["status"], found["overall"]) == ("degraded", "degraded")
    assert 7_100 < found["wrong_seconds"] <= 7_200


def test_a_clock_behind_that_of_another_server_is_degraded(opened: Watched) -> None:
    add(opened, tables.settings, key="health.heartbeat", value=ago(minutes=-5).isoformat())
    assert seen(opened, "clock")["status"] == "degraded"


@pytest.mark.parametrize(("days", "status"), [(1, "healthy"), (9, "degraded")])
def test_a_backup_grows_old(opened: Watched, days: int, status: str) -> None:
    add(
        opened,
        tables.audit_events,
        sequence=1,
        at=ago(days=days),
        actor="cli:root",
        address="",
        action="backup.create",
        resource="",
        outcome="done",
        details={},
        hash="",
    )
    found = seen(opened, "backup")
    assert (found["status"], found["overall"]) == (status, status)
    assert found["age_seconds"] == pytest.approx(days * 86_400, abs=60)


def run_of(opened: Watched, owner: str) -> None:
    add(
        opened,
        tables.validation_runs,
        run_id="v1",
        state="running",
        ruleset="faxcloud-3",
        dry_run=False,
        owner=owner,
        heartbeat_at=ago(seconds=1),
        started_at=ago(hours=1),
    )


def test_work_whose_process_died_is_degraded(opened: Watched) -> None:
    host, _, _ = this_process().split("|")
    run_of(opened, f"{host}|4194304|1.00")  # no system counts so far
    found = seen(opened, "leases")
    assert (found["status"], found["abandoned"], found["overall"]) == ("degraded", ["v1"], "degraded")


def test_work_that_goes_on_is_healthy(opened: Watched) -> None:
    run_of(opened, this_process())
    assert seen(opened, "leases")["status"] == "healthy"


def test_a_holder_that_lives_but_does_not_renew_its_lease_is_degraded(opened: Watched) -> None:
    times = {"heartbeat_at": ago(minutes=10), "expires_at": ago(minutes=5)}
    add(opened, tables.leases, name="rewrite", owner=this_process(), **times)
    found = seen(opened, "leases")
    assert (found["status"], found["stuck"]) == ("degraded", ["rewrite"])


@pytest.mark.parametrize(("minutes", "status"), [(1, "healthy"), (10, "degraded")])
def test_webhooks_that_nobody_delivers_are_degraded(opened: Watched, minutes: int, status: str) -> None:
    webhook = {"url": "https://example.org", "event": "alert", "secret": "", "created_by": "local"}
    add(opened, tables.webhooks, webhook_id="w1", created_at=ago(hours=1), **webhook)
    times = {"created_at": ago(minutes=minutes), "next_attempt_at": ago(minutes=minutes)}
    waiting = {"event_type": "alert", "body": "{}", "state": "pending", "attempts": 0}
    add(opened, tables.deliveries, delivery_id="d1", webhook_id="w1", **waiting, **times)
    found = seen(opened, "deliveries")
    assert (found["status"], found["pending"]) == (status, 1)


def test_a_redis_that_is_away_is_degraded(tmp_path: Path) -> None:
    with running_redis() as redis, watched(tmp_path / "store", redis_url=redis.url) as opened:
        assert seen(opened, "redis")["status"] == "healthy"
        redis.kill()
        fresh = Health(opened.catalogue, opened.checks)
        report = fresh.report()
        fresh.close()
    assert (report["checks"]["redis"], report["status"]) == ("degraded", "degraded")


def test_over_http_no_key_is_needed_and_an_unhealthy_server_answers_503(opened: Watched) -> None:
    opened.keys.create("boss", "admin")
    with client_of(opened) as client:
        assert client.get("/api/v3/health").status_code == 200
        (opened.lake.folder / opened.lake.snapshot().files[-1].path).unlink()
        opened.health = Health(opened.catalogue, opened.checks)
        answer = client.get("/api/v3/health")
    assert answer.status_code == 503
    assert answer.json()["checks"]["lake"] == "unhealthy"


def test_administrators_see_why_over_http(opened: Watched) -> None:
    with client_of(opened) as client:
        answer = client.get("/api/admin/health/detailed")
    assert answer.status_code == 200
    assert answer.json()["checks"]["lake"]["rows"] == 8
