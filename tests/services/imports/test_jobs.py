"""Import child processes: same results and errors, and they end with their parent."""

from __future__ import annotations

import contextvars
import datetime as dt
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil
import pytest

from faxcloud import errors
from faxcloud.config import Settings
from faxcloud.errors import AlreadyImported, DiskFull, FaxCloudError, ImportInterrupted
from faxcloud.services.actors import Actor, acting
from faxcloud.services.imports.importer import Progress
from faxcloud.services.imports.jobs import AT_ONCE, MODULE, error_from_json, error_to_json, settings_to_json
from faxcloud.services.sample.export import write_sample
from faxcloud.store.records import reports
from faxcloud.wiring import Services, build

WAIT_S = 60


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    built = build(Settings(home=tmp_path / "store", admin_key="a-secret-of-the-tests"))
    yield built
    built.close()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_sample(tmp_path / "export.csv", 500).path


def test_a_child_s_import_is_that_of_the_service(services: Services, export: Path):
    told: list[Progress] = []
    with acting(Actor("key:abc", "analyst", "192.0.2.7")):
        result = services.import_jobs.run(
            export, name="mai.csv", contract="C-1", start=dt.date(2026, 9, 1), progress=told.append
        )
    assert (result.file, result.imported, result.unknown_columns) == ("mai.csv", 500, ())
    report = services.reports.show(result.report_id)
    assert (report["state"], report["contract"], report["imported_by"]) == ("ready", "C-1", "key:abc")
    assert report["start"] == dt.date(2026, 9, 1)
    steps = [progress.step for progress in told]
    assert list(dict.fromkeys(steps)) == ["starting", "opening", "reading", "counting", "committing"]
    assert {progress.report_id for progress in told if progress.step == "reading"} == {result.report_id}


def test_a_warm_worker_takes_one_job_after_the_other(services: Services, export: Path):
    services.import_jobs.warm()
    (worker,) = psutil.Process().children()
    asked_at = time.time() - 100
    first = services.import_jobs.run(export, asked_at=asked_at)
    assert 100 < first.seconds <= time.time() - asked_at  # counted from when the user asked
    with services.imports._catalogue.read() as conn:
        facts = reports.get_report(conn, first.report_id).facts
    assert facts is not None
    assert facts.seconds == first.seconds
    with pytest.raises(AlreadyImported) as refused:
        services.import_jobs.run(export, name="again.csv")
    assert refused.value.values["report_id"] == first.report_id
    assert isinstance(refused.value.values["imported_at"], dt.datetime)
    assert psutil.Process().children() == [worker]
    worker.kill()
    worker.wait()
    assert services.import_jobs.run(export, force=True).report_id != first.report_id
    (another,) = psutil.Process().children()
    services.import_jobs.close()
    assert not another.is_running()


def test_a_cancelled_import_is_followed_by_another_warm_worker(services: Services, export: Path):
    services.import_jobs.warm()
    (worker,) = psutil.Process().children()
    with pytest.raises(InterruptedError):
        services.import_jobs.run(export, progress=cancel_reading)
    (another,) = psutil.Process().children()
    assert another != worker
    assert services.reports.list() == []


def cancel_reading(progress: Progress) -> None:
    if progress.step == "reading":
        raise InterruptedError("changed my mind")


def test_a_child_that_is_done_ends_in_silence(
    services: Services, export: Path, capfd: pytest.CaptureFixture[str]
):
    for _ in range(2):
        services.import_jobs.run(export, force=True)
    assert "Traceback" not in capfd.readouterr().err


def test_an_import_is_cancelled_by_whoever_is_told_of_its_progress(services: Services, tmp_path: Path):
    large = write_sample(tmp_path / "large.csv", 300_000).path
    with pytest.raises(InterruptedError):
        services.import_jobs.run(large, progress=cancel_reading)
    assert services.reports.list() == []
    assert services.summaries.version() <= 0
    assert not psutil.Process().children()


def test_a_child_that_is_killed_leaves_nothing_and_says_so(services: Services, tmp_path: Path):
    large = write_sample(tmp_path / "large.csv", 300_000).path

    def kill(_progress: Progress) -> None:
        for child in psutil.Process().children():
            child.kill()

    with pytest.raises(ImportInterrupted):
        services.import_jobs.run(large, progress=kill)
    assert all(report["state"] == "failed" for report in services.reports.list())
    assert services.import_jobs.run(large).imported == 300_000


def test_a_child_ends_when_its_parent_does(services: Services, tmp_path: Path):
    large = write_sample(tmp_path / "large.csv", 300_000).path
    job = {
        "settings": settings_to_json(services.settings), "actor": Actor("local").to_json(),
        "path": str(large),
        "name": None, "contract": None, "start": None, "end": None, "force": False, "is_sample": False,
        "asked_at": None, "imported_by": "",
    }  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(job) + "\n")
    child.stdin.flush()
    assert "progress" in json.loads(child.stdout.readline())
    child.stdin.close()  # as the system does when the parent is killed
    rest = child.stdout.read()
    child.stdout.close()
    assert child.wait(WAIT_S) == 1
    assert "result" not in rest
    assert services.reports.list() == []


def all_errors() -> list[type[FaxCloudError]]:
    found = vars(errors).values()
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, FaxCloudError)]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_says_the_same_after_the_journey(kind: type[FaxCloudError]):
    error = kind(**dict.fromkeys((*kind.fields(), "more"), 7))
    arrived = error_from_json(json.loads(json.dumps(error_to_json(error))))
    assert (type(arrived), arrived.message, arrived.values) == (kind, error.message, error.values)


def test_instants_and_sizes_survive_the_journey():
    at = dt.datetime(2026, 5, 4, 3, 2, tzinfo=dt.UTC)
    error = AlreadyImported(file="a", imported_at=at, report_id="b")
    assert error_from_json(json.loads(json.dumps(error_to_json(error)))).message == error.message
    full = DiskFull(needed=1 << 40, free=1)
    assert error_from_json(json.loads(json.dumps(error_to_json(full)))).message == full.message


def test_settings_arrive_as_they_were(services: Services):
    document = json.loads(json.dumps(settings_to_json(services.settings)))
    assert Settings.model_validate(document) == services.settings


def test_a_command_imports_in_its_own_process(services: Services, export: Path):
    told: list[Progress] = []
    with acting(Actor("cli:ann")):
        result = services.import_jobs.run(export, imported_by="ann", progress=told.append, in_process=True)
    assert services.reports.show(result.report_id)["imported_by"] == "ann"
    assert "starting" not in {progress.step for progress in told}
    assert psutil.Process().children() == []


def test_more_imports_than_places_wait_and_can_be_cancelled_meanwhile(services: Services, export: Path):
    go, begun = threading.Event(), threading.Semaphore(0)

    class Cancelled(Exception):
        pass

    def hold(_progress: Progress) -> None:
        begun.release()
        go.wait(WAIT_S)
        raise Cancelled

    def cancel(_progress: Progress) -> None:
        raise Cancelled

    with ThreadPoolExecutor(AT_ONCE) as pool:
        run = partial(services.import_jobs.run, export, progress=hold)
        held = [pool.submit(contextvars.copy_context().run, run) for _ in range(AT_ONCE)]
        for _ in held:
            assert begun.acquire(timeout=WAIT_S)
        with pytest.raises(Cancelled):
            services.import_jobs.run(export, progress=cancel)
        assert len(psutil.Process().children()) == AT_ONCE
        go.set()
        assert [type(each.exception()) for each in held] == [Cancelled] * AT_ONCE
