"""Answers kept in memory, and in a Redis that several servers share.

Nothing is ever invalidated. An answer is kept under what was asked *and* the versions of what it depends on,
as the asker saw them: `depends={"lake": 41}`. After a change the asker sees version 42 and asks under another
key; the entry of 41 is not stale but unreachable, from every thread, process and server at once, whoever made
the change and whether or not anybody told this process. It goes when its room is needed or its time is up.

What may be depended on: `lake` (the rows; an import, a deletion and a re-validation each commit a version),
`report:<id>`, `ruleset` and `catalogue` (counters of store/catalogue/data_versions.py, bumped in the
transaction of the change). An answer with no dependency must be true for ever, or carry a short `ttl_s`.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast

from dogpile.cache import make_region

from faxcloud.store.cache.memory_backend import NAME, BoundedMemory

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


@dataclass(frozen=True, slots=True)
class Dependency:
    """What results depend on: `lake`, `report`, `ruleset` or `catalogue`.

    Attributes:
        entries: Results held that depend on its newest version.
        changes: How often its version moved.
        invalidated: Results that became unreachable by that.
    """

    entries: int
    changes: int
    invalidated: int


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Counters since the start; `hit_rate` is None before the first question.

    Attributes:
        shared: Whether there is a Redis, be it away or not.
        shared_hits: Of the misses, how many another server had the answer to.
        shared_failures: How often Redis did not answer.
        dependencies: By name.
        ttl_seconds: How long results are kept, by kind; `default` for every other kind.
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
    """Bounded by entries, bytes and age; what was used longest ago goes first. Safe for threads.

    Threads that ask the same question at once ask it once: the others wait for the first (dogpile's lock).

    Args:
        seconds: How long an answer is kept, by its kind, the first word of its key; `""` for other kinds.
        shared: Asked before an answer is made. What it gives is kept in memory too, so that a hit costs no
            network and large tables are shared.
    """

    def __init__(
        self,
        entries: int = MOST_ENTRIES,
        bytes_: int = MOST_BYTES,
        seconds: Mapping[str, float] = SECONDS_KEPT,
        shared: SharedCache | None = None,
    ) -> None:
        self._seconds = seconds
        self._shared = shared
        # dogpile expires nothing itself: the backend does, by the time that the key carries.
        self._region = make_region().configure(
            NAME, expiration_time=None, arguments={"entries": entries, "bytes": bytes_}
        )
        self._memory = cast("BoundedMemory", self._region.backend)
        self._lock = threading.Lock()
        self._hits = self._misses = 0
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
        """The kept answer, or what `make` gives now; an error of `make` is raised and not kept.

        The answer belongs to all who ask: nobody may change it.

        Args:
            depends: The version of each thing that the answer is made of, as the asker saw it; see above.
            ttl_s: How long it is kept at most.
        """
        made = False

        def ask() -> T:
            nonlocal made
            made = True
            return make() if self._shared is None else self._shared.get(asked[1], make, asked[0])

        self._note_versions(depends)
        asked = (self._ttl_of(key) if ttl_s is None else ttl_s, (key, *depends.items()))
        # dogpile's annotations know texts as keys; what a key is, is the backend's affair.
        value: T = self._region.get_or_create(cast("str", asked), ask)
        with self._lock:
            self._misses += made
            self._hits += not made
        return value

    def _ttl_of(self, key: Hashable) -> float:
        name = key[0] if isinstance(key, tuple) and key else key
        return self._seconds.get(str(name).partition("-")[0], self._seconds[""])

    def _note_versions(self, depends: Mapping[str, Hashable]) -> None:
        """Count the results that a new version of a dependency has made unreachable."""
        with self._lock:
            for name, version in depends.items():
                seen = self._seen.setdefault(name, deque([version], VERSIONS_SEEN))
                if version not in seen:
                    kind = name.partition(":")[0]
                    self._changes[kind] += 1
                    self._invalidated[kind] += self._memory.depending((name, seen[-1]))
                    seen.append(version)

    def _dependencies(self) -> dict[str, Dependency]:
        entries: Counter[str] = Counter()
        for name, seen in self._seen.items():
            entries[name.partition(":")[0]] += self._memory.depending((name, seen[-1]))
        return {
            kind: Dependency(held, self._changes[kind], self._invalidated[kind])
            for kind, held in sorted(entries.items())
        }

    def clear(self) -> int:
        """Forget everything, in Redis too; how many entries this process had. Counters stay."""
        if self._shared is not None:
            self._shared.clear()
        return self._memory.clear()

    def stats(self) -> CacheStats:
        entries, bytes_, evictions = self._memory.held()
        shared_hits, shared_failures = (0, 0) if self._shared is None else self._shared.counts()
        with self._lock:
            return CacheStats(
                hits=self._hits,
                misses=self._misses,
                evictions=evictions,
                entries=entries,
                bytes=bytes_,
                shared=self._shared is not None,
                shared_hits=shared_hits,
                shared_failures=shared_failures,
                dependencies=self._dependencies(),
                ttl_seconds={kind or "default": held for kind, held in self._seconds.items()},
            )

    def shared_answers(self) -> bool | None:
        """Whether Redis answers now; None where there is none."""
        return None if self._shared is None else self._shared.answers()

    def close(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            self._shared.close()


def open_cache(redis_url: str | None, namespace: str, seconds: Mapping[str, float] = SECONDS_KEPT) -> Cache:
    """A cache in memory, and in Redis where there is one.

    Args:
        namespace: Tells the stores that share one Redis apart, such as the lake's address.
        seconds: How long results are kept, by kind; `""` for every other kind.
    """
    if redis_url is None:
        return Cache(seconds=seconds)
    from faxcloud.store.cache.shared_cache import SharedCache

    return Cache(seconds=seconds, shared=SharedCache(redis_url, namespace, max(seconds.values())))
