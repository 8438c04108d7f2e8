"""API request statistics: number, status and duration."""

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
    """Statistics of one endpoint since the start.

    Attributes:
        statuses: Answers by HTTP status; 101 is a web socket that was opened.
        buckets: Answers by the first of `BOUNDS_S` that is not below their seconds; the last one is for more.
        seconds: Total duration of all answers. An opened web socket has none, it lasts as long as it is used.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    seconds: float = 0.0

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    @property
    def faults(self) -> int:
        """Number of server errors."""
        return sum(count for status, count in self.statuses.items() if status >= FAULT)

    def within_s(self, share: float) -> float | None:
        """Latency bound for a share of the answers; None without any answer, or beyond the last bound."""
        wanted, passed = share * sum(self.buckets), 0
        for bound, count in zip(BOUNDS_S, self.buckets, strict=False):
            passed += count
            if passed and passed >= wanted:
                return bound
        return None


class Traffic:
    """Request counters. Safe for threads; endpoints are route templates, so their number is limited."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._endpoints: dict[str, EndpointTraffic] = {}
        self._open = 0

    def began(self) -> None:
        """Count the start of a request."""
        with self._lock:
            self._open += 1

    def ended(self, endpoint: str, status: int | None, seconds: float | None) -> None:
        """Count the end of a request; None as status where the client was gone."""
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
        """Number of requests being answered now, and of web sockets."""
        return self._open

    def endpoints(self) -> dict[str, EndpointTraffic]:
        """Copy of the statistics by endpoint."""
        with self._lock:
            return {
                name: EndpointTraffic(Counter(each.statuses), list(each.buckets), each.seconds)
                for name, each in sorted(self._endpoints.items())
            }

    def total(self) -> EndpointTraffic:
        """Sum over all endpoints."""
        whole = EndpointTraffic()
        for each in self.endpoints().values():
            whole.statuses.update(each.statuses)
            whole.buckets = [a + b for a, b in zip(whole.buckets, each.buckets, strict=True)]
            whole.seconds += each.seconds
        return whole
