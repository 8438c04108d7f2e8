"""Records of erasures: their tallies so far, and certificates of the completed ones."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.catalogue.tables import audit_events, erasures
from faxcloud.store.changes.two_phase import Intention


def tally(conn: sa.Connection, pseudonym: str) -> dict[str, Any]:
    """Tally of an erasure, interrupted attempts included: `faxes` by report, and other counts."""
    found = get_setting(conn, _key(pseudonym))
    return dict(found) if isinstance(found, dict) else {"faxes": {}}


def count_erased(conn: sa.Connection, landed: Intention) -> None:
    """Count a commit's rows for the subject whose erasure made it; an `intentions.Count`."""
    so_far = tally(conn, landed.tally)
    so_far["faxes"] = dict(Counter(so_far["faxes"]) + Counter(landed.rows))
    put_setting(conn, _key(landed.tally), so_far)


def add_to_tally(conn: sa.Connection, pseudonym: str, **counts: int) -> None:
    """Add counts to an erasure's tally."""
    so_far = tally(conn, pseudonym)
    put_setting(
        conn,
        _key(pseudonym),
        so_far | {name: so_far.get(name, 0) + count for name, count in counts.items()},
    )


def certify(
    conn: sa.Connection, pseudonym: str, created_at: dt.datetime, certificate: Mapping[str, Any]
) -> None:
    """Store a certificate; its tally ends."""
    conn.execute(
        erasures.insert().values(
            erasure_id=certificate["erasure_id"], created_at=created_at, certificate=dict(certificate)
        )
    )
    put_setting(conn, _key(pseudonym), None)


def list_certificates(conn: sa.Connection) -> list[dict[str, Any]]:
    """All certificates, newest first."""
    return list(conn.scalars(sa.select(erasures.c.certificate).order_by(erasures.c.created_at.desc())))


def backups_made(conn: sa.Connection) -> list[dt.datetime]:
    """Times of backups, as far as the audit log goes back."""
    made = sa.and_(audit_events.c.action == "backup.create", audit_events.c.outcome == "done")
    return list(conn.scalars(sa.select(audit_events.c.at).where(made).order_by(audit_events.c.at)))


def erasures_after(conn: sa.Connection, instant: dt.datetime) -> int:
    """Number of erasures completed since an instant."""
    query = sa.select(sa.func.count()).select_from(erasures).where(erasures.c.created_at > instant)
    return conn.scalar(query) or 0


def _key(pseudonym: str) -> str:
    return f"erasure.{pseudonym}"
