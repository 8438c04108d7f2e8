"""Shared query cache in Redis (dogpile.cache), which may be unreachable at any time."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import redis
from dogpile.cache import make_region, register_backend
from dogpile.cache.api import NO_VALUE, CantDeserializeException
from dogpile.cache.backends.redis import RedisBackend
from dogpile.cache.region import CacheRegion
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


NAME = "faxcloud.redis"


class ExpiringRedis(RedisBackend):
    """dogpile's Redis backend with the current command: SETEX is deprecated and warns at every answer."""

    def set_serialized(self, key: str, value: bytes) -> None:
        self.writer_client.set(key, value, ex=self.redis_expiration_time)


register_backend(NAME, __name__, ExpiringRedis.__name__)  # type: ignore[no-untyped-call]


class SharedCache:
    """Answers shared between servers. Safe for threads; without Redis every answer is just computed.

    Args:
        url: Address of the Redis.
        namespace: Distinguishes the stores that share one Redis.
    """

    def __init__(self, url: str, namespace: str, seconds: float) -> None:
        self._prefix = f"faxcloud:{hashlib.blake2b(namespace.encode(), digest_size=6).hexdigest()}:"
        self._region = _region(url, seconds)
        self._client: redis.Redis = self._region.backend.writer_client
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._hits = self._failures = 0

    def get(self, key: Hashable, make: Callable[[], T], seconds: float) -> T:
        """Cached answer of any server, else what `make` returns, cached from now on.

        The cached answer is at most so many seconds old.
        """
        name = self._prefix + hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()
        found: Any = self._asked(lambda: self._kept(name, seconds), NO_VALUE)
        if found is not NO_VALUE:
            with self._lock:
                self._hits += 1
            return cast("T", found)  # what this key's `make` gave to another server
        value = make()
        self._asked(lambda: self._store(name, value), None)
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

    def _kept(self, name: str, seconds: float) -> Any:
        try:
            return self._region.get(name, expiration_time=seconds)
        except (ValueError, KeyError, TypeError):
            return NO_VALUE  # not written by dogpile: what stands in front of the value cannot be read

    def _store(self, name: str, value: Any) -> None:
        try:
            self._region.set(name, value)
        except NotShareable as error:
            log.debug("Not shared: %s", error)

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


def _region(url: str, seconds: float) -> CacheRegion:
    return make_region(serializer=_serialized, deserializer=_deserialized).configure(
        NAME,
        expiration_time=seconds,
        arguments={
            "url": url,
            "redis_expiration_time": max(1, int(seconds)),
            "socket_timeout": ANSWER_S,
            "socket_connect_timeout": ANSWER_S,
            # The library's own retries would make a page wait several times over.
            "connection_kwargs": {"retry": Retry(NoBackoff(), 0)},
        },
    )


def _serialized(value: Any) -> bytes:
    data = to_bytes(value)
    if len(data) > MOST_BYTES:
        raise NotShareable(f"{len(data)} bytes")
    return data


def _deserialized(data: bytes) -> Any:
    try:
        return from_bytes(data)
    except NotReadable as error:
        raise CantDeserializeException(str(error)) from error
