"""Restore of a backup's catalogue: replace the present rows, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from faxcloud.store.audit.chain import CHECKPOINT_SETTING
from faxcloud.store.catalogue import tables
from faxcloud.store.records.keys import ACCOUNT_ROLES

_AT_ONCE = 1_000

# Access follows the present settings, not the backup's, and the present audit log continues.
_KEPT_SETTINGS = frozenset((CHECKPOINT_SETTING, ACCOUNT_ROLES))


def replace_rows(conn: sa.Connection, backup: sa.Connection) -> None:
    """Replace all rows except the leases and the audit log, which continues (`AuditTrail.take_over`).

    Events that were published since remain published. What must not become active again does not: revoked
    keys, withdrawn roles, notifications that were due long ago.
    """
    _replace(conn, tables.reports, "report_id", _rows(backup, tables.reports))
    _replace_rejects(conn, backup)
    conn.execute(tables.validation_runs.delete())
    _insert(conn, tables.validation_runs, _rows(backup, tables.validation_runs))
    _replace_settings(conn, backup)
    _replace_webhooks(conn, backup)
    for table, key in ((tables.api_keys, "key_id"), (tables.erasures, "erasure_id")):
        _insert_missing(conn, table, key, _rows(backup, table))
    if conn.scalar(sa.select(tables.events.c.sequence).limit(1)) is None:
        _insert(conn, tables.events, _rows(backup, tables.events))
    # Stored answers about reports that no longer exist must not be repeated.
    conn.execute(tables.idempotency_keys.delete().where(tables.idempotency_keys.c.status.is_not(None)))
    _move_versions(conn, backup)


def _replace_settings(conn: sa.Connection, backup: sa.Connection) -> None:
    key = tables.settings.c.key
    conn.execute(tables.settings.delete().where(key.not_in(_KEPT_SETTINGS)))
    _insert(conn, tables.settings, _rows(backup, tables.settings, key.not_in(_KEPT_SETTINGS)))


def _replace_rejects(conn: sa.Connection, backup: sa.Connection) -> None:
    """Of the reports that have others now: there may be millions, and all other writers wait.

    A reject never changes, but that an erasure blanks its text: one that is blank stays so.
    """
    report_id = tables.rejects.c.report_id
    query = sa.select(report_id, sa.func.count().label("rejects")).group_by(report_id)
    theirs, here = ({row.report_id: row.rejects for row in side.execute(query)} for side in (backup, conn))
    for name in theirs.keys() | here.keys():
        if theirs.get(name) != here.get(name):
            conn.execute(tables.rejects.delete().where(report_id == name))
            _insert(conn, tables.rejects, _rows(backup, tables.rejects, report_id == name))


def _replace_webhooks(conn: sa.Connection, backup: sa.Connection) -> None:
    """Restore the backup's webhooks; deliveries due to webhooks of today stay due."""
    _replace(conn, tables.webhooks, "webhook_id", _rows(backup, tables.webhooks))
    over = [row for row in _rows(backup, tables.deliveries) if row["state"] != "pending"]
    added = _insert_missing(conn, tables.deliveries, "delivery_id", over)
    attempts = _rows(backup, tables.delivery_attempts)
    _insert(conn, tables.delivery_attempts, (row for row in attempts if row["delivery_id"] in added))


def _move_versions(conn: sa.Connection, backup: sa.Connection) -> None:
    """Move the data versions beyond both catalogues', so that no cached answer of either is found."""
    query = sa.select(tables.data_versions.c.name, tables.data_versions.c.version)
    versions: dict[str, int] = {}
    for name, version in (*conn.execute(query), *backup.execute(query)):
        versions[name] = max(version, versions.get(name, 0))
    conn.execute(tables.data_versions.delete())
    _insert(
        conn, tables.data_versions, [{"name": name, "version": found + 1} for name, found in versions.items()]
    )


def _rows(
    backup: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool]
) -> Iterable[dict[str, Any]]:
    query = sa.select(table).where(*conditions)
    with backup.execute(query, execution_options={"yield_per": _AT_ONCE}) as found:
        for row in found.mappings():
            yield dict(row)


def _replace(conn: sa.Connection, table: sa.Table, key: str, rows: Iterable[dict[str, Any]]) -> None:
    """Replace a table row by row, since deleting a row cascades to what belongs to it."""
    theirs = {row[key]: row for row in rows}
    here = set(conn.scalars(sa.select(table.c[key])))
    for name in here - theirs.keys():
        conn.execute(table.delete().where(table.c[key] == name))
    for name in here & theirs.keys():
        conn.execute(table.update().where(table.c[key] == name).values(**theirs[name]))
    _insert(conn, table, [row for name, row in theirs.items() if name not in here])


def _insert_missing(
    conn: sa.Connection, table: sa.Table, key: str, rows: Iterable[dict[str, Any]]
) -> set[str]:
    here = set(conn.scalars(sa.select(table.c[key])))
    missing = [row for row in rows if row[key] not in here]
    _insert(conn, table, missing)
    return {row[key] for row in missing}


def _insert(conn: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    pending: list[dict[str, Any]] = []
    for row in rows:
        pending.append(row)
        if len(pending) == _AT_ONCE:
            conn.execute(table.insert(), pending)
            pending.clear()
    if pending:
        conn.execute(table.insert(), pending)
