"""Imports in processes of their own: a server answers on while a large file is read.

The job goes to the child's stdin as one line of JSON, progress and result come back as lines on its stdout
(`faxcloud.import_job` is the other end). The child watches its stdin: when that closes, because the parent
cancels or is gone, it stops and leaves nothing behind.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from faxcloud import errors
from faxcloud.config import Settings
from faxcloud.errors import FaxCloudError, ImportInterrupted
from faxcloud.services.actors import Actor, current_actor
from faxcloud.services.imports import ImportResult, Progress

MODULE = "faxcloud.import_job"

ENDING_S = 30.0
"""How long a cancelled child may take to clean up before it is killed."""


class ImportJobs:
    """Runs imports in child processes, as many at once as are asked for. Safe for threads."""

    def __init__(self, settings: Settings, recover: Callable[[], object]) -> None:
        """`recover` repairs what a child that was killed left half-done."""
        self._settings = settings
        self._recover = recover
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()

    def run(
        self,
        path: Path,
        *,
        name: str | None = None,
        contract: str | None = None,
        start: dt.date | None = None,
        end: dt.date | None = None,
        force: bool = False,
        is_sample: bool = False,
        actor: Actor | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> ImportResult:
        """Import a file and wait for the result; arguments are those of `Imports.import_file`.

        Args:
            actor: On whose behalf; the current one when not given.
            progress: An exception from it cancels the import and is raised again.

        Raises:
            ImportRefused, StoreError, RulesError: as `Imports.import_file` does.
            ImportInterrupted: the child was killed, or `close` was called.
        """
        job = {
            "settings": settings_to_json(self._settings),
            "actor": (actor or current_actor()).to_json(),
            "path": str(path),
            "name": name,
            "contract": contract,
            "start": start and start.isoformat(),
            "end": end and end.isoformat(),
            "force": force,
            "is_sample": is_sample,
        }
        with self._child() as child:
            assert child.stdin is not None
            assert child.stdout is not None
            try:
                child.stdin.write(json.dumps(job) + "\n")
                child.stdin.flush()
            except OSError:  # it has died already: what it did not say, its end says below
                pass
            outcome = _outcome(child.stdout, progress)
        if isinstance(outcome, FaxCloudError):
            raise outcome
        if outcome is None:
            self._recover()
            raise ImportInterrupted(file=name or path.name)
        return outcome

    def close(self) -> None:
        """Cancel what is being imported; nothing of it is kept."""
        with self._lock:
            running = list(self._running)
        for child in running:
            _end(child)

    @contextmanager
    def _child(self) -> Iterator[subprocess.Popen[str]]:
        child = subprocess.Popen(  # noqa: S603 - this very Python, and a module of ours
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        with self._lock:
            self._running.add(child)
        try:
            yield child
        finally:
            _end(child)
            with self._lock:
                self._running.discard(child)
            assert child.stdout is not None
            child.stdout.close()


def _end(child: subprocess.Popen[str]) -> None:
    """Ask it to stop by closing its stdin, and see to it that it does."""
    try:
        assert child.stdin is not None
        child.stdin.close()
    except OSError:  # what was not written yet has no reader any more
        pass
    try:
        child.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _outcome(
    lines: Iterator[str] | Any, progress: Callable[[Progress], None] | None
) -> ImportResult | FaxCloudError | None:
    """What the child ended with; None when it ended without a word."""
    for line in lines:
        message = json.loads(line)
        if "progress" in message:
            if progress is not None:
                progress(Progress(**message["progress"]))
        elif "result" in message:
            values = message["result"]
            return ImportResult(**values | {"unknown_columns": tuple(values["unknown_columns"])})
        elif "error" in message:
            return error_from_json(message["error"])
    return None


def result_to_json(result: ImportResult) -> dict[str, Any]:
    """For the parent."""
    return asdict(result)


def error_to_json(error: FaxCloudError) -> dict[str, Any]:
    """The class and the values of an error; the sentences follow from them."""
    values = {
        name: {"instant": value.isoformat()} if isinstance(value, dt.datetime) else value
        for name, value in error.values.items()
    }
    return {"class": type(error).__name__, "values": values}


def error_from_json(document: dict[str, Any]) -> FaxCloudError:
    """The same error again."""
    values = {
        name: dt.datetime.fromisoformat(value["instant"]) if isinstance(value, dict) else value
        for name, value in document["values"].items()
    }
    kind: type[FaxCloudError] = getattr(errors, document["class"])
    return kind(**values)


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Secrets included: it goes through a pipe that nobody else reads."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in ((name, getattr(settings, name)) for name in Settings.model_fields)
        if value is not None
    } | {name: str(value) for name in ("home", "inbox") if (value := getattr(settings, name)) is not None}
