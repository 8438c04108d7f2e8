"""Prometheus exposition: base units, `_total` for counters, labels from fixed sets alone."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from faxcloud import __version__
from faxcloud.services.access.limits import Limits
from faxcloud.services.monitoring.server_readings import Readings
from faxcloud.services.monitoring.traffic import BOUNDS_S, Traffic


def exposition(readings: Readings, traffic: Traffic, limits: Limits) -> tuple[bytes, str]:
    """Text and content type of one scrape.

    It uses a registry of its own: no other metrics of this process get in.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(readings, traffic, limits))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Scrape(Collector):
    def __init__(self, readings: Readings, traffic: Traffic, limits: Limits) -> None:
        self._now = readings
        self._traffic = traffic
        self._limits = limits

    def describe(self) -> list[Metric]:
        """Nothing: registering would collect everything once more otherwise."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("faxcloud", "The version that runs.", {"version": __version__})
        yield from self._machine()
        yield from self._requests()
        yield from self._answers()
        yield from self._store()

    def _machine(self) -> Iterator[Metric]:
        system = self._now.system
        yield _gauge("process_memory_bytes", "Resident memory of the server.", system.memory_mb * 2**20)
        yield _gauge("process_threads", "Threads of the server.", system.num_threads)
        yield _gauge("process_open_files", "Open descriptors of the server.", system.open_files)
        yield _gauge("uptime_seconds", "Time since the server began.", system.uptime_seconds)
        yield _gauge("machine_cpu_ratio", "Processor in use, 0 to 1.", system.cpu_percent / 100)
        yield _gauge("machine_memory_ratio", "Memory in use, 0 to 1.", system.machine_memory_percent / 100)

    def _requests(self) -> Iterator[Metric]:
        answered = CounterMetricFamily(
            "faxcloud_http_requests", "Answers of the API.", labels=("endpoint", "status")
        )
        lasted = HistogramMetricFamily(
            "faxcloud_http_request_duration_seconds", "Time until the answer was sent.", labels=("endpoint",)
        )
        for endpoint, each in self._traffic.endpoints().items():
            for status, count in sorted(each.statuses.items()):
                answered.add_metric((endpoint, str(status)), count)
            lasted.add_metric((endpoint,), _cumulated(each.buckets), each.seconds)
        limited = CounterMetricFamily(
            "faxcloud_http_requests_limited", "Requests over the limit.", labels=("endpoint",)
        )
        for endpoint, asked in self._limits.stats().items():
            limited.add_metric((endpoint,), asked["limited"])
        yield answered
        yield lasted
        yield limited
        yield _gauge("http_requests_open", "Requests being answered, and web sockets.", self._traffic.open)
        yield _counter(
            "limiter_failures", "Times that Redis did not answer the limiter.", self._limits.failures
        )

    def _answers(self) -> Iterator[Metric]:
        cache, queries = self._now.cache, self._now.queries
        yield _counter("cache_hits", "Answers found in memory.", cache.hits)
        yield _counter("cache_misses", "Answers not found in memory.", cache.misses)
        yield _counter("cache_evictions", "Answers dropped to make room, or too old.", cache.evictions)
        yield _counter("cache_shared_hits", "Answers that another server had.", cache.shared_hits)
        yield _counter("cache_shared_failures", "Times that Redis did not answer.", cache.shared_failures)
        yield _gauge("cache_entries", "Answers in memory.", cache.entries)
        yield _gauge("cache_bytes", "Memory that they take.", cache.bytes)
        yield _counter("queries", "Questions to the lake.", queries.queries)
        yield _counter("query_seconds", "Time that they took.", queries.seconds)
        yield _counter("queries_failed", "Questions that failed or took too long.", queries.failed)
        yield _counter("query_streams", "Exports read from the lake.", queries.streams)
        yield _gauge("queries_running", "Questions being answered now.", queries.running)

    def _store(self) -> Iterator[Metric]:
        if (lake := self._now.lake) is not None:
            yield _gauge("lake_version", "Newest version of the lake.", lake.version)
            yield _gauge("lake_files", "Data files of that version.", lake.files)
            yield _gauge("lake_bytes", "Their size.", lake.bytes)
            yield _gauge("faxes", "Faxes stored.", lake.rows)
        if (found := self._now.levels) is not None:
            yield _states("reports", "Reports.", found.reports)
            yield _states("validation_runs", "Re-validations.", found.runs)
            yield _states("deliveries", "Deliveries of webhooks in the catalogue.", found.deliveries)
            yield _gauge("delivery_overdue_seconds", "Wait of the one most overdue.", found.overdue_s)
            yield _counter("events", "Events since the store was made.", found.events)
            if found.last_backup_at is not None:
                at = found.last_backup_at.timestamp()
                yield _gauge("last_backup_timestamp_seconds", "When the last backup was made.", at)
        attempts = CounterMetricFamily(
            "faxcloud_delivery_attempts", "How deliveries ended since the start.", labels=("outcome",)
        )
        for outcome in ("delivered", "failed", "retried"):
            if outcome in self._now.delivered:
                attempts.add_metric((outcome,), self._now.delivered[outcome])
        yield attempts


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"faxcloud_{name}", text, value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"faxcloud_{name}", text, value)


def _states(name: str, text: str, counts: dict[str, int]) -> Metric:
    metric = GaugeMetricFamily(f"faxcloud_{name}", text, labels=("state",))
    for state, count in counts.items():
        metric.add_metric((state,), count)
    return metric


def _cumulated(buckets: list[int]) -> list[tuple[str, float]]:
    bounds, passed = [], 0
    for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), buckets, strict=True):
        passed += count
        bounds.append((bound, float(passed)))
    return bounds
