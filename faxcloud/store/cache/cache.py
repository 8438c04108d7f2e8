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
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast

from dogpile.cache import make_region

from faxcloud.store.cache.memory_backend import NAME, BoundedMemory

if TYPE_CHECKING:
    from faxcloud.store.cache.shared_cache import SharedCache

T = TypeVar("T")

MOST_ENTRIES = 512
MOST_BYTES = 192 * 1024 * 1024
SECONDS_KEPT = 3600.0

NOTHING: Mapping[str, Hashable] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Counters since the start; `hit_rate` is None before the first question.

    Attributes:
        shared: Whether there is a Redis, be it away or not.
        shared_hits: Of the misses, how many another server had the answer to.
        shared_failures: How often Redis did not answer.
    """

    hits: int
    misses: int
    evictions: int
    entries: int
    bytes: int
    shared: bool = False
    shared_hits: int = 0
    shared_failures: int = 0

    @property
    def hit_rate(self) -> float | None:
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


class Cache:
    """Bounded by entries, bytes and age; what was used longest ago goes first. Safe for threads.

    Threads that ask the same question at once ask it once: the others wait for the first (dogpile's lock).

    Args:
        seconds: How long an answer is kept, unless the question says otherwise.
        shared: Asked before an answer is made. What it gives is kept in memory too, so that a hit costs no
            network and large tables are shared.
    """

    def __init__(
        self,
        entries: int = MOST_ENTRIES,
        bytes_: int = MOST_BYTES,
        seconds: float = SECONDS_KEPT,
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
            return make() if self._shared is None else self._shared.get(asked[1], make)

        asked = (self._seconds if ttl_s is None else ttl_s, (key, *depends.items()))
        # dogpile's annotations know texts as keys; what a key is, is the backend's affair.
        value: T = self._region.get_or_create(cast("str", asked), ask)
        with self._lock:
            self._misses += made
            self._hits += not made
        return value

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
            )

    def shared_answers(self) -> bool | None:
        """Whether Redis answers now; None where there is none."""
        return None if self._shared is None else self._shared.answers()

    def close(self) -> None:
        """Close the connections to Redis."""
        if self._shared is not None:
            self._shared.close()


def open_cache(redis_url: str | None, namespace: str) -> Cache:
    """A cache in memory, and in Redis where there is one.

    Args:
        namespace: Tells the stores that share one Redis apart, such as the lake's address.
    """
    if redis_url is None:
        return Cache()
    from faxcloud.store.cache.shared_cache import SharedCache

    return Cache(shared=SharedCache(redis_url, namespace, SECONDS_KEPT))
