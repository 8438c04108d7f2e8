"""Server metrics and cache endpoints: `/api/admin/metrics`, `/api/metrics`, `/api/admin/cache`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from faxcloud.domain.filters import Filters
from tests.watched import Watched, client_of, watched


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def client(opened: Watched) -> Iterator[httpx.Client]:
    with client_of(opened) as client:
        client.get("/api/v3/health")  # opens the store
        yield client


def test_metrics_have_the_published_shape_and_are_no_constants(opened: Watched, client: httpx.Client) -> None:
    for _ in range(2):
        opened.questions.summaries.summary(Filters())
    found = client.get("/api/admin/metrics").json()
    system = found["system"]
    assert system["memory_mb"] > 10
    assert 0 <= system["cpu_percent"] <= 100
    assert 0 < system["memory_percent"] < 100
    assert system["num_threads"] >= 2
    assert system["open_files"] > 3
    assert found["uptime"]["seconds"] == system["uptime_seconds"] > 0
    assert found["uptime"]["formatted"].count(":") == 2
    assert found["rate_limiter_stats"]["GET /api/admin/metrics"] == {
        "unique_clients": 1,
        "total_requests": 1,
        "limited": 0,
    }
    cache = found["cache_stats"]
    assert (cache["hits"], cache["misses"], cache["evictions"]) == (1, 2, 0)
    assert cache["hit_rate"] == pytest.approx(1 / 3)
    assert cache["cache_size"] == 2
    summary = found["metrics_summary"]
    assert summary["queries"]["queries"] == opened.questions.engine.stats().queries > 0
    assert summary["queries"]["seconds"] > 0
    assert summary["lake"]["rows"] == 8
    assert summary["lake"]["bytes"] > 1_000


def test_the_history_grows_with_each_sample(opened: Watched, client: httpx.Client) -> None:
    assert client.get("/api/admin/metrics").json()["history"] == []
    opened.metrics.sample()
    opened.metrics.sample()
    first, second = client.get("/api/admin/metrics").json()["history"]
    assert first["at"] <= second["at"]
    assert second["requests"] == 1  # the question before; this one is not answered yet
    assert second["lake_version"] == opened.lake.version()


def test_prometheus_can_read_it(client: httpx.Client) -> None:
    client.get("/api/v3/reports/r1")
    answer = client.get("/api/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert all(name.startswith("faxcloud") for name in families)
    counters = [family for family in families.values() if family.type == "counter"]
    assert counters
    assert all(sample.name.endswith("_total") for family in counters for sample in family.samples)
    requests = {
        (sample.labels["endpoint"], sample.labels["status"]): sample.value
        for sample in families["faxcloud_http_requests"].samples
    }
    assert requests["GET /api/v3/reports/{report_id}", "200"] == 1
    [infinite] = [
        sample.value
        for sample in families["faxcloud_http_request_duration_seconds"].samples
        if sample.labels.get("le") == "+Inf" and "reports" in sample.labels["endpoint"]
    ]
    assert infinite == 1
    assert families["faxcloud_faxes"].samples[0].value == 8


def test_the_cache_is_shown_and_cleared_and_clearing_is_audited(
    opened: Watched, client: httpx.Client
) -> None:
    opened.questions.summaries.summary(Filters())
    assert client.get("/api/admin/cache").json()["cache_size"] == 2
    assert client.delete("/api/admin/cache").json() == {"cleared": 2}
    assert client.get("/api/admin/cache").json()["cache_size"] == 0
    [line] = (opened.settings.logs_folder / "audit.log").read_text("utf-8").splitlines()
    assert '"cache.clear"' in line
    assert '"local"' in line


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/admin/metrics"),
        ("GET", "/api/metrics"),
        ("GET", "/api/admin/cache"),
        ("DELETE", "/api/admin/cache"),
        ("GET", "/api/admin/health/detailed"),
    ],
)
def test_only_administrators_see_them(opened: Watched, client: httpx.Client, method: str, path: str) -> None:
    opened.keys.create("boss", "admin")
    analyst = opened.keys.create("a", "analyst")
    assert client.request(method, path).status_code == 401
    assert client.request(method, path, headers={"X-API-Key": analyst.key}).status_code == 403
