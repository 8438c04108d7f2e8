"""Rate limits: a moving window for each endpoint and client."""

from __future__ import annotations

import hashlib
import ipaddress
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from faxcloud.config import Settings

if TYPE_CHECKING:
    from faxcloud.services.access.quotas import Quotas, Verdict

MOST_CLIENTS = 10_000
"""Clients told apart for `unique_clients`, at each endpoint; from then on it says "at least"."""


@dataclass(slots=True)
class _Asked:
    clients: set[int] = field(default_factory=set)
    requests: int = 0
    limited: int = 0


class Limits:
    """Rate limiter with statistics. Safe for threads.

    In memory a hit takes microseconds. With Redis it waits for the network, at most half a second, so it must
    not be called on an event loop (`may_wait`).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.may_wait = settings.redis_url is not None
        self._lock = threading.Lock()
        self._asked: dict[str, _Asked] = {}
        self._quotas: Quotas | None = None

    def hit(self, endpoint: str, client: str, role: str | None = None) -> Verdict:
        """Count a request and decide whether it may go on; a refused request uses up nothing.

        Args:
            endpoint: The template of the route, such as `GET /api/v3/reports/{report_id}`.
            client: Identifier of the client; see `client_of`.
            role: Role with a limit of its own; None without a key.
        """
        # A digest: Redis holds no address, and a long name costs no more than a short one.
        name = hashlib.blake2b(f"{endpoint}\n{client}".encode(), digest_size=12).hexdigest()
        verdict = (self._quotas or self._opened()).judge(role, name)
        self._count(endpoint, name, verdict)
        return verdict

    def stats(self) -> dict[str, dict[str, int]]:
        """Statistics by endpoint, since the start.

        `unique_clients` (counted up to `MOST_CLIENTS`), `total_requests` and `limited` (of these, how many
        were refused).
        """
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
        """Number of times that Redis did not answer."""
        return 0 if self._quotas is None else self._quotas.failures

    def _opened(self) -> Quotas:
        # Late: the library takes as long to load as a short command takes to run, and only servers limit.
        from faxcloud.services.access.quotas import Quotas

        with self._lock:
            if self._quotas is None:
                self._quotas = Quotas(self._settings)
            return self._quotas

    def _count(self, endpoint: str, name: str, verdict: Verdict) -> None:
        with self._lock:
            asked = self._asked.setdefault(endpoint, _Asked())
            asked.requests += 1
            asked.limited += not verdict.allowed
            if len(asked.clients) < MOST_CLIENTS:
                asked.clients.add(hash(name))


def client_of(actor: str | None, address: str) -> str:
    """Client identifier for rate limits: its key or account, else its address.

    Of an IPv6 address the first 64 bits count: a home has so many addresses that each request could use
    another.

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
