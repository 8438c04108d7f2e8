"""Encrypted columns: addresses and secrets of webhooks, addresses of channels.

Rows are encrypted and decrypted by `store.records`. What copies whole rows, such as a restore, copies the
encrypted texts and needs no key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from faxcloud.i18n import N_
from faxcloud.store.catalogue.tables import channels, webhooks
from faxcloud.store.encryption import PREFIX, Encryption

ENCRYPTION = "faxcloud_encryption"
"""Execution option of a connection: the catalogue's `Encryption`."""

UNREADABLE = N_("its key is not in HOME/keys/encryption")
"""Why nothing is sent to a webhook or channel that cannot be decrypted."""

COLUMNS: Mapping[sa.Table, tuple[str, ...]] = {webhooks: ("url", "secret"), channels: ("url",)}


def encryption_of(conn: sa.Connection) -> Encryption:
    """What the catalogue was opened with.

    Raises:
        LookupError: it was opened without keys, as copies are that nobody sends from.
    """
    found = conn.get_execution_options().get(ENCRYPTION)
    if not isinstance(found, Encryption):
        raise LookupError("this catalogue was opened without encryption keys")
    return found


def has_plain_secrets(conn: sa.Connection) -> bool:
    """True while a row of an earlier version, or of a backup of one, is in clear."""
    return any(
        conn.scalar(sa.select(sa.exists().where(~table.c[name].startswith(PREFIX, autoescape=True))))
        for table, names in COLUMNS.items()
        for name in names
    )


def encrypt_plain_secrets(conn: sa.Connection) -> int:
    """Encrypt what is in clear; how many rows."""
    encrypt = encryption_of(conn).encrypt
    return _rewrite(conn, lambda text: text if text.startswith(PREFIX) else encrypt(text))


def encrypt_again(conn: sa.Connection) -> int:
    """Encrypt everything with the newest key, all but what cannot be decrypted; how many rows."""
    encryption = encryption_of(conn)

    def again(text: str) -> str:
        plain = encryption.decrypt(text)
        return text if plain is None else encryption.encrypt(plain)

    return _rewrite(conn, again)


def unreadable_ids(conn: sa.Connection, table: sa.Table) -> list[str]:
    """Ids of the rows that cannot be decrypted, oldest first."""
    key = _key(table)
    rows = conn.execute(sa.select(key, *_columns(table)).order_by(table.c.created_at, key)).all()
    return [row[0] for row in rows if any(encryption_of(conn).decrypt(text) is None for text in row[1:])]


def _rewrite(conn: sa.Connection, change: Callable[[str], str]) -> int:
    changed = 0
    for table in COLUMNS:
        key, columns = _key(table), _columns(table)
        for row in conn.execute(sa.select(key, *columns)).all():
            old = {column.name: text for column, text in zip(columns, row[1:], strict=True)}
            new = {name: change(text) for name, text in old.items()}
            if new != old:
                conn.execute(table.update().where(key == row[0]).values(**new))
                changed += 1
    return changed


def _columns(table: sa.Table) -> list[sa.Column[str]]:
    return [table.c[name] for name in COLUMNS[table]]


def _key(table: sa.Table) -> sa.Column[str]:
    (key,) = table.primary_key
    return key
