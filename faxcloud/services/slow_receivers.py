"""Circuit breaker and worker limit for receivers that are slow, so that they delay nobody else."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass

SLOW_S = 1.0
"""A receiver whose last answer took longer is slow until one is quick."""

FAILURES_TO_BREAK = 3
BREAK = dt.timedelta(minutes=1)
"""After three slow failures in a row a receiver gets one message a minute, until it takes one."""


@dataclass(slots=True)
class _Slow:
    failures: int = 0
    until: dt.datetime | None = None


class SlowReceivers:
    """Slow receivers, by the last attempt of this process. Safe for threads."""

    def __init__(self, workers: int) -> None:
        """`workers` is how many may send to slow receivers at the same time."""
        self._workers = workers
        self._lock = threading.Lock()
        self._slow: dict[str, _Slow] = {}
        self._at_work: set[str] = set()

    def to_skip(self, now: dt.datetime) -> frozenset[str]:
        """Receivers to skip now: broken ones, and all slow ones while these use all workers that they may."""
        with self._lock:
            if len(self._at_work & self._slow.keys()) >= self._workers:
                return frozenset(self._slow)
            return frozenset(
                receiver for receiver, slow in self._slow.items() if slow.until and now < slow.until
            )

    def begin(self, receiver: str) -> None:
        """Count the start of an attempt."""
        with self._lock:
            self._at_work.add(receiver)

    def end(self, receiver: str) -> None:
        """Count the end of an attempt."""
        with self._lock:
            self._at_work.discard(receiver)

    def record(self, receiver: str, seconds: float, now: dt.datetime, *, is_failed: bool) -> None:
        """Store the result of the last attempt."""
        with self._lock:
            if seconds <= SLOW_S:
                self._slow.pop(receiver, None)
                return
            slow = self._slow.setdefault(receiver, _Slow())
            slow.failures = slow.failures + 1 if is_failed else 0
            slow.until = now + BREAK if slow.failures >= FAILURES_TO_BREAK else None
