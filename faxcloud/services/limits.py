"""How often a client may ask: a moving window for each endpoint and client.

Up to `MOST_COUNTED` requests in a window each one is remembered, and the limit is exact at every moment.
Above, the window before counts by the share of it that still lies in the moving window: not exact when
requests come in bursts, but 1,000,000/minute costs two numbers a client instead of 32 MB, and Redis is spared
lists in which it has to walk.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import Storage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

from faxcloud.config import Settings
from faxcloud.rules.roles import ROLES
from faxcloud.store.request_windows import RequestWindows, shared_windows

log = logging.getLogger(__name__)

MOST_COUNTED = 10_000
PAUSE_S = 15.0
"""How long a Redis that was away is not asked again."""

MOST_CLIENTS = 10_000
"""Clients told apart for `unique_clients`, at each endpoint; from then on it says "at least"."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may go on.

    Attributes:
        remaining: Requests that may follow at once.
        reset_s: Until one more is possible than now.
        window_s: The length of the window.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_s: float
    window_s: int


@dataclass(slots=True)
class _Asked:
    clients: set[int] = field(default_factory=set)
    requests: int = 0
    limited: int = 0


class Limits:
    """Counts and judges. Safe for threads.

    In memory a hit takes microseconds. With Redis it waits for the network, at most half a second, so it must
    not be called on an event loop (`may_wait`); while Redis is away every server counts on its own.
    """

    def __init__(self, settings: Settings) -> None:
        self._rates: dict[str | None, RateLimitItem] = {
            role: parse(settings.rate_limit_by_role.get(role, settings.rate_limit)) for role in ROLES
        }
        self._rates[None] = parse(settings.rate_limit)
        self._memory = _limiters(RequestWindows())
        self.may_wait = settings.redis_url is not None
        self._shared = (
            None
            if settings.redis_url is None
            else _limiters(shared_windows(settings.redis_url.get_secret_value()))
        )
        self._lock = threading.Lock()
        self._asked: dict[str, _Asked] = {}
        self._away_until = 0.0
        self._failures = 0

    def hit(self, endpoint: str, client: str, role: str | None = None) -> Verdict:
        """Count a request and say whether it may go on; a refused one uses nothing up.

        Args:
            endpoint: The template of the route, such as `GET /api/v3/reports/{report_id}`.
            client: What the client is known by; see `client_of`.
            role: For a limit of its own; None for whoever has shown no key.
        """
        rate = self._rates[role]
        # A digest: Redis holds no address, and a long name costs no more than a short one.
        name = hashlib.blake2b(f"{endpoint}\n{client}".encode(), digest_size=12).hexdigest()
        verdict = self._judged(rate, name)
        self._count(endpoint, name, verdict)
        return verdict

    def stats(self) -> dict[str, dict[str, int]]:
        """By endpoint, since the start: `unique_clients` (counted up to `MOST_CLIENTS`), `total_requests`,
        `limited` (of these, how many were refused)."""
        with self._lock:
            return {
                endpoint: {
                    "unique_clients": len(asked.clients),
                    "total_requests": asked.requests,
                    "limited": asked.limited,
                }
                for endpoint, asked in sorted(self._asked.items())
            }

    @property
    def failures(self) -> int:
        """How often Redis did not answer."""
        return self._failures

    def _judged(self, rate: RateLimitItem, name: str) -> Verdict:
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

    def _count(self, endpoint: str, name: str, verdict: Verdict) -> None:
        with self._lock:
            asked = self._asked.setdefault(endpoint, _Asked())
            asked.requests += 1
            asked.limited += not verdict.allowed
            if len(asked.clients) < MOST_CLIENTS:
                asked.clients.add(hash(name))


Limiters = tuple[RateLimiter, RateLimiter]
"""The exact one, and the one for high limits."""


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


def client_of(actor: str | None, address: str) -> str:
    """What a client is counted under: its key or account, else its address.

    Of an IPv6 address the first 64 bits: a home has so many of them that each request could use another.

    >>> client_of("key:k1", "192.0.2.1"), client_of("local", "127.0.0.1"), client_of(None, "2001:db8::5")
    ('key:k1', '127.0.0.1', '2001:db8::/64')
    """
    if actor is not None and actor.startswith(("key:", "user:")):
        return actor
    try:
        literal = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(literal, ipaddress.IPv4Address):
        return str(literal)
    if literal.ipv4_mapped is not None:
        return str(literal.ipv4_mapped)
    return str(ipaddress.ip_network((literal, 64), strict=False))
