"""Answers kept in memory. A key carries the lake's version, so an old one is unreachable, not wrong."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

MOST_ENTRIES = 512
MOST_BYTES = 192 * 1024 * 1024
SECONDS_KEPT = 3600.0

_SMALL = 2_048
"""What an answer of Python objects is counted as: most are a few dozen rows."""


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Counters since the start; `hit_rate` is None before the first question."""

    hits: int
    misses: int
    evictions: int
    entries: int
    bytes: int

    @property
    def hit_rate(self) -> float | None:
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


@dataclass(slots=True)
class _Entry:
    value: Any
    weight: int
    until: float


class Cache:
    """Bounded by entries, bytes and age; what was used longest ago goes first. Safe for threads.

    Two threads that ask the same question at once ask it once: the second waits for the first.
    """

    def __init__(
        self, entries: int = MOST_ENTRIES, bytes_: int = MOST_BYTES, seconds: float = SECONDS_KEPT
    ) -> None:
        self._limits = (entries, bytes_, seconds)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._bytes = self._hits = self._misses = self._evictions = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The kept answer, or what `make` gives now; an error of `make` is raised and not kept."""
        with self._lock:
            if (entry := self._fresh(key)) is not None:
                self._hits += 1
                return entry.value  # type: ignore[no-any-return]  # what this key's make gave
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if (entry := self._fresh(key)) is not None:
                    self._hits += 1
                    return entry.value  # type: ignore[no-any-return]
                self._misses += 1
            try:
                value = make()
                self._keep(key, value)
                return value
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def clear(self) -> int:
        """Forget everything; how many entries that were. Counters stay."""
        with self._lock:
            count = len(self._kept)
            self._kept.clear()
            self._bytes = 0
            return count

    def stats(self) -> CacheStats:
        with self._lock:
            return CacheStats(self._hits, self._misses, self._evictions, len(self._kept), self._bytes)

    def _fresh(self, key: Hashable) -> _Entry | None:
        entry = self._kept.get(key)
        if entry is None:
            return None
        if entry.until < time.monotonic():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return entry

    def _keep(self, key: Hashable, value: Any) -> None:
        entries, most_bytes, seconds = self._limits
        weight = _SMALL + int(getattr(value, "nbytes", 0))
        with self._lock:
            if key in self._kept:
                self._drop(key, counted=False)
            self._kept[key] = _Entry(value, weight, time.monotonic() + seconds)
            self._bytes += weight
            while len(self._kept) > entries or (self._bytes > most_bytes and len(self._kept) > 1):
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable, *, counted: bool = True) -> None:
        self._bytes -= self._kept.pop(key).weight
        self._evictions += counted
