"""Requests to the API, counted: how many, how they ended, how long they took."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram: Prometheus' own, for what ranges from a cached answer to a large export."""

FAULT = 500


@dataclass(slots=True)
class EndpointTraffic:
    """One endpoint since the start.

    Attributes:
        statuses: Answers by HTTP status; 101 is a web socket that was opened.
        buckets: Answers by the first of `BOUNDS_S` that is not below their seconds; the last one is for more.
        seconds: Of all answers together. An opened web socket has none, it lasts as long as it is wanted.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    @property
    def faults(self) -> int:
        """Answers that were the server's fault."""
        return sum(count for status, count in self.statuses.items() if status >= FAULT)

    def within_s(self, share: float) -> float | None:
        """The bound within which that share of the answers came; None without any, or beyond the last."""
        wanted, passed = share * sum(self.buckets), 0
        for bound, count in zip(BOUNDS_S, self.buckets, strict=False):
            passed += count
            if passed and passed >= wanted:
                return bound
        return None


class Traffic:
    """Counts. Safe for threads; endpoints are templates of routes, so there are only so many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._endpoints: dict[str, EndpointTraffic] = {}
        self._open = 0

    def began(self) -> None:
        """A request came in."""
        with self._lock:
            self._open += 1

    def ended(self, endpoint: str, status: int | None, seconds: float | None) -> None:
        """It was answered; None as status where nobody was there any more to answer to."""
        with self._lock:
            self._open -= 1
            if status is None:
                return
            counted = self._endpoints.setdefault(endpoint, EndpointTraffic())
            counted.statuses[status] += 1
            if seconds is not None:
                counted.buckets[bisect_left(BOUNDS_S, seconds)] += 1
                counted.seconds += seconds

    @property
    def open(self) -> int:
        """Requests being answered now, and web sockets."""
        return self._open

    def endpoints(self) -> dict[str, EndpointTraffic]:
        """A copy, by endpoint."""
        with self._lock:
            return {
                name: EndpointTraffic(Counter(each.statuses), list(each.buckets), each.seconds)
                for name, each in sorted(self._endpoints.items())
            }

    def total(self) -> EndpointTraffic:
        """All endpoints together."""
        whole = EndpointTraffic()
        for each in self.endpoints().values():
            whole.statuses.update(each.statuses)
            whole.buckets = [a + b for a, b in zip(whole.buckets, each.buckets, strict=True)]
            whole.seconds += each.seconds
        return whole
