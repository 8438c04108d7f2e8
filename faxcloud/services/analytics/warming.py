"""Cache warming: compute the first page's figures as soon as the data has moved, so that nobody waits."""

from __future__ import annotations

import logging
import threading

from faxcloud.domain.filters import Filters, Paging
from faxcloud.errors import FaxCloudError
from faxcloud.services.actors import SYSTEM, acting
from faxcloud.services.analytics.search import Search
from faxcloud.services.analytics.summaries import Summaries

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


def keep_warm(summaries: Summaries, search: Search, stop: threading.Event) -> None:
    """Compute the first page's figures once a version, until `stop` is set; for a thread of a server."""
    warmed: int | None = None
    while not stop.wait(LOOK_EVERY_S):
        try:
            version = summaries.version()
            if version != warmed:
                with acting(SYSTEM):
                    summaries.dashboard(Filters(), "day")
                    for page in (1, 2):  # the second decodes the rows of a small store for later queries
                        search.page(Filters(), Paging(page=page))
                warmed = version
        except FaxCloudError as error:
            # Whoever asks next gets the same error, with a place to show it.
            log.warning("the first figures were not prepared: %s", error.message)
            stop.wait(30 * LOOK_EVERY_S)
        except Exception:
            log.exception("the first figures were not prepared")  # those of the next version may be
            stop.wait(30 * LOOK_EVERY_S)
