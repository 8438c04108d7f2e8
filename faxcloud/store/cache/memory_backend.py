"""Bounded in-memory backend for dogpile.cache, whose own memory grows until the process ends."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dogpile.cache import register_backend
from dogpile.cache.api import NO_VALUE, BackendFormatted, BackendSetType, CacheBackend, CachedValue

NAME = "faxcloud.memory"

SMALL = 2_048
"""Bytes counted for an answer besides its rows."""

ROW = 640
"""A row of ten names and numbers, as Python keeps it."""

Key = tuple[float, Hashable]
"""Seconds that the entry is kept, and what it is an answer to."""


@dataclass(slots=True)
class _Entry:
    value: CachedValue | bytes
    weight: int
    until: float


class BoundedMemory(CacheBackend):
    """LRU memory backend bounded by entries, bytes and age. Safe for threads.

    Values are returned as they were stored: all callers share an Arrow table, which is never copied.

    Args:
        arguments: `entries` and `bytes`, the maximum of each. dogpile passes them in this form.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self._most_entries: int = arguments["entries"]
        self._most_bytes: int = arguments["bytes"]
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, _Entry] = OrderedDict()
        self._bytes = self._evictions = 0

    def get(self, key: Any) -> BackendFormatted:
        """Look up an entry and mark it as most recently used; dogpile's `NO_VALUE` where there is none."""
        with self._lock:
            entry = self._kept.get(key)
            if entry is None:
                return NO_VALUE
            if entry.until < time.monotonic():
                self._drop(key)
                return NO_VALUE
            self._kept.move_to_end(key)
            return entry.value

    def get_multi(self, keys: Iterable[Any]) -> Sequence[BackendFormatted]:
        return [self.get(key) for key in keys]

    def set(self, key: Any, value: BackendSetType) -> None:
        payload = value.payload if isinstance(value, CachedValue) else value
        rows = len(payload) if isinstance(payload, list) else 0
        weight = SMALL + ROW * rows + int(getattr(payload, "nbytes", 0))
        with self._lock:
            if key in self._kept:
                self._drop(key, counted=False)
            self._kept[key] = _Entry(value, weight, time.monotonic() + key[0])
            self._bytes += weight
            while len(self._kept) > self._most_entries or (
                self._bytes > self._most_bytes and len(self._kept) > 1
            ):
                self._drop(next(iter(self._kept)))

    def set_multi(self, mapping: Mapping[Any, BackendSetType]) -> None:
        for key, value in mapping.items():
            self.set(key, value)

    def delete(self, key: Any) -> None:
        with self._lock:
            if key in self._kept:
                self._drop(key, counted=False)

    def delete_multi(self, keys: Iterable[Any]) -> None:
        for key in keys:
            self.delete(key)

    def clear(self) -> int:
        """Remove all entries; returns how many."""
        with self._lock:
            count = len(self._kept)
            self._kept.clear()
            self._bytes = 0
            return count

    def depending(self, dependency: tuple[str, Hashable]) -> int:
        """Number of entries that depend on this version of something, without expired ones."""
        now = time.monotonic()
        with self._lock:
            return sum(dependency in key[1][1:] and entry.until >= now for key, entry in self._kept.items())

    def held(self) -> tuple[int, int, int]:
        """Number of entries, bytes, and evictions since the start."""
        with self._lock:
            return len(self._kept), self._bytes, self._evictions

    def _drop(self, key: Any, *, counted: bool = True) -> None:
        self._bytes -= self._kept.pop(key).weight
        self._evictions += counted


register_backend(NAME, __name__, BoundedMemory.__name__)  # type: ignore[no-untyped-call]
