"""Data versions: counters that are part of every cache key, so that an outdated entry is never found."""

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import data_versions


def data_version(conn: sa.Connection, name: str) -> int:
    """Current version of `name`; 0 for one that was never bumped."""
    found: int | None = conn.scalar(sa.select(data_versions.c.version).where(data_versions.c.name == name))
    return found or 0


def bump_data_version(conn: sa.Connection, name: str) -> int:
    """Count a change of `name`; call it in the transaction that makes the change."""
    version = data_version(conn, name) + 1
    if version == 1:
        conn.execute(data_versions.insert().values(name=name, version=version))
    else:
        conn.execute(data_versions.update().where(data_versions.c.name == name).values(version=version))
    return version
