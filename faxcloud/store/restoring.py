"""A backup's catalogue put in place of the present one's rows, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from faxcloud.store import tables
from faxcloud.store.audit import CHECKPOINT_SETTING
from faxcloud.store.keys import ACCOUNT_ROLES
from faxcloud.store.settings import get_setting, put_setting

_INTENTION = "restore.intended"
_AT_ONCE = 1_000

# Who may come in is decided today, not when the backup was made; and the audit log goes on from where it is.
_KEPT_SETTINGS = frozenset((CHECKPOINT_SETTING, ACCOUNT_ROLES))


@dataclass(frozen=True, slots=True)
class Restoring:
    """A restore that has been announced.

    Attributes:
        mark: Names its folders and its commit.
        added: Data files that the lake's folder had not before.
        is_switched: Lake and catalogue are the backup's; what lies beside them may not be yet.
    """

    mark: str
    added: Sequence[str] = ()
    is_switched: bool = False

    @property
    def transaction(self) -> str:
        """Of the lake's commit."""
        return f"restore-{self.mark}"


def announced_restore(conn: sa.Connection) -> Restoring | None:
    """The one that is not complete yet."""
    value = get_setting(conn, _INTENTION)
    return Restoring(**value) if isinstance(value, dict) else None


def announce_restore(conn: sa.Connection, restoring: Restoring | None) -> None:
    """Say how far one is; None when nothing is left to do."""
    value = restoring and {
        "mark": restoring.mark,
        "added": list(restoring.added),
        "is_switched": restoring.is_switched,
    }
    put_setting(conn, _INTENTION, value)


def replace_rows(conn: sa.Connection, backup: sa.Connection) -> None:
    """Everything but the audit log, which goes on (`AuditTrail.take_over`), and the leases.

    What others have been told since stays told, and what must not come back to life does not: revoked keys,
    withdrawn roles, notifications that were due long ago.
    """
    conn.execute(tables.reports.delete())  # and their rejects
    for table in (tables.reports, tables.rejects):
        _insert(conn, table, _rows(backup, table))
    conn.execute(tables.validation_runs.delete())
    _insert(conn, tables.validation_runs, _rows(backup, tables.validation_runs))
    _replace_settings(conn, backup)
    _replace_webhooks(conn, backup)
    for table, key in ((tables.api_keys, "key_id"), (tables.erasures, "erasure_id")):
        _insert_missing(conn, table, key, _rows(backup, table))
    if conn.scalar(sa.select(tables.events.c.sequence).limit(1)) is None:
        _insert(conn, tables.events, _rows(backup, tables.events))
    # What was answered about reports that are gone must not be answered again.
    conn.execute(tables.idempotency_keys.delete().where(tables.idempotency_keys.c.status.is_not(None)))
    _move_versions(conn, backup)


def _replace_settings(conn: sa.Connection, backup: sa.Connection) -> None:
    key = tables.settings.c.key
    here = set(conn.scalars(sa.select(key)))
    kept = {name for name in here if name in _KEPT_SETTINGS or name.endswith(".intended")}
    conn.execute(tables.settings.delete().where(key.not_in(kept)))
    rows = [row for row in _rows(backup, tables.settings) if row["key"] not in kept]
    _insert(
        conn,
        tables.settings,
        [row for row in rows if row["key"] != CHECKPOINT_SETTING and not row["key"].endswith(".intended")],
    )


def _replace_webhooks(conn: sa.Connection, backup: sa.Connection) -> None:
    """The backup's webhooks; what is due to those that there are today stays due."""
    webhook_id = tables.webhooks.c.webhook_id
    theirs = list(_rows(backup, tables.webhooks))
    conn.execute(tables.webhooks.delete().where(webhook_id.not_in([row["webhook_id"] for row in theirs])))
    here = set(conn.scalars(sa.select(webhook_id)))
    for row in theirs:
        if row["webhook_id"] in here:
            conn.execute(tables.webhooks.update().where(webhook_id == row["webhook_id"]).values(**row))
    _insert(conn, tables.webhooks, [row for row in theirs if row["webhook_id"] not in here])
    over = [row for row in _rows(backup, tables.deliveries) if row["state"] != "pending"]
    added = _insert_missing(conn, tables.deliveries, "delivery_id", over)
    attempts = _rows(backup, tables.delivery_attempts)
    _insert(conn, tables.delivery_attempts, (row for row in attempts if row["delivery_id"] in added))


def _move_versions(conn: sa.Connection, backup: sa.Connection) -> None:
    """Beyond both: an answer that is kept somewhere under a version is of neither."""
    query = sa.select(tables.data_versions.c.name, tables.data_versions.c.version)
    versions: dict[str, int] = {}
    for name, version in (*conn.execute(query), *backup.execute(query)):
        versions[name] = max(version, versions.get(name, 0))
    conn.execute(tables.data_versions.delete())
    _insert(
        conn, tables.data_versions, [{"name": name, "version": found + 1} for name, found in versions.items()]
    )


def _rows(backup: sa.Connection, table: sa.Table) -> Iterable[dict[str, Any]]:
    with backup.execute(sa.select(table), execution_options={"yield_per": _AT_ONCE}) as found:
        for row in found.mappings():
            yield dict(row)


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
