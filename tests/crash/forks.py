"""Fork server: a parent with all imports done forks one process per job, so that they start together.

Run as `python -m tests.crash.forks`; a line of JSON on stdin is a job. A job's process writes `ready`, then
what came of it, into the FIFO that the job names. The end of that FIFO is the end of the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect"}

NO_THREADS = dict.fromkeys(("JE_ARROW_MALLOC_CONF", "_RJEM_MALLOC_CONF"), "background_thread:false")
"""The allocators of pyarrow and deltalake start threads of their own, which a fork may freeze in mid-lock."""

PATIENCE_S = 300.0


class Job:
    """A process at work, seen from the test."""

    def __init__(self, pid: int, fifo: Path) -> None:
        self.pid = pid
        self.process = psutil.Process(pid)
        # Opened without waiting for the other end, which a process that never gets so far would not open.
        self._lines = os.fdopen(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK), encoding="utf-8")
        assert self._next_line() == "ready\n"

    def kill(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self.process.kill()

    def answer(self) -> dict[str, Any] | None:
        """What it found, once it has ended; None when it was killed before."""
        line = self._next_line()
        self._lines.close()
        with contextlib.suppress(psutil.NoSuchProcess):
            self.process.wait(30)
        return json.loads(line) if line else None

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end, no longer than that."""
        return bool(select.select([self._lines], [], [], seconds)[0])

    def _next_line(self) -> str:
        """Empty once the process has ended."""
        if not self.ends_within(PATIENCE_S):
            self.kill()
            raise AssertionError(f"process {self.pid} has said nothing for {PATIENCE_S:.0f} s")
        os.set_blocking(self._lines.fileno(), True)
        return self._lines.readline()


class Forks:
    """The parent, seen from the test."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.forks"],
            cwd=ROOT,
            env=os.environ | NO_THREADS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._folder = Path(tempfile.mkdtemp(prefix="forks-"))
        self._count = 0

    def start(self, home: Path, action: str, **values: Any) -> Job:
        """Start a job and wait until its store is open."""
        self._count += 1
        fifo = self._folder / str(self._count)
        os.mkfifo(fifo)
        job = {"home": str(home), "action": action, "fifo": str(fifo), **values}
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(json.dumps(job) + "\n")
        self._parent.stdin.flush()
        return Job(int(self._parent.stdout.readline()), fifo)

    def close(self) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(30)
        assert self._parent.stdout is not None
        self._parent.stdout.close()
        shutil.rmtree(self._folder)


@contextlib.contextmanager
def forks() -> Iterator[Forks]:
    parent = Forks()
    try:
        yield parent
    finally:
        parent.close()


def _serve() -> None:
    _warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            _work(json.loads(line))
        print(pid, flush=True)


def _warm_up() -> None:
    """Do once what every job would do again, and nothing that starts a thread: a fork has none of them."""
    import faxcloud.services.backups.restore
    import faxcloud.services.imports.importer
    import faxcloud.services.maintenance.store_maintenance
    import faxcloud.store.reading.workbook
    import faxcloud.wiring  # noqa: F401
    from faxcloud.domain.rulesets.conditions import compile_ruleset
    from faxcloud.domain.rulesets.parser import builtin_rulesets
    from faxcloud.store.catalogue.connection import open_catalogue

    for ruleset in builtin_rulesets().values():
        compile_ruleset(ruleset)
    with tempfile.TemporaryDirectory() as folder:
        open_catalogue(f"sqlite:///{Path(folder, 'warm.sqlite').as_posix()}").close()


def _work(job: dict[str, Any]) -> None:
    fifo = os.open(job["fifo"], os.O_WRONLY)
    try:
        answer = _do(job, fifo)
    except BaseException as error:  # noqa: BLE001 - the test decides what it thinks of it
        answer = {"error": type(error).__name__, "message": str(error)}
    os.write(fifo, (json.dumps(answer, default=str) + "\n").encode())
    os._exit(0)


def _do(job: dict[str, Any], fifo: int) -> dict[str, Any]:
    from faxcloud.config import Settings
    from faxcloud.services.actors import SYSTEM, acting
    from faxcloud.store.changes import rewrite_job
    from faxcloud.wiring import build

    if "group_rows" in job:
        rewrite_job.ROWS_PER_GROUP = job["group_rows"]  # so that a small store is many commits
    services = build(Settings(home=Path(job["home"])))
    events = _die_at(job.get("die_at"))
    os.write(fifo, b"ready\n")
    with acting(SYSTEM):
        answer = getattr(Actions, job["action"])(services, job)
    return dict(answer or {}, events=len(events))


def _die_at(count: int | None) -> list[str]:
    """Kill this process by itself right before its nth touch of the file system from Python."""
    seen: list[str] = []

    def hook(event: str, _arguments: tuple[Any, ...]) -> None:
        if event in EVENTS:
            seen.append(event)
            if len(seen) == count:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return seen


def _until_free(work: Callable[[], object]) -> None:
    """Again and again while somebody else is rewriting."""
    from faxcloud.errors import ValidationRunning

    while True:
        try:
            work()
        except ValidationRunning:
            time.sleep(0.01)
        else:
            return


class Actions:
    """What a job can be; each gets the services and the job."""

    @staticmethod
    def import_file(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        result = services.imports.import_file(Path(job["path"]))
        return {"report_id": result.report_id, "imported": result.imported}

    @staticmethod
    def import_files(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        results = [services.imports.import_file(Path(path)) for path in job["paths"]]
        return {"reports": {result.report_id: result.file for result in results}}

    @staticmethod
    def validate(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        result = services.validation.run(ruleset=job.get("ruleset"))
        return {"run_id": result.run_id, "changed": result.changed, "scanned": result.scanned}

    @staticmethod
    def validate_in_turns(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        for turn in range(job["turns"]):
            _until_free(
                lambda turn=turn: services.validation.run(ruleset=("faxcloud-1", "faxcloud-3")[turn % 2])
            )
        return {}

    @staticmethod
    def delete(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        for report_id in job["reports"]:
            services.reports.delete(report_id)
        return {"deleted": job["reports"]}

    @staticmethod
    def erase(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        from tests.privacy_store import privacy_of

        certificate = privacy_of(services).privacy.erase(number=job["number"])
        return {"faxes": certificate["faxes"]}

    @staticmethod
    def expire(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        from tests.privacy_store import privacy_of

        return {"faxes": privacy_of(services).retention.apply().faxes}

    @staticmethod
    def compact(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        result = services.maintenance.compact()
        return {"files_after": result.files_after}

    @staticmethod
    def compact_in_turns(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        for _ in range(job["turns"]):
            _until_free(services.maintenance.compact)
        return {}

    @staticmethod
    def restore(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        from faxcloud.services.backups.restore import restore

        services.close()  # a restore uses the store alone
        done = restore(services.settings, Path(job["backup"]), set_aside=job["set_aside"])
        return {"faxes": done.faxes}

    @staticmethod
    def note(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        from faxcloud.services.journal import Note

        for number in range(job["count"]):
            services.journal.write(Note("report.import", details={"number": number}))
        return {"noted": job["count"]}

    @staticmethod
    def open_only(services: Any, job: dict[str, Any]) -> dict[str, Any]:
        return {}


if __name__ == "__main__":
    _serve()
