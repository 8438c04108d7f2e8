"""Records of idempotency keys, so that a repeated request is answered and not executed again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import idempotency_keys as table


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """Row of a request with a key; `status` is None while the first request is being answered."""

    fingerprint: str
    created_at: dt.datetime
    status: int | None
    answer: dict[str, Any] | None
    owner: str


def find_request(conn: sa.Connection, client: str, key: str) -> KeyedRequest | None:
    """Request of a client's key."""
    columns = (table.c.fingerprint, table.c.created_at, table.c.status, table.c.answer, table.c.owner)
    row = conn.execute(sa.select(*columns).where(_is(client, key))).one_or_none()
    return None if row is None else KeyedRequest(*row)


def begin_request(
    conn: sa.Connection, client: str, key: str, fingerprint: str, owner: str, now: dt.datetime
) -> None:
    """Insert a request that is being answered; there must be none with that key."""
    conn.execute(
        table.insert().values(client=client, key=key, fingerprint=fingerprint, created_at=now, owner=owner)
    )


def finish_request(conn: sa.Connection, client: str, key: str, status: int, answer: dict[str, Any]) -> None:
    """Store the answer."""
    conn.execute(table.update().where(_is(client, key)).values(status=status, answer=answer))


def forget_request(conn: sa.Connection, client: str, key: str) -> None:
    """Delete a request, so that its key can be used again."""
    conn.execute(table.delete().where(_is(client, key)))


def forget_requests_before(conn: sa.Connection, instant: dt.datetime) -> None:
    """Delete requests that are too old to be repeated."""
    conn.execute(table.delete().where(table.c.created_at < instant))


def forget_requests_naming(conn: sa.Connection, names: Callable[[str], bool]) -> None:
    """Delete requests whose key or stored answer names somebody; repeating one is a new request then."""
    for client, key, answer in conn.execute(sa.select(table.c.client, table.c.key, table.c.answer)).all():
        if names(key) or names(json.dumps(answer, ensure_ascii=False)):
            forget_request(conn, client, key)


def _is(client: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.client == client, table.c.key == key)
