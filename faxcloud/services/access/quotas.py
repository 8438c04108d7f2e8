"""Rate limit strategies of the library `limits`: in this process's memory, or in Redis for all servers.

Up to `MOST_COUNTED` requests in a window each one is remembered, and the limit is exact at every moment.
Above, the window before counts by the share of it that still lies in the moving window: not exact when
requests come in bursts, but 1,000,000/minute costs two numbers a client instead of 32 MB, and Redis is spared
lists in which it has to walk.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import Storage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

from faxcloud.config import Settings
from faxcloud.domain.roles import ROLES
from faxcloud.store.cache.request_windows import RequestWindows, shared_windows

log = logging.getLogger(__name__)

MOST_COUNTED = 10_000

PAUSE_S = 15.0
"""Seconds for which an unreachable Redis is not tried again."""

Limiters = tuple[RateLimiter, RateLimiter]
"""Exact strategy, and the strategy for high limits."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a rate limit check.

    Attributes:
        remaining: Requests that may follow at once.
        reset_s: Seconds until one more request is possible.
        window_s: Length of the window.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_s: float
    window_s: int


class Quotas:
    """Rate limiter with the rates of the settings. Safe for threads.

    While Redis is unreachable every server counts on its own.
    """

    def __init__(self, settings: Settings) -> None:
        self._rates: dict[str | None, RateLimitItem] = {
            role: parse(settings.rate_limit_by_role.get(role, settings.rate_limit)) for role in ROLES
        }
        self._rates[None] = parse(settings.rate_limit)
        self._memory = _limiters(RequestWindows())
        url = settings.redis_url
        self._shared = None if url is None else _limiters(shared_windows(url.get_secret_value()))
        self._lock = threading.Lock()
        self._away_until = 0.0
        self._failures = 0

    @property
    def failures(self) -> int:
        """Number of times that Redis did not answer."""
        return self._failures

    def judge(self, role: str | None, name: str) -> Verdict:
        """Count a request of `name` and decide whether it may go on."""
        rate = self._rates[role]
        if self._shared is None or time.monotonic() < self._away_until:
            return _verdict(self._memory, rate, name)
        try:
            return _verdict(self._shared, rate, name)
        except StorageError as error:
            with self._lock:
                self._failures += 1
                first, self._away_until = self._away_until == 0.0, time.monotonic() + PAUSE_S
            if first:  # once: the counter says the rest
                reason = type(error.storage_error).__name__
                log.warning("Redis is away; every server limits on its own. %s", reason)
            return _verdict(self._memory, rate, name)


def _limiters(storage: Storage) -> Limiters:
    windows: Any = storage  # the library names the types that it knows itself
    return MovingWindowRateLimiter(windows), SlidingWindowCounterRateLimiter(windows)


def _verdict(limiters: Limiters, rate: RateLimitItem, name: str) -> Verdict:
    limiter = limiters[rate.amount > MOST_COUNTED]
    allowed = limiter.hit(rate, name)
    window = limiter.get_window_stats(rate, name)
    window_s = rate.get_expiry()
    remaining = int(window.remaining) if allowed else 0
    return Verdict(
        allowed=allowed,
        limit=rate.amount,
        remaining=max(0, min(remaining, rate.amount)),
        reset_s=min(max(0.0, window.reset_time - time.time()), float(window_s)),
        window_s=window_s,
    )
