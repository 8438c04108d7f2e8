"""Records of shared links; only a hash of the token is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import shares


@dataclass(frozen=True, slots=True)
class ShareRecord:
    """Row of a shared link.

    Attributes:
        token_hash: SHA-256 of the token, in hexadecimal.
        definition: What is shown and within which limits; see `services.papers.shares`.
        opened: How often its page was opened.
    """

    share_id: str
    token_hash: str
    definition: Mapping[str, Any]
    created_at: dt.datetime
    created_by: str
    expires_at: dt.datetime
    revoked_at: dt.datetime | None = None
    last_opened_at: dt.datetime | None = None
    opened: int = 0


def insert_share(conn: sa.Connection, share: ShareRecord) -> None:
    """Insert a link."""
    conn.execute(shares.insert().values(**asdict(share)))


def find_share(conn: sa.Connection, share_id: str) -> ShareRecord | None:
    """Link by id; None when there is none."""
    return _one(conn, shares.c.share_id == share_id)


def find_share_by_hash(conn: sa.Connection, token_hash: str) -> ShareRecord | None:
    """Link by the hash of its token; None when there is none."""
    return _one(conn, shares.c.token_hash == token_hash)


def list_shares(conn: sa.Connection, created_by: str | None = None) -> list[ShareRecord]:
    """Links of one creator, or of all, newest first, ended ones included."""
    query = sa.select(shares).order_by(shares.c.created_at.desc(), shares.c.share_id)
    if created_by is not None:
        query = query.where(shares.c.created_by == created_by)
    return [_share(row) for row in conn.execute(query).mappings()]


def revoke_share(conn: sa.Connection, share_id: str, now: dt.datetime) -> None:
    """Revoke a link for good; one that was revoked before keeps its date."""
    conn.execute(
        shares.update()
        .where(shares.c.share_id == share_id, shares.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def delete_share(conn: sa.Connection, share_id: str) -> None:
    """Delete a link and everything stored about it."""
    conn.execute(shares.delete().where(shares.c.share_id == share_id))


def count_opening(conn: sa.Connection, share_id: str, now: dt.datetime) -> None:
    """Count one more opening of its page."""
    conn.execute(
        shares.update()
        .where(shares.c.share_id == share_id)
        .values(opened=shares.c.opened + 1, last_opened_at=now)
    )


def _one(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> ShareRecord | None:
    row = conn.execute(sa.select(shares).where(condition)).mappings().one_or_none()
    return None if row is None else _share(row)


def _share(row: sa.RowMapping) -> ShareRecord:
    return ShareRecord(**cast("Mapping[str, Any]", row))
