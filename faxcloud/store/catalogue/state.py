"""Application state as key and JSON value, such as the active ruleset."""

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import settings


def get_setting(conn: sa.Connection, key: str) -> object:
    """Value of a key; None for a key that was never stored."""
    found: object = conn.scalar(sa.select(settings.c.value).where(settings.c.key == key))
    return found


def put_setting(conn: sa.Connection, key: str, value: object) -> None:
    """Store a JSON value under a key, in place of an earlier one."""
    updated = conn.execute(settings.update().where(settings.c.key == key).values(value=value))
    if updated.rowcount == 0:
        conn.execute(settings.insert().values(key=key, value=value))
