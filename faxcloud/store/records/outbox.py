"""Outbox tables: messages that are due, leased by a sender, due again after a failure, and sent or failed.

Webhook deliveries, alert notices and scheduled mails have the columns state, attempts, next_attempt_at,
finished_at, owner and leased_until in common.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa

from faxcloud.store.catalogue.owners import is_alive


class Message(Protocol):
    """Row of an outbox table; `attempts` counts those that began."""

    @property
    def attempts(self) -> int: ...
    @property
    def owner(self) -> str | None: ...


M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class OutboxTable(Generic[M]):
    """One outbox table.

    Attributes:
        message_id: Column of the primary key.
        receiver: Column of the receiver: messages to one receiver are sent one at a time.
        sent: State of a message that was accepted.
        row: Makes the record of a row.
    """

    table: sa.Table
    message_id: str
    receiver: str
    sent: str
    row: Callable[..., M]

    def is_(self, message_id: str) -> sa.ColumnElement[bool]:
        """Condition of one message."""
        return self.table.c[self.message_id] == message_id

    def id_of(self, message: M) -> str:
        """Id of a message."""
        return str(getattr(message, self.message_id))

    def receiver_of(self, message: M) -> str:
        """Receiver of a message."""
        return str(getattr(message, self.receiver))

    def get(self, conn: sa.Connection, message_id: str) -> M | None:
        """Message by id; None where there is none (any more)."""
        row = conn.execute(sa.select(self.table).where(self.is_(message_id))).mappings().first()
        return None if row is None else self.row(**row)

    def due(
        self, conn: sa.Connection, now: dt.datetime, skipped: Collection[str] = frozenset()
    ) -> str | None:
        """Id of the message that has been due for longest; None when none is.

        A receiver with a message in progress is skipped, besides those in `skipped`: one that hangs delays
        its own messages, and nobody else's. A message that a dead process of this host had begun is due at
        once; one of another host when its lease ends.
        """
        columns = self.table.c
        receiver, pending = columns[self.receiver], columns.state == "pending"
        leased = sa.select(receiver, columns.owner, columns.leased_until).where(
            pending, columns.owner.is_not(None)
        )
        busy = {name for name, owner, until in conn.execute(leased) if _holds(owner, until, now)}
        due = sa.select(columns[self.message_id]).where(
            pending, columns.next_attempt_at <= now, receiver.not_in(busy.union(skipped))
        )
        found: str | None = conn.scalar(
            due.order_by(columns.next_attempt_at, columns[self.message_id]).limit(1)
        )
        return found

    def claim(
        self, conn: sa.Connection, message_id: str, owner: str, now: dt.datetime, lease_s: float
    ) -> M | None:
        """Lease a message and count the attempt, before anything is sent; None where it is gone."""
        values = {"owner": owner, "leased_until": now + dt.timedelta(seconds=lease_s)}
        claimed = self.table.update().where(self.is_(message_id))
        conn.execute(claimed.values(**values, attempts=self.table.c.attempts + 1))
        return self.get(conn, message_id)

    def finish(
        self,
        conn: sa.Connection,
        message: M,
        now: dt.datetime,
        *,
        error: str | None,
        next_attempt_at: dt.datetime | None = None,
    ) -> str | None:
        """Store the result of an attempt and return the state: `failed` where no further attempt follows.

        None when the owner lost the message: it was deleted, or taken over by another process, whose attempt
        decides then.
        """
        columns = self.table.c
        mine = sa.and_(
            self.is_(self.id_of(message)),
            columns.owner == message.owner,
            columns.attempts == message.attempts,
            columns.state == "pending",
        )
        state = self.sent if error is None else "pending" if next_attempt_at else "failed"
        values: dict[str, Any] = {
            "state": state,
            "owner": None,
            "leased_until": None,
            "next_attempt_at": next_attempt_at if state == "pending" else None,
            "finished_at": None if state == "pending" else now,
        }
        if "error" in columns:
            values["error"] = error
        return state if conn.execute(self.table.update().where(mine).values(**values)).rowcount else None

    def prune(self, conn: sa.Connection, before: dt.datetime) -> int:
        """Delete messages that were finished before an instant; returns how many. Unsent ones stay."""
        return conn.execute(self.table.delete().where(self.table.c.finished_at < before)).rowcount


def _holds(owner: str, until: dt.datetime, now: dt.datetime) -> bool:
    # An owner on another host lives until its lease ends: no heartbeat is asked for here.
    return now < until and is_alive(owner, now, 0, now)
