"""Event outbox: events stored in the transaction that they describe, for the live stream and webhooks."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import events
from faxcloud.store.records.deliveries import body_of, listening, queue

KEPT_DAYS = 30
KEPT_EVENTS = 100_000
"""Consumers read the outbox within seconds; older events are for troubleshooting."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """Row of an event; sequences grow in the order in which transactions were committed."""

    sequence: int
    event_id: str
    type: str
    created_at: dt.datetime
    report_id: str | None
    data: dict[str, Any]


def emit(conn: sa.Connection, event_type: str, data: Mapping[str, Any], report_id: str | None = None) -> str:
    """Store an event and queue a delivery to every subscribed webhook; returns the event's id.

    Raises:
        TypeError, ValueError: a value in `data` cannot be JSON.
    """
    now = utc_now()
    body = body_of(event_type, now, data)
    event_id = f"evt_{secrets.token_hex(16)}"
    conn.execute(
        events.insert().values(
            event_id=event_id, type=event_type, created_at=now, report_id=report_id, data=dict(data)
        )
    )
    queue(conn, listening(conn, event_type), event_type, body, now)
    return event_id


def events_after(conn: sa.Connection, sequence: int, limit: int = 1_000) -> list[StoredEvent]:
    """Events after a sequence, oldest first."""
    query = sa.select(events).where(events.c.sequence > sequence).order_by(events.c.sequence).limit(limit)
    return [StoredEvent(**row) for row in conn.execute(query).mappings()]


def last_sequence(conn: sa.Connection) -> int:
    """Sequence of the newest event; 0 while there is none."""
    return conn.scalar(sa.select(sa.func.max(events.c.sequence))) or 0


def prune_events(conn: sa.Connection, now: dt.datetime) -> int:
    """Delete events older than `KEPT_DAYS`, and the oldest beyond `KEPT_EVENTS`; returns how many."""
    newest = last_sequence(conn)
    too_old = events.c.created_at < now - dt.timedelta(days=KEPT_DAYS)
    too_many = events.c.sequence <= newest - KEPT_EVENTS
    return conn.execute(events.delete().where(sa.or_(too_old, too_many))).rowcount
