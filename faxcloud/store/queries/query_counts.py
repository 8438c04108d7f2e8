"""Query statistics: number and duration of DuckDB queries."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueryStats:
    """Query statistics since the start.

    Attributes:
        seconds: Total duration; more than the time that passed where several ran at once.
        failed: Queries ended by the watchdog or by an error.
        streams: Streamed answers, such as exports: without seconds, since the reader sets the pace.
        running: Queries running now, streams included.
    """

    queries: int
    seconds: float
    failed: int
    streams: int
    running: int


class QueryCounts:
    """Query counters. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queries = self._failed = self._streams = self._running = 0
        self._seconds = 0.0

    @contextmanager
    def query(self) -> Iterator[None]:
        """Count and time one query."""
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
        """Count one streamed answer."""
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
