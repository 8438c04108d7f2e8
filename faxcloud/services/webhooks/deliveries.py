"""Webhook deliveries: the outbox whose messages are signed HTTP requests."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from faxcloud.errors import WebhookNotFound
from faxcloud.i18n import N_
from faxcloud.services.journal import Journal, Note
from faxcloud.services.outbox import Outbox, Result
from faxcloud.services.webhooks.destinations import Destinations
from faxcloud.services.webhooks.posting import TIMEOUT_S, Sender
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.encrypted_columns import UNREADABLE
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records.deliveries import (
    DELIVERIES,
    TEST,
    Delivery,
    begin_attempt,
    count_deliveries,
    end_attempt,
    give_up,
)
from faxcloud.store.records.events import prune_events
from faxcloud.store.records.webhooks import disable_webhook, get_webhook

DELAYS_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""As Standard Webhooks recommend."""

KEPT_DAYS = 30
LEASE_S = 60.0
THREADS = 32

GONE = N_("it answered 410 Gone")


class Deliverer(Outbox[Delivery]):
    """Outbox of webhook deliveries.

    Args:
        timeout_s: Time for the receiver's answer; well below `LEASE_S`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        journal: Journal,
        destinations: Destinations,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        delays_s: tuple[float, ...] = DELAYS_S,
        jitter: Callable[[], float] = random.random,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        super().__init__(
            "deliveries",
            catalogue,
            DELIVERIES,
            delays_s=delays_s,
            lease_s=LEASE_S,
            kept_days=KEPT_DAYS,
            threads=THREADS,
            clock=clock,
            jitter=jitter,
        )
        self._journal = journal
        self._sender = Sender(destinations, timeout_s)
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()

    def send(self, message: Delivery) -> Result | None:
        """Send a message once; None where its webhook was deleted, and its deliveries with it."""
        try:
            with self._catalogue.read() as conn:
                webhook = get_webhook(conn, message.webhook_id)
        except WebhookNotFound:
            return None
        if not webhook.secret:  # tried again later: somebody may put the key back
            return Result(error=UNREADABLE)
        result = self._sender.send(
            webhook.url, webhook.secret, message.delivery_id, message.body, self._clock()
        )
        return replace(result, is_final=message.event_type == TEST or result.status == HTTPStatus.GONE)

    def began(self, conn: Connection, message: Delivery) -> None:
        """Store the attempt."""
        begin_attempt(conn, message, self._clock())

    def ended(self, conn: Connection, message: Delivery, result: Result, state: str | None) -> None:
        """Store the attempt's result; a receiver that is gone for good disables its webhook."""
        end_attempt(conn, message, seconds=result.seconds, status=result.status, error=result.error)
        webhook_id = message.webhook_id
        if result.status == HTTPStatus.GONE and disable_webhook(conn, webhook_id, GONE):
            dropped = give_up(conn, webhook_id, self._clock())
            details = {"status": 410, "dropped": dropped}
            self._journal.record(conn, Note("webhook.disable", f"webhook:{webhook_id}", details=details))
        if state is not None:
            with self._counting:
                self._counts["retried" if state == "pending" else state] += 1

    def prune(self, conn: Connection, now: dt.datetime) -> None:
        """Delete old deliveries and events."""
        prune_events(conn, now)
        super().prune(conn, now)

    def stats(self) -> dict[str, int]:
        """Statistics since this process began: `delivered`, `failed` for good, `retried`.

        `pending` is the number in the catalogue.
        """
        with self._catalogue.read() as conn:
            pending = count_deliveries(conn)["pending"]
        with self._counting:
            return {name: self._counts[name] for name in ("delivered", "failed", "retried")} | {
                "pending": pending
            }
