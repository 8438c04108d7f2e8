"""How many questions were asked of DuckDB, and how long they took."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueryStats:
    """Since the start.

    Attributes:
        seconds: All of them together; more than the time that passed where several ran at once.
        failed: Ended by the watchdog or by an error.
        streams: Answers read in pieces, such as exports: without seconds, since the reader sets the pace.
        running: Now, streams included.
    """

    queries: int
    seconds: float
    failed: int
    streams: int
    running: int


class QueryCounts:
    """Counts. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queries = self._failed = self._streams = self._running = 0
        self._seconds = 0.0

    @contextmanager
    def query(self) -> Iterator[None]:
        """Around one question."""
        began, answered = time.perf_counter(), False
        with self._lock:
            self._running += 1
        try:
            yield
            answered = True
        finally:
            with self._lock:
                self._running -= 1
                self._queries += 1
                self._failed += not answered
                self._seconds += time.perf_counter() - began

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Around one answer that is read in pieces."""
        with self._lock:
            self._running += 1
            self._streams += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def stats(self) -> QueryStats:
        with self._lock:
            return QueryStats(self._queries, self._seconds, self._failed, self._streams, self._running)
