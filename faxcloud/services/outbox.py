"""Outbox: sends queued messages at least once, with retries, on as many servers as there are."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic

from faxcloud.services.actors import SYSTEM, Actor, acting
from faxcloud.services.slow_receivers import SlowReceivers
from faxcloud.services.worker import Worker
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.records.outbox import M, OutboxTable

log = logging.getLogger(__name__)

JITTER = 0.2
"""Share that a delay is longer at most, so that what failed together does not come back together."""

INTERVAL_S = 0.5
PRUNE_EVERY = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Result:
    """Result of one attempt.

    Attributes:
        status: HTTP status; None without an answer.
        error: Reason in English; None when the message was accepted.
        retry_after_s: Delay that a busy receiver asks for.
        is_final: Another attempt would fail as well.
        pause_s: Nothing is sent for so long, as every other message would fail as well.
        actor: Actor of the audit event.
    """

    seconds: float = 0.0
    status: int | None = None
    error: str | None = None
    retry_after_s: float | None = None
    is_final: bool = False
    pause_s: float = 0.0
    actor: Actor = SYSTEM


class Outbox(ABC, Generic[M]):
    """Sends the due messages of one table. Several outboxes over one catalogue make each attempt once.

    Args:
        delays_s: Delay before each further attempt; after the last one the message has failed.
        lease_s: Others leave a message alone for so long; well above the length of an attempt.
        kept_days: Finished messages are deleted after so many days.
        threads: LoginThrottle at the same time. Slow receivers never take the last quarter.
        clock: Current time, which decides what is due.
        jitter: Gives a number from 0 to 1.
    """

    def __init__(
        self,
        name: str,
        catalogue: Catalogue,
        table: OutboxTable[M],
        *,
        delays_s: tuple[float, ...],
        lease_s: float,
        kept_days: int,
        threads: int = 1,
        clock: Callable[[], dt.datetime] = utc_now,
        jitter: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._catalogue = catalogue
        self._table = table
        self._delays_s = delays_s
        self._lease_s = lease_s
        self._kept = dt.timedelta(days=kept_days)
        self._clock = clock
        self._jitter = jitter
        self._owner = f"{this_process()}|{secrets.token_hex(4)}"
        self._slow = SlowReceivers(max(1, threads * 3 // 4))
        self._pruned_at: dt.datetime | None = None
        self._paused_until: dt.datetime | None = None
        self._free = threading.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        task = self._hand_over if threads > 1 else self.send_due
        self.worker = Worker(name, task, INTERVAL_S, finish=self._pool.shutdown)

    @abstractmethod
    def send(self, message: M) -> Result | None:
        """Send a message once; None where it is gone."""

    def began(self, conn: Connection, message: M) -> None:
        """Called in the transaction that leases a message."""

    def ended(self, conn: Connection, message: M, result: Result, state: str | None) -> None:
        """Called in the transaction that stores a result; the state is None where the lease was lost."""

    def prune(self, conn: Connection, now: dt.datetime) -> None:
        """Delete old messages."""
        self._table.prune(conn, now - self._kept)

    def send_due(self) -> int:
        """Send all due messages, one after the other; returns the number of attempts."""
        count = 0
        while not self.worker.is_stopping and (message := self._claim_due()) is not None:
            self.attempt(message)
            count += 1
        return count

    def claim(self, conn: Connection, message_id: str) -> M | None:
        """Lease a message, for `attempt` after the transaction; None where it is gone."""
        message = self._table.claim(conn, message_id, self._owner, self._clock(), self._lease_s)
        if message is not None:
            self.began(conn, message)
        return message

    def attempt(self, message: M) -> None:
        """Send a leased message, and store the result."""
        receiver = self._table.receiver_of(message)
        self._slow.begin(receiver)
        try:
            result = self.send(message)
        except Exception as error:
            # Not left as begun: it would be tried at every end of its lease, for ever.
            log.exception("message %s could not be sent", self._table.id_of(message))
            result = self.failed(error)
        finally:
            self._slow.end(receiver)
        if result is None:
            return
        now = self._clock()
        self._slow.record(receiver, result.seconds, now, is_failed=result.error is not None)
        if result.pause_s:
            self._paused_until = now + dt.timedelta(seconds=result.pause_s)
        self._store(message, result, now)

    def failed(self, error: Exception) -> Result:
        """Result of an attempt that ended in a fault of ours."""
        return Result(error=type(error).__name__)

    def _hand_over(self) -> bool:
        """Start an attempt in the pool; False when all threads are busy, or nothing is due."""
        if not self._free.acquire(blocking=False):
            return False
        message = None
        try:
            message = self._claim_due()
        finally:
            if message is None:
                self._free.release()
        if message is None:
            return False

        def ended(done: Future[None]) -> None:
            self._free.release()
            self.worker.wake()
            if (error := done.exception()) is not None:
                # Its lease runs out, and then it is sent again.
                log.error("message %s was not recorded", self._table.id_of(message), exc_info=error)

        self._slow.begin(self._table.receiver_of(message))  # before the next one is looked for
        self._pool.submit(self.attempt, message).add_done_callback(ended)
        return True

    def _claim_due(self) -> M | None:
        now = self._clock()
        self._prune(now)
        if self._paused_until is not None and now < self._paused_until:
            return None
        skipped = self._slow.to_skip(now)
        with self._catalogue.read() as conn:  # asked without a lock first: mostly nothing is due
            if self._table.due(conn, now, skipped) is None:
                return None
        with self._catalogue.write() as conn:
            message_id = self._table.due(conn, now, skipped)
            return None if message_id is None else self.claim(conn, message_id)

    def _store(self, message: M, result: Result, now: dt.datetime) -> None:
        next_at = None
        if result.error is not None and not result.is_final and message.attempts <= len(self._delays_s):
            delay_s = self._delays_s[message.attempts - 1] * (1 + JITTER * self._jitter())
            next_at = now + dt.timedelta(seconds=max(delay_s, result.retry_after_s or 0.0))
        with self._catalogue.write() as conn, acting(result.actor):
            state = self._table.finish(conn, message, now, error=result.error, next_attempt_at=next_at)
            self.ended(conn, message, result, state)

    def _prune(self, now: dt.datetime) -> None:
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY:
            with self._catalogue.write() as conn:
                self.prune(conn, now)
            self._pruned_at = now
