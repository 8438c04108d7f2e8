"""A copied catalogue: nobody works on what the copy shows as being at work."""

import datetime as dt

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import leases, reports, validation_runs

NOBODY = ""
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def abandon_everything(conn: sa.Connection) -> None:
    """Let recovery finish or undo whatever was under way, though the processes it belonged to may live."""
    for table, unfinished in (
        (reports, reports.c.state.in_(("importing", "committing", "deleting"))),
        (validation_runs, validation_runs.c.state == "running"),
    ):
        conn.execute(table.update().where(unfinished).values(owner=NOBODY, heartbeat_at=LONG_AGO))
    conn.execute(leases.delete())
