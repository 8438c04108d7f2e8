"""Import worker process: `python -m faxcloud.import_job`, started by `services.imports.jobs`.

Reads jobs from stdin, each one line of JSON; writes progress and the result, or the error, of each as lines
to stdout. Ends when stdin closes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import json
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from faxcloud.config import Settings
from faxcloud.errors import FaxCloudError
from faxcloud.services.priority import work_in_the_background

if TYPE_CHECKING:
    from faxcloud.services.imports.importer import Progress

HEAVY = (
    "faxcloud.wiring",
    "faxcloud.services.imports.importer",
    "faxcloud.services.maintenance.store_maintenance",
)
"""Modules that an import needs."""

CLEANING_S = 20.0
PROGRESS_EVERY_S = 0.1


def main() -> None:
    """Run the import jobs from stdin, one after the other."""
    answers = _own_stdout()
    work_in_the_background()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s import %(levelname)s %(name)s %(message)s")
    jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    is_busy = threading.Event()
    threading.Thread(target=_receive, args=(jobs, is_busy), daemon=True).start()
    try:
        for module in HEAVY:  # takes a second: here, before there is a job
            importlib.import_module(module)
        while (job := jobs.get()) is not None:
            document = _imported(job, answers)
            is_busy.clear()
            _say(answers, document)
    except KeyboardInterrupt:
        sys.exit(1)  # cancelled: whatever was begun has been taken back by now


def _imported(job: dict[str, Any], answers: TextIO) -> dict[str, Any]:
    # Late: stdin is watched by then, and these libraries take seconds.
    from faxcloud.services.actors import Actor, acting
    from faxcloud.services.imports.jobs import error_to_json, result_to_json
    from faxcloud.wiring import build

    actor = Actor.from_json(job["actor"])
    try:
        with contextlib.closing(build(Settings.model_validate(job["settings"]))) as services, acting(actor):
            result = services.imports.import_file(
                Path(job["path"]),
                name=job["name"],
                contract=job["contract"],
                start=_day(job["start"]),
                end=_day(job["end"]),
                force=job["force"],
                duplicates=job.get("duplicates"),
                source=job.get("source"),
                dates=job.get("dates"),
                is_sample=job["is_sample"],
                asked_at=job["asked_at"],
                imported_by=job.get("imported_by") or actor.name,
                progress=_progress_sender(answers),
            )
    except FaxCloudError as error:
        return {"error": error_to_json(error)}
    return {"result": result_to_json(result)}


def _progress_sender(answers: TextIO) -> Callable[[Progress], None]:
    """Progress callback that sends the first progress of each step at once, and others at intervals."""
    sent_at, sent = 0.0, ("", "")

    def send(progress: Progress) -> None:
        nonlocal sent_at, sent
        now, what = time.monotonic(), (progress.step, progress.report_id)
        if now - sent_at >= PROGRESS_EVERY_S or what != sent:
            sent_at, sent = now, what
            _say(answers, {"progress": asdict(progress)})

    return send


def _own_stdout() -> TextIO:
    """Reserve stdout as the pipe to the parent; whatever a library prints goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _say(answers: TextIO, document: dict[str, Any]) -> None:
    try:
        answers.write(json.dumps(document, default=str) + "\n")
        answers.flush()
    except OSError:
        # The parent is gone; `_receive` sees it too, and stops the import if it is not over.
        logging.getLogger(__name__).warning("nobody hears how the import went")


def _receive(jobs: queue.SimpleQueue[dict[str, Any] | None], is_busy: threading.Event) -> None:
    """Receive jobs from stdin. When it closes, stop: first like Ctrl-C, which undoes what was begun."""
    for line in sys.stdin:
        is_busy.set()
        jobs.put(json.loads(line))
    jobs.put(None)
    if is_busy.is_set():
        _interrupt()
        time.sleep(CLEANING_S)
        os._exit(1)


def _interrupt() -> None:
    if hasattr(signal, "pthread_kill"):  # only a real signal wakes a main thread that waits for its workers
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


if __name__ == "__main__":
    main()
