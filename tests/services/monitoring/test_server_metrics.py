"""Server metrics: samples, and what is measured without a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.services.monitoring.server_metrics import SAMPLES
from tests.waiting import wait_until
from tests.watched import Watched, watched


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Watched]:
    with watched(tmp_path / "store") as opened:
        yield opened


def test_a_server_samples_at_once(opened: Watched) -> None:
    with opened.metrics.worker:
        wait_until(lambda: len(opened.metrics.snapshot()["history"]) == 1)


def test_the_history_is_an_hour_long_at_most(opened: Watched) -> None:
    for _ in range(SAMPLES + 5):
        opened.metrics.sample()
    assert len(opened.metrics.snapshot()["history"]) == SAMPLES


def test_without_its_catalogue_the_server_is_measured_all_the_same(opened: Watched) -> None:
    assert opened.catalogue.file is not None
    opened.catalogue.close()
    for suffix in ("-wal", "-shm"):
        opened.catalogue.file.with_name(opened.catalogue.file.name + suffix).unlink(missing_ok=True)
    opened.catalogue.file.write_bytes(b"no database " * 1_000)
    found = opened.metrics.snapshot()
    assert found["system"]["memory_mb"] > 0
    assert found["metrics_summary"]["reports"] is None
    assert found["metrics_summary"]["lake"]["rows"] == 8
    text, _ = opened.metrics.prometheus()
    assert b"faxcloud_lake_files" in text
    assert b"faxcloud_reports{" not in text


def test_deliveries_are_counted_where_a_worker_runs(opened: Watched) -> None:
    opened.metrics.deliveries = lambda: {"delivered": 3, "failed": 1, "retried": 2, "pending": 0}
    assert opened.metrics.snapshot()["metrics_summary"]["deliveries"]["since_start"]["delivered"] == 3
    text, _ = opened.metrics.prometheus()
    assert b'faxcloud_delivery_attempts_total{outcome="delivered"} 3.0' in text


def test_queries_that_fail_are_counted_as_failed(opened: Watched) -> None:
    before = opened.questions.engine.stats()
    with pytest.raises(Exception, match="nothing"):
        opened.questions.engine.rows("SELECT nothing")
    after = opened.questions.engine.stats()
    assert (after.queries - before.queries, after.failed - before.failed) == (1, 1)
    with opened.questions.engine.batches("SELECT 1 AS a") as batches:
        assert opened.questions.engine.stats().running == 1
        assert len(list(batches)) == 1
    assert opened.questions.engine.stats().streams == before.streams + 1
    assert opened.questions.engine.stats().running == 0
