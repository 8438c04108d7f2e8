"""Import jobs: every import of pages, API, commands, watched folder and sample.

A server imports in worker processes, so that it stays responsive while a large file is read. A job goes to
the worker's stdin as one line of JSON, progress and result come back as lines on its stdout
(`faxcloud.import_job` is the other end). The worker watches its stdin: when that closes, because the parent
cancels or is gone, it stops and leaves nothing behind. A server keeps one worker ready (`warm`), since a new
one needs seconds to load its libraries.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from faxcloud import errors
from faxcloud.config import Settings
from faxcloud.domain.columns import Handling
from faxcloud.domain.sources.format import DateOrder
from faxcloud.errors import FaxCloudError, ImportInterrupted
from faxcloud.services.actors import current_actor
from faxcloud.services.imports.importer import ImportResult, Imports, Progress

MODULE = "faxcloud.import_job"

ENDING_S = 30.0
"""How long a cancelled worker may take to clean up before it is killed."""

REUSED_UP_TO_BYTES = 64 << 20
"""A worker that has read a larger file is ended, so that its memory goes back to the system."""

AT_ONCE = 2
"""Worker processes that import at the same time: each uses every processor; other imports wait."""

POLL_S = 0.2

Worker = subprocess.Popen[str]


class ImportJobs:
    """Runs imports, in worker processes or in this one. Safe for threads.

    Args:
        recover: Repairs what a worker that was killed left half-done.
        imports: Gives the service that imports in this process.
    """

    def __init__(
        self, settings: Settings, recover: Callable[[], object], imports: Callable[[], Imports]
    ) -> None:
        self._settings = settings
        self._recover = recover
        self._imports = imports
        self._places = threading.Semaphore(AT_ONCE)
        self._is_closed = False
        self._lock = threading.Lock()
        self._running: set[Worker] = set()
        self._ready: Worker | None = None
        self._keeps_ready = False

    def warm(self) -> None:
        """Start a worker ahead of time; from now on until `close` an idle one is always ready."""
        with self._lock:
            self._keeps_ready = True
            if self._ready is None:
                self._ready = _start_worker()

    def run(
        self,
        path: Path,
        *,
        name: str | None = None,
        contract: str | None = None,
        start: dt.date | None = None,
        end: dt.date | None = None,
        force: bool = False,
        duplicates: Handling | None = None,
        source: str | None = None,
        dates: DateOrder | None = None,
        is_sample: bool = False,
        imported_by: str | None = None,
        asked_at: float | None = None,
        progress: Callable[[Progress], None] | None = None,
        in_process: bool = False,
    ) -> ImportResult:
        """Import a file in the name of the current actor and wait for the result.

        Other arguments are those of `Imports.import_file`.

        Args:
            imported_by: The current actor's name when not given.
            asked_at: Unix time from which `seconds` counts; now when not given.
            progress: An exception from it cancels the import and is raised again.
            in_process: Without a worker process, for a command, which has nothing else to do.

        Raises:
            ImportRefused, StoreError, RulesError: as `Imports.import_file` does.
            ImportInterrupted: the worker was killed, or `close` was called.
        """
        actor = current_actor()
        options: dict[str, Any] = {
            "name": name,
            "contract": contract,
            "force": force,
            "duplicates": duplicates,
            "source": source,
            "dates": dates,
            "is_sample": is_sample,
            "imported_by": actor.name if imported_by is None else imported_by,
            "asked_at": asked_at or time.time(),
        }
        if in_process:
            return self._imports().import_file(path, start=start, end=end, progress=progress, **options)
        job = options | {
            "settings": settings_to_json(self._settings),
            "actor": actor.to_json(),
            "path": str(path),
            "start": start and start.isoformat(),
            "end": end and end.isoformat(),
        }
        size = path.stat().st_size if path.is_file() else 0
        starting = partial(progress or _unheard, Progress("starting", 0, size, 0))
        outcome = None
        with self._place(starting, name or path.name):
            worker = self._take_worker()
            try:
                starting()
                outcome = _outcome(worker, job, progress)
            finally:
                self._let_go(worker, reusable=outcome is not None and size <= REUSED_UP_TO_BYTES)
        if isinstance(outcome, FaxCloudError):
            raise outcome
        if outcome is None:
            self._recover()
            raise ImportInterrupted(file=name or path.name)
        return outcome

    def close(self) -> None:
        """Cancel running imports; nothing of them is stored."""
        with self._lock:
            self._is_closed = True
            self._keeps_ready = False
            running = list(self._running)
            idle, self._ready = self._ready, None
        if idle is not None:
            idle.kill()  # it has begun nothing that would have to be taken back
            _discard(idle)
        for worker in running:
            _end(worker)

    @contextlib.contextmanager
    def _place(self, waiting: Callable[[], object], file: str) -> Iterator[None]:
        """One of the places of `AT_ONCE`; an exception from `waiting` ends the wait."""
        while not self._places.acquire(timeout=POLL_S):
            waiting()
            if self._is_closed:
                raise ImportInterrupted(file=file)
        try:
            yield
        finally:
            self._places.release()

    def _take_worker(self) -> Worker:
        with self._lock:
            worker, self._ready = self._ready, None
            if worker is not None and worker.poll() is not None:  # something has killed it meanwhile
                _discard(worker)
                worker = None
            worker = worker or _start_worker()
            self._running.add(worker)
        return worker

    def _let_go(self, worker: Worker, *, reusable: bool) -> None:
        """Reuse the worker for the next job, or end it and start another one."""
        with self._lock:
            if reusable and self._keeps_ready and self._ready is None:
                self._running.discard(worker)
                self._ready = worker
                return
        _discard(worker)
        with self._lock:
            self._running.discard(worker)
            if self._keeps_ready and self._ready is None:
                self._ready = _start_worker()


def _unheard(_progress: Progress) -> None:
    """Progress that nobody follows."""


def _start_worker() -> Worker:
    return subprocess.Popen(  # noqa: S603 - this very Python, and a module of ours
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )


def _end(worker: Worker) -> None:
    """Stop a worker by closing its stdin, and kill it if it does not stop."""
    assert worker.stdin is not None
    with contextlib.suppress(OSError):  # what was not written yet has no reader any more
        worker.stdin.close()
    try:
        worker.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _discard(worker: Worker) -> None:
    """End a worker whose stdout nobody reads any more."""
    assert worker.stdout is not None
    _end(worker)
    worker.stdout.close()


def _outcome(
    worker: Worker, job: dict[str, Any], progress: Callable[[Progress], None] | None
) -> ImportResult | FaxCloudError | None:
    """Send a job and wait for its end; None when the worker ended without a message."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    with contextlib.suppress(OSError):  # it has died already: its stdout says so below
        worker.stdin.write(json.dumps(job) + "\n")
        worker.stdin.flush()
    for line in worker.stdout:
        message = json.loads(line)
        if "progress" in message:
            if progress is not None:
                progress(Progress(**message["progress"]))
        elif "result" in message:
            values = message["result"]
            lists = {name: tuple(values[name]) for name in ("unknown_columns", "duplicates_of", "notices")}
            return ImportResult(**values | lists)
        elif "error" in message:
            return error_from_json(message["error"])
    return None


def result_to_json(result: ImportResult) -> dict[str, Any]:
    """JSON data of a result, for the parent process."""
    return asdict(result)


def error_to_json(error: FaxCloudError) -> dict[str, Any]:
    """JSON data of an error: its class and values; the sentences follow from them."""
    values = {
        name: {"instant": value.isoformat()} if isinstance(value, dt.datetime) else value
        for name, value in error.values.items()
    }
    return {"class": type(error).__name__, "values": values}


def error_from_json(document: dict[str, Any]) -> FaxCloudError:
    """Error from its JSON data."""
    values = {
        name: dt.datetime.fromisoformat(value["instant"]) if isinstance(value, dict) else value
        for name, value in document["values"].items()
    }
    kind: type[FaxCloudError] = getattr(errors, document["class"])
    return kind(**values)


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """JSON data of the settings, secrets included: it goes through a pipe that nobody else reads."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in ((name, getattr(settings, name)) for name in Settings.model_fields)
        if value is not None
    } | {name: str(value) for name in ("home", "inbox") if (value := getattr(settings, name)) is not None}
