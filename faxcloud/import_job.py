"""`python -m faxcloud.import_job`: one import in a process of its own, started by `services.import_jobs`.

Reads a job as one line of JSON from stdin; writes progress and the result, or the error, as lines to stdout.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
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
    from faxcloud.services.imports import Progress

CLEANING_S = 20.0
PROGRESS_EVERY_S = 0.1


def main() -> None:
    """Import, and say what came of it."""
    answers = _own_stdout()
    job = json.loads(sys.stdin.readline() or "null")
    if job is None:  # the parent is gone already
        return
    is_over = threading.Event()
    threading.Thread(target=_watch_parent, args=(is_over,), daemon=True).start()
    work_in_the_background()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s import %(levelname)s %(name)s %(message)s")
    try:
        document = _imported(job, answers)
        is_over.set()  # the parent closes stdin as soon as it has heard the result
    except KeyboardInterrupt:
        sys.exit(1)  # cancelled: whatever was begun has been taken back by now
    _say(answers, document)


def _imported(job: dict[str, Any], answers: TextIO) -> dict[str, Any]:
    # Late: stdin is watched by then, and these libraries take most of a second.
    from faxcloud.services.actors import Actor, acting
    from faxcloud.services.import_jobs import error_to_json, result_to_json
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
                is_sample=job["is_sample"],
                imported_by=actor.name,
                progress=_teller(answers),
            )
    except FaxCloudError as error:
        return {"error": error_to_json(error)}
    return {"result": result_to_json(result)}


def _teller(answers: TextIO) -> Callable[[Progress], None]:
    """Tells the first progress at once, since it names the report, and others now and then."""
    told = 0.0

    def tell(progress: Progress) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= PROGRESS_EVERY_S or progress.step == "committing":
            told = now
            _say(answers, {"progress": asdict(progress)})

    return tell


def _own_stdout() -> TextIO:
    """The parent's end of the pipe; whatever a library prints goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _say(answers: TextIO, document: dict[str, Any]) -> None:
    try:
        answers.write(json.dumps(document, default=str) + "\n")
        answers.flush()
    except OSError:
        # The parent is gone; `_watch_parent` sees it too, and stops the import if it is not over.
        logging.getLogger(__name__).warning("nobody hears how the import went")


def _watch_parent(is_over: threading.Event) -> None:
    """Stop when stdin closes: first like Ctrl-C, which takes back what was begun, then for good."""
    sys.stdin.read()
    if not is_over.is_set():  # else it ends by itself, with nothing to take back
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
