"""Query cache in memory, and in a Redis that several servers share.

Entries are never invalidated. The key of an entry holds the question *and* the versions of what the answer
depends on, as the caller saw them: `depends={"lake": 41}`. After a change the caller sees version 42 and uses
another key. The entry of 41 is then unreachable rather than stale, from every thread, process and server at
once, whoever made the change and without a message to this process. It is evicted when its room is needed or
its time is up.

Possible dependencies: `lake` (the rows; an import, a deletion and a re-validation each commit a version),
`report:<id>`, `ruleset` and `catalogue` (counters of store/catalogue/data_versions.py, bumped in the
transaction of the change). An answer without a dependency must be true for ever, or have a short `ttl_s`.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from faxcloud.store.cache.shared_cache import SharedCache

T = TypeVar("T")

MOST_ENTRIES = 512
MOST_BYTES = 192 * 1024 * 1024
SECONDS_KEPT: Mapping[str, float] = MappingProxyType({"": 3600.0})
"""By kind of result; `""` for every other kind."""

VERSIONS_SEEN = 8
"""Of each dependency: a reader that began earlier still asks under the version before."""

NOTHING: Mapping[str, Hashable] = MappingProxyType({})

SMALL = 2_048
"""Bytes counted for an answer besides its rows."""

ROW = 640
"""A row of ten names and numbers, as Python keeps it."""


@dataclass(slots=True)
class _Entry:
    value: Any
    weight: int
    until: float


@dataclass(frozen=True, slots=True)
class Dependency:
    """Statistics of one dependency: `lake`, `report`, `ruleset` or `catalogue`.

    Attributes:
        entries: Cached results that depend on its newest version.
        changes: How often its version moved.
        invalidated: Results that became unreachable because of that.
    """

    entries: int
    changes: int
    invalidated: int


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Cache statistics since the start; `hit_rate` is None before the first query.

    Attributes:
        shared: Whether a Redis is configured, reachable or not.
        shared_hits: Misses that another server's answer resolved.
        shared_failures: How often Redis did not answer.
        dependencies: By name.
        ttl_seconds: Lifetime of results, by kind; `default` for every other kind.
    """

    hits: int
    misses: int
    evictions: int
    entries: int
    bytes: int
    shared: bool = False
    shared_hits: int = 0
    shared_failures: int = 0
    dependencies: Mapping[str, Dependency] = field(default_factory=dict)
    ttl_seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def hit_rate(self) -> float | None:
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


