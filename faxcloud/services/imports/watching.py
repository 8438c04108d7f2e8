"""Watched folder: import new files once they are complete.

It polls, since polling works on every platform and on network drives, where notifications do not.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from faxcloud.errors import (
    AlreadyImported,
    DiskFull,
    FolderNotFound,
    SourceChanged,
    SourceVanished,
    StoreError,
    SuffixNotAccepted,
)
from faxcloud.services.actors import Actor
from faxcloud.services.imports.accepted_files import SUFFIXES
from faxcloud.services.imports.archives import Outcome
from faxcloud.services.worker import Worker

log = logging.getLogger(__name__)

STILL_BEING_WRITTEN = (".", "~$", "~")
"""Beginnings of the names that editors and copy programs use meanwhile."""

PARTIAL_SUFFIXES = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download")
"""Of files that browsers and copy programs have not finished."""

OF_THE_SYSTEM = ("desktop.ini", "thumbs.db")

TEMPORARY = (SourceChanged, SourceVanished, DiskFull, StoreError)
"""Refusals that say nothing about the file: tried again."""

INTERVAL_S = 5.0
TRY_AGAIN_AFTER_S = 60.0

FileState = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


class FolderWatch:
    """Watcher of one folder, without sub-folders; files stay where they are."""

    def __init__(
        self,
        folder: Path,
        import_each: Callable[[Path], Iterator[Outcome]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._import_each = import_each
        self._clock = clock
        self._seen: dict[Path, FileState] = {}
        self._settled: dict[Path, FileState] = {}
        self._not_before: dict[Path, float] = {}
        self._reported: dict[Path, set[tuple[str, str]]] = {}

    def outcomes(self, stop: threading.Event, every_s: float, *, once: bool = False) -> Iterator[Outcome]:
        """Poll until `stop` is set, or (`once`) until every file there was checked twice.

        Raises:
            FolderNotFound: the folder is not there, or no longer.
        """
        polls = 0
        while not stop.is_set():
            for outcome in self.poll():
                yield outcome
                if stop.is_set():
                    return
            polls += 1
            if once and polls >= 2:
                return
            stop.wait(every_s)

    def poll(self) -> Iterator[Outcome]:
        """Poll once: import each file that is unchanged since the last poll and not done yet.

        A file that was imported before gives no outcome; a refused one gives its error once.

        Raises:
            FolderNotFound: the folder is not there.
        """
        present = self._scan()
        whole = [file for file, state in present.items() if self._seen.get(file) == state]
        self._seen = present
        for memory in (self._settled, self._not_before, self._reported):
            for gone in memory.keys() - present.keys():
                del memory[gone]
        for file in whole:
            if self._settled.get(file) == present[file] or self._not_before.get(file, 0.0) > self._clock():
                continue
            yield from self._import(file, present[file])

    def _import(self, file: Path, state: FileState) -> Iterator[Outcome]:
        if file.suffix.lower() not in SUFFIXES:
            self._settled[file] = state
            yield Outcome(file.name, error=SuffixNotAccepted(file=file.name, suffixes=" ".join(SUFFIXES)))
            return
        reported = self._reported.setdefault(file, set())
        is_temporary = False
        for outcome in self._import_each(file):
            if isinstance(outcome.error, AlreadyImported):
                continue
            is_temporary = is_temporary or isinstance(outcome.error, TEMPORARY)
            if outcome.error is not None:
                if (outcome.name, outcome.error.code) in reported:
                    continue
                reported.add((outcome.name, outcome.error.code))
            yield outcome
        if is_temporary:
            self._not_before[file] = self._clock() + TRY_AGAIN_AFTER_S
        else:
            self._settled[file] = state
            self._reported.pop(file, None)

    def _scan(self) -> dict[Path, FileState]:
        found: dict[Path, FileState] = {}
        try:
            with os.scandir(self._folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if _is_candidate(entry.name) and (state := _state_of(entry)) is not None:
                        found[Path(entry.path)] = state
        except OSError as error:
            raise FolderNotFound(folder=str(self._folder)) from error
        return found


def inbox_worker(
    folder: Path, import_each: Callable[[Path], Iterator[Outcome]], every_s: float = INTERVAL_S
) -> Worker:
    """Worker that imports what appears in the server's inbox, and logs each outcome."""
    watched = FolderWatch(folder, import_each)

    def poll() -> None:
        for outcome in watched.poll():
            if outcome.error is not None:
                log.warning("%s: %s %s", outcome.name, outcome.error.message, outcome.error.hint)
            elif outcome.result is not None:
                log.info("%s: report %s", outcome.name, outcome.result.report_id)
            if worker.is_stopping:
                return

    worker = Worker("inbox", poll, every_s, actor=Actor("inbox"))
    return worker


def _is_candidate(name: str) -> bool:
    return not (
        name.startswith(STILL_BEING_WRITTEN)
        or name.lower() in OF_THE_SYSTEM
        or Path(name).suffix.lower() in PARTIAL_SUFFIXES
    )


def _state_of(entry: os.DirEntry[str]) -> FileState | None:
    """None for what is no file, or is gone already."""
    try:
        if not entry.is_file():
            return None
        # Not entry.stat(): on Windows that shows a file being written as it was when it was opened.
        facts = Path(entry.path).stat()
    except FileNotFoundError:
        return None
    return facts.st_size, facts.st_mtime_ns
