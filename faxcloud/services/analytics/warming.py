"""Cache warming: compute the first page's figures as soon as the data has moved, so that nobody waits."""

from __future__ import annotations

from faxcloud.domain.filters import Filters, Paging
from faxcloud.services.analytics.search import Search
from faxcloud.services.analytics.summaries import Summaries
from faxcloud.services.worker import Worker

INTERVAL_S = 1.0


def warming_worker(summaries: Summaries, search: Search) -> Worker:
    """Worker that computes the first page's figures once for each version of the data."""
    warmed: int | None = None

    def warm() -> None:
        nonlocal warmed
        version = summaries.version()
        if version != warmed:
            summaries.dashboard(Filters(), "day")
            for page in (1, 2):  # the second decodes the rows of a small store for later queries
                search.page(Filters(), Paging(page=page))
            warmed = version

    return Worker("warming", warm, INTERVAL_S)
