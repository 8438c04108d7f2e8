"""Server metrics, current and past: one set of numbers for administration page, API and Prometheus."""

from __future__ import annotations

import datetime as dt
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from faxcloud import __version__
from faxcloud.errors import FaxCloudError
from faxcloud.services.access.limits import Limits
from faxcloud.services.monitoring.machine import Machine
from faxcloud.services.monitoring.server_readings import LakeFacts, Readings
from faxcloud.services.monitoring.traffic import Traffic
from faxcloud.services.worker import Worker
from faxcloud.store.cache.cache import Cache
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.counts import Levels, levels
from faxcloud.store.lake.table import Lake
from faxcloud.store.queries.engine import Engine
from faxcloud.store.queries.query_counts import QueryStats

log = logging.getLogger(__name__)

SAMPLE_S = 10.0
SAMPLES = 360
"""An hour of them; some hundred bytes each."""

DeliveryCounts = Callable[[], Mapping[str, int]]


class Metrics:
    """Reads counters. Safe for threads; it reads the catalogue, so not for an event loop.

    Args:
        engines: Engines whose queries count.
        deliveries: Counters of the worker that delivers webhooks; None where none runs in this process.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        cache: Cache,
        limits: Limits,
        traffic: Traffic,
        engines: tuple[Engine, ...],
        deliveries: DeliveryCounts | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._cache = cache
        self._engines = engines
        self._machine = Machine()
        self._history: deque[dict[str, Any]] = deque(maxlen=SAMPLES)
        self.limits = limits
        self.traffic = traffic
        self.deliveries = deliveries
        self.worker = Worker("metrics", self.sample, SAMPLE_S)

    def snapshot(self) -> dict[str, Any]:
        """Document of `GET /api/admin/metrics`.

        `history` is oldest first, a sample each ten seconds while `worker` runs.
        """
        now = self.read()
        return {
            "timestamp": dt.datetime.now(dt.UTC).isoformat(),
            "version": __version__,
            "system": asdict(now.system),
            "uptime": {
                "seconds": now.system.uptime_seconds,
                "formatted": uptime_text(now.system.uptime_seconds),
            },
            "metrics_summary": self._summary(now),
            "rate_limiter_stats": self.limits.stats(),
            "cache_stats": {
                "hits": now.cache.hits,
                "misses": now.cache.misses,
                "hit_rate": now.cache.hit_rate,
                "evictions": now.cache.evictions,
                "cache_size": now.cache.entries,
                "bytes": now.cache.bytes,
                "shared": now.cache.shared,
                "shared_hits": now.cache.shared_hits,
                "shared_failures": now.cache.shared_failures,
                "dependencies": {name: asdict(found) for name, found in now.cache.dependencies.items()},
                "ttl_seconds": now.cache.ttl_seconds,
            },
            "endpoints": self._endpoints(),
            "history": list(self._history),
        }

    def prometheus(self) -> tuple[bytes, str]:
        """Text of `GET /api/metrics`, and its content type."""
        # Late: only servers are scraped.
        from faxcloud.services.monitoring.prometheus import exposition

        return exposition(self.read(), self.traffic, self.limits)

    def sample(self) -> None:
        """Add the current values to the history."""
        now, total = self.read(), self.traffic.total()
        self._history.append(
            {
                "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "cpu_percent": now.system.cpu_percent,
                "memory_mb": now.system.memory_mb,
                "machine_memory_percent": now.system.machine_memory_percent,
                "threads": now.system.num_threads,
                "requests": total.requests,
                "faults": total.faults,
                "limited": sum(each["limited"] for each in self.limits.stats().values()),
                "queries": now.queries.queries,
                "query_seconds": round(now.queries.seconds, 3),
                "cache_hits": now.cache.hits,
                "cache_misses": now.cache.misses,
                "cache_bytes": now.cache.bytes,
                "lake_version": now.lake.version if now.lake else None,
                "deliveries_pending": now.levels.deliveries.get("pending", 0) if now.levels else None,
            }
        )

    def read(self) -> Readings:
        """Read all current values."""
        return Readings(
            system=self._machine.system(),
            cache=self._cache.stats(),
            queries=_together([engine.stats() for engine in self._engines]),
            levels=self._known(self._read_levels),
            lake=self._known(self._read_lake),
            delivered=dict(self._known(self.deliveries) or {}) if self.deliveries else {},
        )

    def _summary(self, now: Readings) -> dict[str, Any]:
        total = self.traffic.total()
        timed = sum(total.buckets)
        found = now.levels
        return {
            "requests": {
                "total": total.requests,
                "open": self.traffic.open,
                "faults": total.faults,
                "average_seconds": round(total.seconds / timed, 4) if timed else None,
                "p95_seconds": total.within_s(0.95),
                "limited": sum(each["limited"] for each in self.limits.stats().values()),
            },
            "queries": asdict(now.queries) | {"seconds": round(now.queries.seconds, 3)},
            "reports": found and found.reports,
            "imports": found and {"faxes": found.imported, "seconds": round(found.import_seconds, 3)},
            "validation_runs": found and found.runs,
            "deliveries": found and {**found.deliveries, "since_start": dict(now.delivered)},
            "events": found and found.events,
            "lake": now.lake and asdict(now.lake),
        }

    def _endpoints(self) -> dict[str, dict[str, Any]]:
        return {
            name: {
                "requests": each.requests,
                "statuses": {str(status): count for status, count in sorted(each.statuses.items())},
                "seconds": round(each.seconds, 4),
                "p50_seconds": each.within_s(0.5),
                "p95_seconds": each.within_s(0.95),
                "p99_seconds": each.within_s(0.99),
            }
            for name, each in self.traffic.endpoints().items()
        }

    def _known(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except FaxCloudError as error:
            log.debug("not measured: %s", error.message)  # health says so aloud
            return None

    def _read_levels(self) -> Levels:
        with self._catalogue.read() as conn:
            return levels(conn)

    def _read_lake(self) -> LakeFacts:
        snapshot = self._lake.snapshot()
        return LakeFacts(snapshot.version, len(snapshot.files), snapshot.bytes, snapshot.rows)


def uptime_text(seconds: float) -> str:
    """Readable duration.

    >>> uptime_text(93_784.2), uptime_text(59)
    ('1d 02:03:04', '00:00:59')
    """
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{f'{days}d ' if days else ''}{hour:02}:{minute:02}:{second:02}"


def _together(all_stats: list[QueryStats]) -> QueryStats:
    return QueryStats(
        queries=sum(stats.queries for stats in all_stats),
        seconds=sum(stats.seconds for stats in all_stats),
        failed=sum(stats.failed for stats in all_stats),
        streams=sum(stats.streams for stats in all_stats),
        running=sum(stats.running for stats in all_stats),
    )
