"""Alert notices: the outbox whose messages go to notification channels."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from faxcloud.errors import AlertNotFound, ChannelNotFound
from faxcloud.i18n import translator
from faxcloud.services.alerts import wording
from faxcloud.services.alerts.apprise_sender import NOT_TAKEN, AppriseSender, Tone
from faxcloud.services.outbox import Outbox, Result
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records.alerts import get_alert
from faxcloud.store.records.channels import NOTICES, Notice, get_channel, notices_of

DELAYS_S = (30, 300, 1_800, 7_200, 28_800)
"""A late alarm is useless."""

LEASE_S = 120.0
"""Longer than any service takes to answer."""

KEPT_DAYS = 90
THREADS = 8


class Notices(Outbox[Notice]):
    """Outbox of alert notices.

    Args:
        public_url: Base of links; without it a message holds none.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        sender: AppriseSender,
        public_url: str | None,
        *,
        delays_s: tuple[float, ...] = DELAYS_S,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        super().__init__(
            "notices",
            catalogue,
            NOTICES,
            delays_s=delays_s,
            lease_s=LEASE_S,
            kept_days=KEPT_DAYS,
            threads=THREADS,
            clock=clock,
        )
        self._sender = sender
        self._public_url = public_url

    def of(self, alert_ids: list[str]) -> dict[str, list[Notice]]:
        """Notices of these alerts, sent or not, by alert."""
        with self._catalogue.read() as conn:
            found = notices_of(conn, alert_ids)
        return {alert_id: [each for each in found if each.alert_id == alert_id] for alert_id in alert_ids}

    def send(self, message: Notice) -> Result:
        """Send a notice once."""
        try:
            with self._catalogue.read() as conn:
                channel = get_channel(conn, message.channel_id)
                alert = get_alert(conn, message.alert_id)
        except (ChannelNotFound, AlertNotFound) as gone:
            return Result(error=gone.message, is_final=True)
        t = translator(channel.language)
        link = f"{self._public_url}/alerts" if self._public_url else None
        title = wording.title(t, alert.rule, message.kind)
        body = wording.body(t, alert.rule, alert.evidence, message.kind, link)
        tone: Tone = "success" if message.kind == "resolved" else "failure"
        started = time.monotonic()
        error = self._sender.send(channel.url, title, body, tone)
        return Result(time.monotonic() - started, error=error)

    def failed(self, _error: Exception) -> Result:
        """Result of a notice that cannot be put into words."""
        return Result(error=NOT_TAKEN)
