"""Cache warming: after a data change, the first query finds its answer in the cache."""

from pathlib import Path

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.services.analytics.warming import warming_worker
from faxcloud.services.sample.export import sample_path
from faxcloud.wiring import build
from tests.waiting import wait_until


def test_the_dashboard_is_ready_before_it_is_asked_for(tmp_path: Path):
    services = build(Settings(home=tmp_path))
    services.imports.import_file(sample_path())
    try:
        cache = services.summaries._faxes._cache
        with warming_worker(services.summaries, services.search):  # finishes what it has begun
            wait_until(lambda: cache.stats().entries > 0)
        asked = cache.stats().misses
        services.summaries.dashboard(Filters(), "day")
        assert cache.stats().misses == asked
    finally:
        services.close()
