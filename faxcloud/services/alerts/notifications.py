"""Alert notification worker: sends notices to channels, at least once, on as many servers as there are."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from faxcloud.errors import AlertNotFound, ChannelNotFound
from faxcloud.i18n import translator
from faxcloud.services.alerts import wording
from faxcloud.services.alerts.apprise_sender import NOT_TAKEN, Teller
from faxcloud.services.worker import Worker
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records import channels as records
from faxcloud.store.records.alerts import Alert, get_alert
from faxcloud.store.records.channels import Channel, Notice

log = logging.getLogger(__name__)

DELAYS_S = (30, 300, 1_800, 7_200, 28_800)
"""Delay before each further attempt; after the last one the notice has failed. A late alarm is useless."""

LEASE_S = 120.0
"""A notice that is being sent is left alone for so long: longer than any service takes to answer."""

KEPT_DAYS = 90
POLL_S = 2.0
TIDY_EVERY = dt.timedelta(hours=1)


class Notices:
    """Sends due notices.

    Args:
        public_url: Base of links; without it a message holds none.
        delays_s: Delay before each further attempt, in seconds.
        clock: Current time, which decides what is due.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        teller: Teller,
        public_url: str | None,
        *,
        delays_s: tuple[float, ...] = DELAYS_S,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._catalogue = catalogue
        self._teller = teller
        self._public_url = public_url
        self._delays_s = delays_s
        self._clock = clock
        self._tidied_at: dt.datetime | None = None
        self.worker = Worker("notices", self.send_due, POLL_S)

    def send_due(self) -> int:
        """Send all due notices, one after the other; returns the number of attempts."""
        self._tidy()
        count = 0
        while not self.worker.is_stopping and (notice := self._begin()) is not None:
            self._send(notice)
            count += 1
        return count

    def of(self, alert_ids: list[str]) -> dict[str, list[Notice]]:
        """Notices of these alerts, sent or not, by alert."""
        with self._catalogue.read() as conn:
            found = records.notices_of(conn, alert_ids)
        return {alert_id: [each for each in found if each.alert_id == alert_id] for alert_id in alert_ids}

    def _begin(self) -> Notice | None:
        now = self._clock()
        with self._catalogue.read() as conn:  # asked without a lock first: mostly nothing is due
            if records.due_notice(conn, now) is None:
                return None
        with self._catalogue.write() as conn:
            notice = records.due_notice(conn, now)
            if notice is not None:
                records.begin_notice(conn, notice, now + dt.timedelta(seconds=LEASE_S))
            return notice

    def _send(self, notice: Notice) -> None:
        try:
            with self._catalogue.read() as conn:
                channel = records.get_channel(conn, notice.channel_id)
                alert = get_alert(conn, notice.alert_id)
        except (ChannelNotFound, AlertNotFound) as gone:
            self._write_down(notice, gone.message, last=True)
            return
        try:
            error = self._tell(channel, alert, notice)
        except Exception:
            # Not left as begun: it would be tried at every end of its lease, for ever.
            log.exception("notice %s could not be told", notice.notice_id)
            error = NOT_TAKEN
        self._write_down(notice, error)

    def _tell(self, channel: Channel, alert: Alert, notice: Notice) -> str | None:
        t = translator(channel.language)
        link = f"{self._public_url}/alerts" if self._public_url else None
        title = wording.title(t, alert.rule, notice.kind)
        body = wording.body(t, alert.rule, alert.evidence, notice.kind, link)
        return self._teller.tell(
            channel.url, title, body, "success" if notice.kind == "resolved" else "failure"
        )

    def _write_down(self, notice: Notice, error: str | None, *, last: bool = False) -> None:
        now = self._clock()
        tried = notice.attempts  # before this one
        next_at = None
        if error is not None and not last and tried < len(self._delays_s):
            next_at = now + dt.timedelta(seconds=self._delays_s[tried])
        with self._catalogue.write() as conn:
            records.end_notice(conn, notice.notice_id, now, error=error, next_attempt_at=next_at)

    def _tidy(self) -> None:
        now = self._clock()
        if self._tidied_at is not None and now - self._tidied_at < TIDY_EVERY:
            return
        with self._catalogue.write() as conn:
            records.prune_notices(conn, now - dt.timedelta(days=KEPT_DAYS))
        self._tidied_at = now
