"""Records of user preferences: one JSON value per owner and key."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import preferences


def all_preferences(conn: sa.Connection, owner: str) -> dict[str, Any]:
    """Preferences of an owner by key; empty for an owner without any."""
    query = sa.select(preferences.c.key, preferences.c.value).where(preferences.c.owner == owner)
    return {row.key: row.value for row in conn.execute(query)}


def put_preference(conn: sa.Connection, owner: str, key: str, value: object) -> None:
    """Store a value in place of an earlier one."""
    mine = sa.and_(preferences.c.owner == owner, preferences.c.key == key)
    values = {"value": value, "updated_at": utc_now()}
    if conn.execute(preferences.update().where(mine).values(**values)).rowcount == 0:
        conn.execute(preferences.insert().values(owner=owner, key=key, **values))


def delete_preferences(conn: sa.Connection, owner: str, keys: tuple[str, ...] | None = None) -> list[str]:
    """Delete preferences, of these keys or of all; returns the deleted keys, in order."""
    mine = preferences.c.owner == owner
    if keys is not None:
        mine = sa.and_(mine, preferences.c.key.in_(keys))
    gone = sorted(conn.scalars(sa.select(preferences.c.key).where(mine)))
    conn.execute(preferences.delete().where(mine))
    return gone
