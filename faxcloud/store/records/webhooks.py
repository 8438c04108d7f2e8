"""Records of webhooks: URL, secret and subscribed events."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field

import sqlalchemy as sa

from faxcloud.errors import WebhookNotFound
from faxcloud.store.catalogue.data_versions import bump_data_version
from faxcloud.store.catalogue.encrypted_columns import UNREADABLE, encryption_of
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import webhooks

DATA_VERSION = "webhooks"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Row of a webhook, decrypted; the secret signs messages, and is shown once.

    Without its key the URL and the secret are empty, and the webhook counts as disabled.
    """

    webhook_id: str
    url: str
    event: str
    secret: str = field(repr=False)
    created_at: dt.datetime
    created_by: str
    disabled_at: dt.datetime | None
    disabled_reason: str | None


def add_webhook(conn: sa.Connection, url: str, event: str, secret: str, created_by: str) -> str:
    """Insert a webhook; returns its id."""
    webhook_id = f"wh_{secrets.token_hex(8)}"
    encrypt = encryption_of(conn).encrypt
    conn.execute(
        webhooks.insert().values(
            webhook_id=webhook_id,
            url=encrypt(url),
            event=event,
            secret=encrypt(secret),
            created_at=utc_now(),
            created_by=created_by,
        )
    )
    bump_data_version(conn, DATA_VERSION)
    return webhook_id


def list_webhooks(conn: sa.Connection) -> list[Webhook]:
    """All webhooks, oldest first."""
    query = sa.select(webhooks).order_by(webhooks.c.created_at, webhooks.c.webhook_id)
    return [_decrypted(conn, row) for row in conn.execute(query).mappings()]


def get_webhook(conn: sa.Connection, webhook_id: str) -> Webhook:
    """Webhook by id.

    Raises:
        WebhookNotFound: there is none of that id.
    """
    row = conn.execute(sa.select(webhooks).where(webhooks.c.webhook_id == webhook_id)).mappings().first()
    if row is None:
        raise WebhookNotFound(webhook_id=webhook_id)
    return _decrypted(conn, row)


def delete_webhook(conn: sa.Connection, webhook_id: str) -> None:
    """Delete a webhook with its deliveries, unsent ones included.

    Raises:
        WebhookNotFound: there is none of that id.
    """
    if conn.execute(webhooks.delete().where(webhooks.c.webhook_id == webhook_id)).rowcount == 0:
        raise WebhookNotFound(webhook_id=webhook_id)
    bump_data_version(conn, DATA_VERSION)


def disable_webhook(conn: sa.Connection, webhook_id: str, reason: str) -> bool:
    """Disable a webhook; False when it is gone or was disabled already."""
    active = sa.and_(webhooks.c.webhook_id == webhook_id, webhooks.c.disabled_at.is_(None))
    values = {"disabled_at": utc_now(), "disabled_reason": reason}
    if conn.execute(webhooks.update().where(active).values(**values)).rowcount == 0:
        return False
    bump_data_version(conn, DATA_VERSION)
    return True


def _decrypted(conn: sa.Connection, row: sa.RowMapping) -> Webhook:
    decrypt = encryption_of(conn).decrypt
    url, secret = decrypt(row["url"]), decrypt(row["secret"])
    if url is None or secret is None:
        disabled = {"disabled_at": row["disabled_at"] or utc_now(), "disabled_reason": UNREADABLE}
        return Webhook(**{**row, "url": "", "secret": "", **disabled})
    return Webhook(**{**row, "url": url, "secret": secret})
