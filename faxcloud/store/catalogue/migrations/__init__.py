"""Catalogue migrations: bring a catalogue to the schema of this code.

`HEAD` is the newest revision in versions/.
"""

from pathlib import Path

import sqlalchemy as sa

HEAD = "0006"
"""Known without Alembic, so that a store that is up to date opens without importing it. A test compares."""

REVISION_TABLE = "catalogue_revision"
"""Not Alembic's own name, since a PostgreSQL database may hold another application's tables, too."""


def stamped_revision(conn: sa.Connection) -> str | None:
    """Revision of a catalogue, None for a new one."""
    if not sa.inspect(conn).has_table(REVISION_TABLE):
        return None
    table = sa.table(REVISION_TABLE, sa.column("version_num"))
    found: str | None = conn.scalar(sa.select(table.c.version_num))
    return found


def known_revisions() -> frozenset[str]:
    """Revisions that this code has, read from the file names (`r0001_….py`)."""
    return frozenset(file.name[1:5] for file in (Path(__file__).parent / "versions").glob("r[0-9]*_*.py"))


def upgrade(conn: sa.Connection) -> None:
    """Apply missing migrations inside the caller's transaction."""
    # Half a second to import, and needed once per store and version.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