class Cache:
    """LRU cache bounded by entries, bytes and age. Safe for threads.

    Threads that ask the same question at once compute it once: the others wait for the first.

    Args:
        seconds: Lifetime of an answer, by its kind, the first word of its key; `""` for other kinds.
        shared: Asked before an answer is computed. Its answer is cached in memory too, so that a hit costs no
            network and large tables are shared.
    """

    def __init__(
        self,
        entries: int = MOST_ENTRIES,
        bytes_: int = MOST_BYTES,
        seconds: Mapping[str, float] = SECONDS_KEPT,
        shared: SharedCache | None = None,
    ) -> None:
        self._most_entries, self._most_bytes = entries, bytes_
        self._seconds = seconds
        self._shared = shared
        self._lock = threading.Lock()
        # By lifetime, key and dependencies.
        self._entries: OrderedDict[tuple[Hashable, ...], _Entry] = OrderedDict()
        self._computing: dict[tuple[Hashable, ...], threading.Event] = {}
        self._bytes = self._hits = self._misses = self._evictions = 0
        self._seen: dict[str, deque[Hashable]] = {}
        self._changes: Counter[str] = Counter()
        self._invalidated: Counter[str] = Counter()

    def get(
        self,
        key: Hashable,
        make: Callable[[], T],
        *,
        depends: Mapping[str, Hashable] = NOTHING,
        ttl_s: float | None = None,
    ) -> T:
        """Cached answer, or what `make` returns now; an error of `make` is raised and not cached.

        All callers share the answer: nobody may change it.

        Args:
            depends: Version of each dependency of the answer, as the caller saw it; see above.
            ttl_s: Maximum lifetime.
        """
        seconds = self._ttl_of(key) if ttl_s is None else ttl_s
        asked = (seconds, key, *depends.items())
        with self._lock:
            self._note_versions(depends)
        while True:
            with self._lock:
                if (entry := self._fresh(asked)) is not None:
                    self._hits += 1
                    found: T = entry.value
                    return found
                computing = self._computing.get(asked)
                if computing is None:
                    self._computing[asked] = threading.Event()
                    self._misses += 1
                    break
            computing.wait()
        try:
            value = make() if self._shared is None else self._shared.get(asked, make, seconds)
            with self._lock:
                self._put(asked, value, seconds)
            return value
        finally:
            with self._lock:
                self._computing.pop(asked).set()

    def _ttl_of(self, key: Hashable) -> float:
        name = key[0] if isinstance(key, tuple) and key else key
        return self._seconds.get(str(name).partition("-")[0], self._seconds[""])

    def _fresh(self, asked: tuple[Hashable, ...]) -> _Entry | None:
        entry = self._entries.get(asked)
        if entry is None:
            return None
        if entry.until < time.monotonic():
            self._evict(asked)
            return None
        self._entries.move_to_end(asked)
        return entry

    def _put(self, asked: tuple[Hashable, ...], value: object, seconds: float) -> None:
        rows = len(value) if isinstance(value, list) else 0
        weight = SMALL + ROW * rows + int(getattr(value, "nbytes", 0))
        self._entries[asked] = _Entry(value, weight, time.monotonic() + seconds)
        self._bytes += weight
        while len(self._entries) > self._most_entries or (
            self._bytes > self._most_bytes and len(self._entries) > 1
        ):
            self._evict(next(iter(self._entries)))

    def _evict(self, asked: tuple[Hashable, ...]) -> None:
        self._bytes -= self._entries.pop(asked).weight
        self._evictions += 1

    def _note_versions(self, depends: Mapping[str, Hashable]) -> None:
        """Count the results that a new version of a dependency has made unreachable."""
        for name, version in depends.items():
            seen = self._seen.setdefault(name, deque([version], VERSIONS_SEEN))
            if version not in seen:
                kind = name.partition(":")[0]
                self._changes[kind] += 1
                self._invalidated[kind] += self._depending(name, seen[-1])
                seen.append(version)

    def _depending(self, name: str, version: Hashable) -> int:
        now = time.monotonic()
        return sum(
            (name, version) in asked[2:] and entry.until >= now for asked, entry in self._entries.items()
        )

    def _dependencies(self) -> dict[str, Dependency]:
        entries: Counter[str] = Counter()
        for name, seen in self._seen.items():
            entries[name.partition(":")[0]] += self._depending(name, seen[-1])
        return {
            kind: Dependency(held, self._changes[kind], self._invalidated[kind])
            for kind, held in sorted(entries.items())
        }

    def clear(self) -> int:
        """Clear the cache, in Redis too; returns how many entries this process had. Counters stay."""
        if self._shared is not None:
            self._shared.clear()
        with self._lock:
            count = len(self._entries)
            self._entries.clear()
            self._bytes = 0
            return count

    def stats(self) -> CacheStats:
        shared_hits, shared_failures = (0, 0) if self._shared is None else self._shared.counts()
        with self._lock:
            return CacheStats(
                hits=self._hits,
                misses=self._misses,
                evictions=self._evictions,
                entries=len(self._entries),
                bytes=self._bytes,
                shared=self._shared is not None,
                shared_hits=shared_hits,
                shared_failures=shared_failures,
                dependencies=self._dependencies(),
                ttl_seconds={kind or "default": held for kind, held in self._seconds.items()},
            )

    def shared_answers(self) -> bool | None:
        """Whether Redis is reachable now; None where there is none."""
        return None if self._shared is None else self._shared.answers()

    def close(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            self._shared.close()


def open_cache(redis_url: str | None, namespace: str, seconds: Mapping[str, float] = SECONDS_KEPT) -> Cache:
    """Open a cache in memory, and in Redis where one is configured.

    Args:
        namespace: Distinguishes the stores that share one Redis, such as the lake's address.
        seconds: Lifetime of results, by kind; `""` for every other kind.
    """
    if redis_url is None:
        return Cache(seconds=seconds)
    from faxcloud.store.cache.shared_cache import SharedCache

    return Cache(seconds=seconds, shared=SharedCache(redis_url, namespace))
