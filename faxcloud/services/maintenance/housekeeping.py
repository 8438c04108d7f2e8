"""Housekeeping worker: recovery, clean-up of uploads, and daily retention.

It completes what a dead process left unfinished and removes abandoned uploads at once, and old data once a
day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from faxcloud.services.imports.uploads import Uploads
from faxcloud.services.privacy.retention import Retention
from faxcloud.services.worker import Worker
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.state import get_setting, put_setting

INTERVAL_S = 600.0
RETENTION_EVERY = dt.timedelta(days=1)
TIDIED = "retention.tidied_at"


class Housekeeping:
    """Housekeeping worker. On any number of servers: the first one does what is due.

    Args:
        recover: Completes or undoes the work of dead processes; harmless while others work.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        retention: Retention,
        uploads: Uploads,
        recover: Callable[[], object],
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._catalogue = catalogue
        self._retention = retention
        self._uploads = uploads
        self._recover = recover
        self._now = now
        self.worker = Worker("housekeeping", self.run_due, INTERVAL_S)

    def run_due(self) -> bool:
        """Do what is due once; returns whether retention was.

        Raises:
            StoreBusy, StoreError: retention could not be applied now.
        """
        self._recover()
        self._uploads.sweep()
        if not any(self._retention.settings().values()) or not self._claim():
            return False
        try:
            self._retention.apply()
        except BaseException:
            self._give_back()
            raise
        return True

    def _claim(self) -> bool:
        now = self._now()
        with self._catalogue.write() as conn:
            last = get_setting(conn, TIDIED)
            # Later than now is what a clock wrote that has been set right since: not to be waited for.
            if isinstance(last, str) and abs(now - dt.datetime.fromisoformat(last)) < RETENTION_EVERY:
                return False
            put_setting(conn, TIDIED, now.isoformat())
            return True

    def _give_back(self) -> None:
        with self._catalogue.write() as conn:
            put_setting(conn, TIDIED, None)
