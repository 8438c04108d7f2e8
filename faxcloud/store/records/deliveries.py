"""Records of webhook deliveries: one message to one webhook, and each attempt at sending it."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from faxcloud.errors import DeliveryNotFound
from faxcloud.store.catalogue.tables import deliveries, delivery_attempts, webhooks
from faxcloud.store.records.outbox import OutboxTable

DeliveryState = Literal["pending", "delivered", "failed"]

TEST = "test"
"""Type of the message that only tries whether a webhook answers; no event of the outbox has it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery attempt.

    Attributes:
        seconds: Duration; None while it runs, and for ever where its process died meanwhile.
        status: HTTP status; None where no answer came.
        error: Reason of the failure, in English; None when it succeeded.
    """

    attempt: int
    started_at: dt.datetime
    seconds: float | None
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Row of a delivery; `attempts` counts those that began."""

    delivery_id: str
    webhook_id: str
    event_type: str
    body: str
    state: DeliveryState
    attempts: int
    created_at: dt.datetime
    next_attempt_at: dt.datetime | None
    finished_at: dt.datetime | None
    owner: str | None
    leased_until: dt.datetime | None


DELIVERIES = OutboxTable(deliveries, "delivery_id", "webhook_id", "delivered", Delivery)


def body_of(event_type: str, at: dt.datetime, data: Mapping[str, Any]) -> str:
    """Message body: Standard Webhooks' payload, on one line.

    Raises:
        TypeError, ValueError: a value in `data` cannot be JSON.
    """
    message = {"type": event_type, "timestamp": timestamp_of(at), "data": dict(data)}
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def timestamp_of(at: dt.datetime) -> str:
    """Format an instant in ISO 8601 in UTC, such as `2026-11-22T02:33:00.123456Z`."""
    return at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def queue(
    conn: sa.Connection, webhook_ids: Iterable[str], event_type: str, body: str, at: dt.datetime
) -> list[str]:
    """Queue one delivery for each webhook, due at once; returns their ids."""
    rows = [
        {
            "delivery_id": f"msg_{secrets.token_hex(16)}",
            "webhook_id": webhook_id,
            "event_type": event_type,
            "body": body,
            "state": "pending",
            "attempts": 0,
            "created_at": at,
            "next_attempt_at": at,
        }
        for webhook_id in webhook_ids
    ]
    if rows:
        conn.execute(deliveries.insert(), rows)
    return [str(row["delivery_id"]) for row in rows]


def queue_message(
    conn: sa.Connection, webhook_id: str, event_type: str, data: Mapping[str, Any], at: dt.datetime
) -> str:
    """Queue one delivery that is not an event of the outbox; returns its id."""
    return queue(conn, [webhook_id], event_type, body_of(event_type, at, data), at)[0]


def begin_attempt(conn: sa.Connection, delivery: Delivery, now: dt.datetime) -> None:
    """Store an attempt, before anything is sent."""
    key = {"delivery_id": delivery.delivery_id, "attempt": delivery.attempts}
    conn.execute(delivery_attempts.insert().values(**key, started_at=now))


def end_attempt(
    conn: sa.Connection, delivery: Delivery, *, seconds: float, status: int | None, error: str | None
) -> None:
    """Store the result of an attempt."""
    tried = sa.and_(
        delivery_attempts.c.delivery_id == delivery.delivery_id,
        delivery_attempts.c.attempt == delivery.attempts,
    )
    conn.execute(delivery_attempts.update().where(tried).values(seconds=seconds, status=status, error=error))


def send_again(conn: sa.Connection, delivery_id: str, now: dt.datetime) -> None:
    """Queue a delivery again, due at once, in any state; its id stays, so that receivers recognise it."""
    values = {"state": "pending", "next_attempt_at": now, "finished_at": None}
    conn.execute(deliveries.update().where(DELIVERIES.is_(delivery_id)).values(**values))


def give_up(conn: sa.Connection, webhook_id: str, now: dt.datetime) -> int:
    """Mark all unsent deliveries of a webhook as `failed`; returns how many."""
    theirs = sa.and_(deliveries.c.webhook_id == webhook_id, deliveries.c.state == "pending")
    values = {
        "state": "failed",
        "finished_at": now,
        "next_attempt_at": None,
        "owner": None,
        "leased_until": None,
    }
    return conn.execute(deliveries.update().where(theirs).values(**values)).rowcount


def get_delivery(conn: sa.Connection, delivery_id: str) -> Delivery:
    """Delivery by id.

    Raises:
        DeliveryNotFound: there is none of that id.
    """
    if (delivery := DELIVERIES.get(conn, delivery_id)) is None:
        raise DeliveryNotFound(delivery_id=delivery_id)
    return delivery


def list_deliveries(
    conn: sa.Connection, webhook_id: str | None, limit: int, offset: int = 0
) -> list[tuple[Delivery, list[Attempt]]]:
    """Deliveries of a webhook or of all, newest first, each with its attempts, oldest first."""
    order = (deliveries.c.created_at.desc(), deliveries.c.delivery_id)
    query = sa.select(deliveries).where(*_of(webhook_id)).order_by(*order).limit(limit).offset(offset)
    found = [Delivery(**row) for row in conn.execute(query).mappings()]
    tried = _attempts(conn, [delivery.delivery_id for delivery in found])
    return [(delivery, tried[delivery.delivery_id]) for delivery in found]


def delivery_with_attempts(conn: sa.Connection, delivery_id: str) -> tuple[Delivery, list[Attempt]]:
    """Delivery and its attempts, oldest first.

    Raises:
        DeliveryNotFound: there is none of that id.
    """
    return get_delivery(conn, delivery_id), _attempts(conn, [delivery_id])[delivery_id]


def count_deliveries(conn: sa.Connection, webhook_id: str | None = None) -> dict[DeliveryState, int]:
    """Number of deliveries by state; of all webhooks without a webhook's id."""
    counts: dict[DeliveryState, int] = {"pending": 0, "delivered": 0, "failed": 0}
    query = (
        sa.select(deliveries.c.state, sa.func.count()).where(*_of(webhook_id)).group_by(deliveries.c.state)
    )
    found: dict[DeliveryState, int] = dict(conn.execute(query).all())
    return counts | found


def listening(conn: sa.Connection, event_type: str) -> list[str]:
    """Ids of the enabled webhooks that subscribe to an event."""
    query = sa.select(webhooks.c.webhook_id).where(
        webhooks.c.event == event_type, webhooks.c.disabled_at.is_(None)
    )
    return list(conn.scalars(query))


def _attempts(conn: sa.Connection, delivery_ids: list[str]) -> dict[str, list[Attempt]]:
    tried: dict[str, list[Attempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    theirs = delivery_attempts.c.delivery_id.in_(delivery_ids)
    query = sa.select(delivery_attempts).where(theirs).order_by(delivery_attempts.c.attempt)
    for row in conn.execute(query).mappings():
        values = dict(row)
        tried[values.pop("delivery_id")].append(Attempt(**values))
    return tried


def _of(webhook_id: str | None) -> list[sa.ColumnElement[bool]]:
    return [] if webhook_id is None else [deliveries.c.webhook_id == webhook_id]
