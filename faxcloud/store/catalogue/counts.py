"""Catalogue counts for metrics and health: totals by state, and what is overdue."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import is_alive
from faxcloud.store.catalogue.tables import audit_events, deliveries, events, leases, reports, validation_runs

SILENT_S = 60.0
"""Time without a heartbeat after which a worker on another host counts as dead."""

UNFINISHED = ("importing", "committing", "deleting", "running")


@dataclass(frozen=True, slots=True)
class Levels:
    """Current counts.

    Attributes:
        reports: Number by state; likewise `runs` and `deliveries`.
        imported: Rows of reports that are ready.
        import_seconds: Total time of these imports.
        overdue_s: Seconds by which the oldest waiting delivery is overdue; 0 for none.
        abandoned: Reports and runs whose process died in the middle.
        stuck: Expired leases whose holder is alive: it makes no progress.
        last_event_at: When the newest event or line of the audit log was written; None before the first.
        last_backup_at: When a backup was last made with FaxCloud; None when none is known.
    """

    reports: dict[str, int]
    imported: int
    import_seconds: float
    runs: dict[str, int]
    deliveries: dict[str, int]
    overdue_s: float
    abandoned: list[str]
    stuck: list[str]
    events: int
    last_event_at: dt.datetime | None
    last_backup_at: dt.datetime | None


def levels(conn: sa.Connection) -> Levels:
    """Read all counts; some ten small queries."""
    now = utc_now()
    ready = reports.c.state == "ready"
    imported, seconds = conn.execute(
        sa.select(sa.func.sum(reports.c.imported), sa.func.sum(reports.c.seconds)).where(ready)
    ).one()
    due: dt.datetime | None = conn.scalar(
        sa.select(sa.func.min(deliveries.c.next_attempt_at)).where(deliveries.c.state == "pending")
    )
    written = [
        conn.scalar(sa.select(sa.func.max(column))) for column in (events.c.created_at, audit_events.c.at)
    ]
    backup = sa.select(sa.func.max(audit_events.c.at)).where(
        audit_events.c.action == "backup.create", audit_events.c.outcome == "done"
    )
    return Levels(
        reports=_by_state(conn, reports),
        imported=int(imported or 0),
        import_seconds=float(seconds or 0.0),
        runs=_by_state(conn, validation_runs),
        deliveries=_by_state(conn, deliveries),
        overdue_s=0.0 if due is None else max(0.0, (now - due).total_seconds()),
        abandoned=[
            *_abandoned(conn, reports, reports.c.report_id, now),
            *_abandoned(conn, validation_runs, validation_runs.c.run_id, now),
        ],
        stuck=_stuck(conn, now),
        events=int(conn.scalar(sa.select(sa.func.max(events.c.sequence))) or 0),
        last_event_at=max((at for at in written if at is not None), default=None),
        last_backup_at=conn.scalar(backup),
    )


def ready_reports(conn: sa.Connection) -> int:
    """Number of reports that are ready."""
    return int(conn.scalar(sa.select(sa.func.count()).where(reports.c.state == "ready")) or 0)


def _by_state(conn: sa.Connection, table: sa.Table) -> dict[str, int]:
    counted = sa.select(table.c.state, sa.func.count()).group_by(table.c.state).order_by(table.c.state)
    return {state: int(count) for state, count in conn.execute(counted)}


def _abandoned(conn: sa.Connection, table: sa.Table, name: sa.Column[str], now: dt.datetime) -> list[str]:
    unfinished = sa.select(name, table.c.owner, table.c.heartbeat_at).where(table.c.state.in_(UNFINISHED))
    return [
        str(found)
        for found, owner, heartbeat_at in conn.execute(unfinished)
        if not is_alive(owner, heartbeat_at, SILENT_S, now)
    ]


def _stuck(conn: sa.Connection, now: dt.datetime) -> list[str]:
    over = sa.select(leases).where(leases.c.expires_at < now - dt.timedelta(seconds=SILENT_S))
    return [row.name for row in conn.execute(over) if is_alive(row.owner, row.heartbeat_at, SILENT_S, now)]
