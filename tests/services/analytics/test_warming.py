"""Cache warming: after a data change, the first query finds its answer in the cache."""

import threading
import time
from pathlib import Path

from faxcloud.config import Settings
from faxcloud.domain.filters import Filters
from faxcloud.services.analytics.warming import keep_warm
from faxcloud.services.sample.export import sample_path
from faxcloud.wiring import build


def test_the_dashboard_is_ready_before_it_is_asked_for(tmp_path: Path):
    services = build(Settings(home=tmp_path))
    services.imports.import_file(sample_path())
    stop = threading.Event()
    warmer = threading.Thread(target=keep_warm, args=(services.summaries, services.search, stop))
    warmer.start()
    try:
        cache = services.summaries._faxes._cache
        until = time.monotonic() + 30
        while not cache.stats().entries:
            assert time.monotonic() < until
            stop.wait(0.05)
        stop.set()
        warmer.join()  # the round that has begun is finished
        asked = cache.stats().misses
        services.summaries.dashboard(Filters(), "day")
        assert cache.stats().misses == asked
    finally:
        stop.set()
        warmer.join()
        services.close()
