"""Records of notification channels, and of the notices sent through them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from faxcloud.errors import ChannelNotFound
from faxcloud.i18n import Language
from faxcloud.store.catalogue.data_versions import bump_data_version
from faxcloud.store.catalogue.encrypted_columns import encryption_of
from faxcloud.store.catalogue.tables import channels, notices
from faxcloud.store.records.outbox import OutboxTable

DATA_VERSION = "channels"

NoticeKind = Literal["opened", "resolved"]
NoticeState = Literal["pending", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class Channel:
    """Row of a channel; `url` is as Apprise reads it and may hold a password; empty without its key."""

    channel_id: str
    name: str
    url: str = field(repr=False)
    language: Language
    created_at: dt.datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Row of a notice; `attempts` counts those that began, `error` is in English."""

    notice_id: str
    alert_id: str
    channel_id: str
    kind: NoticeKind
    state: NoticeState
    attempts: int
    created_at: dt.datetime
    next_attempt_at: dt.datetime | None
    finished_at: dt.datetime | None
    error: str | None
    owner: str | None
    leased_until: dt.datetime | None


NOTICES = OutboxTable(notices, "notice_id", "channel_id", "sent", Notice)


def add_channel(
    conn: sa.Connection, *, name: str, url: str, language: Language, by: str, now: dt.datetime
) -> str:
    """Insert a channel; returns its id."""
    channel_id = f"ch_{secrets.token_hex(6)}"
    encrypted = encryption_of(conn).encrypt(url)
    values = {"channel_id": channel_id, "name": name, "url": encrypted, "language": language}
    conn.execute(channels.insert().values(**values, created_at=now, created_by=by))
    bump_data_version(conn, DATA_VERSION)
    return channel_id


def list_channels(conn: sa.Connection) -> list[Channel]:
    """All channels by name."""
    query = sa.select(channels).order_by(channels.c.name, channels.c.channel_id)
    return [_decrypted(conn, row) for row in conn.execute(query).mappings()]


def get_channel(conn: sa.Connection, channel_id: str) -> Channel:
    """Channel by id.

    Raises:
        ChannelNotFound: there is none of that id.
    """
    row = conn.execute(sa.select(channels).where(channels.c.channel_id == channel_id)).mappings().first()
    if row is None:
        raise ChannelNotFound(channel_id=channel_id)
    return _decrypted(conn, row)


def delete_channel(conn: sa.Connection, channel_id: str) -> None:
    """Delete a channel with its unsent notices; rules keep its name.

    Raises:
        ChannelNotFound: there is none of that id.
    """
    if conn.execute(channels.delete().where(channels.c.channel_id == channel_id)).rowcount == 0:
        raise ChannelNotFound(channel_id=channel_id)
    conn.execute(notices.delete().where(notices.c.channel_id == channel_id))
    bump_data_version(conn, DATA_VERSION)


def queue_notices(
    conn: sa.Connection, alert_id: str, names: Sequence[str], kind: NoticeKind, now: dt.datetime
) -> int:
    """Queue one notice for each existing channel among these names, due at once; returns how many."""
    rows = [
        {
            "notice_id": f"ntc_{secrets.token_hex(8)}",
            "alert_id": alert_id,
            "channel_id": channel.channel_id,
            "kind": kind,
            "state": "pending",
            "attempts": 0,
            "created_at": now,
            "next_attempt_at": now,
        }
        for channel in list_channels(conn)
        if channel.name in names
    ]
    if rows:
        conn.execute(notices.insert(), rows)
    return len(rows)


def notices_of(conn: sa.Connection, alert_ids: Sequence[str]) -> list[Notice]:
    """Notices of these alerts, sent or not, oldest first."""
    query = (
        sa.select(notices)
        .where(notices.c.alert_id.in_(alert_ids))
        .order_by(notices.c.created_at, notices.c.notice_id)
    )
    return [Notice(**row) for row in conn.execute(query).mappings()]


def _decrypted(conn: sa.Connection, row: sa.RowMapping) -> Channel:
    return Channel(**{**row, "url": encryption_of(conn).decrypt(row["url"]) or ""})
