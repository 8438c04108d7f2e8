"""Audit log search: count and list events by filters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from faxcloud.store.audit.chain import AuditEvent
from faxcloud.store.catalogue.tables import audit_events

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilters:
    """Filters for audit events; all given filters apply at once.

    Attributes:
        action: Such as `report.import`; a noun alone means all of it.
        q: Part of any text, details included; case is ignored.
        start: An instant, included; `end` is not.
    """

    action: str | None = None
    actor: str | None = None
    resource: str | None = None
    outcome: str | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    q: str | None = None


def count_events(conn: sa.Connection, filters: AuditFilters) -> int:
    """Number of matching events."""
    query = sa.select(sa.func.count()).select_from(audit_events).where(*_conditions(filters))
    return conn.scalar(query) or 0


def find_events(
    conn: sa.Connection, filters: AuditFilters, limit: int | None = None, offset: int = 0
) -> Iterator[AuditEvent]:
    """Matching events, newest first, streamed; `conn` stays open until the last one."""
    query = (
        sa.select(audit_events)
        .where(*_conditions(filters))
        .order_by(audit_events.c.sequence.desc())
        .limit(limit)
        .offset(offset)
    )
    with conn.execute(query, execution_options={"yield_per": _AT_ONCE}) as found:
        for row in found.mappings():
            yield AuditEvent(**row)


def actions(conn: sa.Connection) -> list[str]:
    """Distinct actions of all events."""
    return list(conn.scalars(sa.select(audit_events.c.action).distinct().order_by(audit_events.c.action)))


def _conditions(filters: AuditFilters) -> Iterator[sa.ColumnElement[bool]]:
    columns = audit_events.c
    if filters.action is not None:
        below = columns.action.startswith(f"{filters.action}.", autoescape=True)
        yield sa.or_(columns.action == filters.action, below)
    for name in ("actor", "resource", "outcome"):
        if (value := getattr(filters, name)) is not None:
            yield columns[name] == value
    if filters.start is not None:
        yield columns.at >= filters.start
    if filters.end is not None:
        yield columns.at < filters.end
    if filters.q is not None:
        texts = (columns.actor, columns.address, columns.action, columns.resource, columns.outcome)
        details = sa.cast(columns.details, sa.Text)
        yield sa.or_(*(text.icontains(filters.q, autoescape=True) for text in (*texts, details)))
