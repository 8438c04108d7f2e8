"""Shared query cache in Redis, which may be unreachable at any time."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from faxcloud.store.cache.shared_values import NotReadable, NotShareable, from_bytes, to_bytes

log = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_S = 0.5
"""Timeout in seconds: a slower Redis takes longer than most queries."""

PAUSE_S = 15.0
"""Seconds for which an unreachable Redis is not tried again, so that no page waits for it twice."""

MOST_BYTES = 16 * 2**20
"""A larger answer is not sent over the network: computing it again is as quick."""


class SharedCache:
    """Answers shared between servers. Safe for threads; without Redis every answer is just computed.

    Args:
        url: Address of the Redis.
        namespace: Distinguishes the stores that share one Redis.
    """

    def __init__(self, url: str, namespace: str) -> None:
        self._prefix = f"faxcloud:{_digest(namespace, 6)}:"
        # The library's own retries would make a page wait several times over.
        self._client: redis.Redis = redis.Redis.from_url(
            url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S, retry=Retry(NoBackoff(), 0)
        )
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._hits = self._failures = 0

    def get(self, key: Hashable, make: Callable[[], T], seconds: float) -> T:
        """Cached answer of any server, else what `make` returns, cached for so many seconds from now on."""
        name = self._prefix + _digest(repr(key), 16)
        data = self._asked(lambda: cast("bytes | None", self._client.get(name)), None)
        try:
            found = None if data is None else (from_bytes(data),)
        except NotReadable:  # written by another version, or by somebody else
            found = None
        if found is not None:
            with self._lock:
                self._hits += 1
            return cast("T", found[0])  # what this key's `make` gave to another server
        value = make()
        try:
            written = to_bytes(value)
        except NotShareable as error:
            log.debug("Not shared: %s", error)
        else:
            if len(written) <= MOST_BYTES:
                self._asked(lambda: self._client.set(name, written, ex=max(1, int(seconds))), None)
        return value

    def clear(self) -> int:
        """Clear this store's answers for every server; returns how many, 0 where Redis is unreachable."""

        def remove() -> int:
            names = list(self._client.scan_iter(self._prefix + "*", count=1_000))
            return int(self._client.delete(*names)) if names else 0

        return self._asked(remove, 0)

    @property
    def is_away(self) -> bool:
        """Whether Redis was unreachable at the last query."""
        return time.monotonic() < self._away_until

    def answers(self) -> bool:
        """Whether Redis is reachable now."""
        try:
            return bool(self._client.ping())
        except redis.RedisError:
            return False

    def counts(self) -> tuple[int, int]:
        """Number of hits and failures since the start."""
        with self._lock:
            return self._hits, self._failures

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _asked(self, ask: Callable[[], T], otherwise: T) -> T:
        if self.is_away:
            return otherwise
        try:
            return ask()
        except redis.RedisError as error:
            with self._lock:
                self._failures += 1
                first, self._away_until = self._away_until == 0.0, time.monotonic() + PAUSE_S
            if first:  # once: the counters say the rest
                log.warning("Redis is away; every server keeps its own answers. %s", type(error).__name__)
            return otherwise


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()
