"""Outbox worker for webhooks: at-least-once delivery, on as many servers as there are."""

from __future__ import annotations

import datetime as dt
import logging
import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus

from faxcloud.errors import WebhookNotFound
from faxcloud.i18n import N_
from faxcloud.services.actors import SYSTEM, acting
from faxcloud.services.journal import Journal, Note
from faxcloud.services.webhooks.destinations import Destinations
from faxcloud.services.webhooks.posting import TIMEOUT_S, Answer, Sender
from faxcloud.services.webhooks.slow_receivers import SlowReceivers
from faxcloud.services.worker import Worker
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.encrypted_columns import UNREADABLE
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.records.deliveries import (
    TEST,
    Delivery,
    begin_attempt,
    count_deliveries,
    due_delivery,
    end_attempt,
    give_up,
    prune_deliveries,
)
from faxcloud.store.records.events import prune_events
from faxcloud.store.records.webhooks import disable_webhook, get_webhook

log = logging.getLogger(__name__)

DELAYS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Before each attempt, as Standard Webhooks recommend; after the last the delivery has failed."""

JITTER = 0.2
"""Share that a delay is longer at most, so that what failed together does not come back together."""

LONGEST_RETRY_AFTER_S = 86_400.0
KEPT_DAYS = 30
LEASE_S = 60.0
POLL_S = 0.5
WORKERS = 32
WORKERS_FOR_SLOW = 24
"""Slow receivers never take the last eight."""

TIDY_EVERY = dt.timedelta(hours=1)

GONE = N_("it answered 410 Gone")
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Deliverer:
    """Delivers due messages. Several workers over one catalogue make each attempt once.

    Args:
        clock: Current time, which decides what is due and is signed.
        delays_s: Delay before each attempt, in seconds.
        jitter: Gives a number from 0 to 1.
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
        self._catalogue = catalogue
        self._journal = journal
        self._sender = Sender(destinations, timeout_s)
        self._clock = clock
        self._delays_s = delays_s
        self._jitter = jitter
        self._owner = f"{this_process()}|{secrets.token_hex(4)}"
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._free = threading.Semaphore(WORKERS)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook")
        self.worker = Worker("deliveries", self._hand_over, POLL_S, finish=self._pool.shutdown)
        self._tidied_at: dt.datetime | None = None
        self._slow = SlowReceivers(WORKERS_FOR_SLOW)

    def deliver_due(self) -> int:
        """Send all due messages, one after the other; returns the number of attempts."""
        count = 0
        while (delivery := self._lease_due()) is not None:
            self.attempt(delivery)
            count += 1
        return count

    def attempt(self, delivery: Delivery) -> None:
        """Send a leased message, and store the result."""
        self._slow.begin(delivery.webhook_id)
        try:
            with self._catalogue.read() as conn:
                webhook = get_webhook(conn, delivery.webhook_id)
            if webhook.secret:
                answer = self._sender.send(
                    webhook.url, webhook.secret, delivery.delivery_id, delivery.body, self._clock()
                )
            else:  # tried again later: somebody may put the key back
                answer = Answer(0.0, error=UNREADABLE)
        except WebhookNotFound:
            return  # deleted since, and its deliveries with it
        finally:
            self._slow.end(delivery.webhook_id)
        self._slow.note(delivery.webhook_id, answer, self._clock())
        self._write_down(delivery, answer)

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

    def lease(self, conn: Connection, delivery_id: str) -> Delivery:
        """Lease a message that was queued in the same transaction, for `attempt` after it."""
        return begin_attempt(conn, delivery_id, self._owner, self._clock(), LEASE_S)

    def _hand_over(self) -> bool:
        """Start an attempt in the pool; False when all threads are busy, or nothing is due."""
        self._tidy()
        if not self._free.acquire(blocking=False):
            return False
        delivery = None
        try:
            delivery = self._lease_due()
        finally:
            if delivery is None:
                self._free.release()
        if delivery is None:
            return False

        def ended(done: Future[None]) -> None:
            self._free.release()
            self.worker.wake()
            if (error := done.exception()) is not None:
                # Its lease runs out, and then it is sent again.
                log.error("delivery %s was not recorded", delivery.delivery_id, exc_info=error)

        self._slow.begin(delivery.webhook_id)  # before the next one is looked for
        self._pool.submit(self.attempt, delivery).add_done_callback(ended)
        return True

    def _lease_due(self) -> Delivery | None:
        now = self._clock()
        left_alone = self._slow.left_alone(now)
        with self._catalogue.read() as conn:  # asked without a lock first: mostly nothing is due
            if due_delivery(conn, now, left_alone) is None:
                return None
        with self._catalogue.write() as conn:
            delivery_id = due_delivery(conn, now, left_alone)
            return (
                None if delivery_id is None else begin_attempt(conn, delivery_id, self._owner, now, LEASE_S)
            )

    def _write_down(self, delivery: Delivery, answer: Answer) -> None:
        now = self._clock()
        gone = answer.status == HTTPStatus.GONE
        next_at = None if gone or answer.error is None else self._next_at(delivery, answer, now)
        with self._catalogue.write() as conn, acting(SYSTEM):
            counts = end_attempt(
                conn,
                delivery,
                now,
                seconds=answer.seconds,
                status=answer.status,
                error=answer.error,
                next_attempt_at=next_at,
            )
            if gone and disable_webhook(conn, delivery.webhook_id, GONE):
                dropped = give_up(conn, delivery.webhook_id, now)
                note = Note(
                    "webhook.disable",
                    f"webhook:{delivery.webhook_id}",
                    details={"status": 410, "dropped": dropped},
                )
                self._journal.record(conn, note)
        if counts:
            self._count("delivered" if answer.error is None else "failed" if next_at is None else "retried")

    def _next_at(self, delivery: Delivery, answer: Answer, now: dt.datetime) -> dt.datetime | None:
        if delivery.event_type == TEST or delivery.attempts >= len(self._delays_s):
            return None
        delay_s = self._delays_s[delivery.attempts] * (1 + JITTER * self._jitter())
        if answer.status in _BUSY and answer.retry_after_s is not None:
            delay_s = max(delay_s, min(answer.retry_after_s, LONGEST_RETRY_AFTER_S))
        return now + dt.timedelta(seconds=delay_s)

    def _tidy(self) -> None:
        now = self._clock()
        if self._tidied_at is not None and now - self._tidied_at < TIDY_EVERY:
            return
        with self._catalogue.write() as conn:
            prune_events(conn, now)
            prune_deliveries(conn, now - dt.timedelta(days=KEPT_DAYS))
        self._tidied_at = now

    def _count(self, name: str) -> None:
        with self._counting:
            self._counts[name] += 1
