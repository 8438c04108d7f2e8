"""Unfinished work in the catalogue, and orphaned work in a copy, where no process continues it."""

import datetime as dt

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import leases, reports, settings, validation_runs

NOBODY = ""
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


_UNFINISHED = (
    (reports, reports.c.state.in_(("importing", "committing", "deleting"))),
    (validation_runs, validation_runs.c.state == "running"),
)


def has_unfinished_work(conn: sa.Connection) -> bool:
    """Whether an import, a deletion, a run or an announced commit is unfinished, whoever works on it."""
    announced = settings.c.key.endswith(".intended") & (sa.cast(settings.c.value, sa.Text) != "null")
    conditions = (*(unfinished for _, unfinished in _UNFINISHED), announced)
    return any(conn.scalar(sa.select(sa.exists().where(condition))) for condition in conditions)


def abandon_everything(conn: sa.Connection) -> None:
    """Mark all running work as orphaned, so that recovery finishes or undoes it.

    This includes work whose process is alive.
    """
    for table, unfinished in _UNFINISHED:
        conn.execute(table.update().where(unfinished).values(owner=NOBODY, heartbeat_at=LONG_AGO))
    conn.execute(leases.delete())
