"""Orphaned work in a copied catalogue: no process works on what the copy shows as running."""

import datetime as dt

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import leases, reports, validation_runs

NOBODY = ""
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def abandon_everything(conn: sa.Connection) -> None:
    """Mark all running work as orphaned, so that recovery finishes or undoes it.

    This includes work whose process is alive.
    """
    for table, unfinished in (
        (reports, reports.c.state.in_(("importing", "committing", "deleting"))),
        (validation_runs, validation_runs.c.state == "running"),
    ):
        conn.execute(table.update().where(unfinished).values(owner=NOBODY, heartbeat_at=LONG_AGO))
    conn.execute(leases.delete())
