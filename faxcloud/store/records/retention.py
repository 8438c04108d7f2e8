"""Retention queries on the catalogue: expired reports, texts of rejected records, audit events."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import audit_events, rejects, reports

_SETTLED = ("ready", "failed")


def reports_before(conn: sa.Connection, before: dt.datetime) -> list[str]:
    """Reports imported before an instant, oldest first, without unfinished ones."""
    query = (
        sa.select(reports.c.report_id)
        .where(reports.c.created_at < before, reports.c.state.in_(_SETTLED))
        .order_by(reports.c.created_at)
    )
    return list(conn.scalars(query))


def rejects_before(conn: sa.Connection, before: dt.datetime) -> int:
    """Rejected records of reports imported before an instant that still have their text."""
    return conn.scalar(sa.select(sa.func.count()).select_from(rejects).where(_readable(before))) or 0


def blank_rejects_before(conn: sa.Connection, before: dt.datetime) -> int:
    """Blank the texts of these rejected records, which quote the file.

    Returns how many. Line and reason stay.
    """
    return conn.execute(rejects.update().where(_readable(before)).values(text="")).rowcount


def audit_events_before(conn: sa.Connection, before: dt.datetime) -> int:
    """Number of audit events older than an instant."""
    query = sa.select(sa.func.count()).select_from(audit_events).where(audit_events.c.at < before)
    return conn.scalar(query) or 0


def _readable(before: dt.datetime) -> sa.ColumnElement[bool]:
    old = sa.select(reports.c.report_id).where(reports.c.created_at < before)
    return sa.and_(rejects.c.report_id.in_(old), rejects.c.text != "")
