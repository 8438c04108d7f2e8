"""Records of API keys; only a hash of the secret is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import sqlalchemy as sa

from faxcloud.domain.roles import Role
from faxcloud.store.catalogue.data_versions import bump_data_version, data_version
from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.catalogue.tables import api_keys

VERSION = "keys"
"""The data version that moves with every change of what keys may do; a use is none."""

ACCOUNT_ROLES = "oidc.roles"
"""The setting that holds the roles of accounts."""

ENDED_SESSIONS = "sessions.ended"
"""The setting that holds the sessions that were signed out: when each would have expired, by id."""


@dataclass(frozen=True, slots=True)
class Key:
    """Row of an API key.

    Attributes:
        hash: SHA-256 of the secret, in hexadecimal.
        reports: Ids of the only reports it may see; None is no limit.
        contracts: Likewise, by contract.
    """

    key_id: str
    name: str
    role: Role
    hash: str
    created_at: dt.datetime
    created_by: str
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None
    reports: tuple[str, ...] | None = None
    contracts: tuple[str, ...] | None = None

    def is_usable(self, now: dt.datetime) -> bool:
        """Whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def insert_key(conn: sa.Connection, key: Key) -> None:
    """Insert a key."""
    row = asdict(key) | {"reports": _listed(key.reports), "contracts": _listed(key.contracts)}
    conn.execute(api_keys.insert().values(**row))
    bump_data_version(conn, VERSION)


def find_key(conn: sa.Connection, key_id: str) -> Key | None:
    """Key by id; None when there is none."""
    row = conn.execute(sa.select(api_keys).where(api_keys.c.key_id == key_id)).mappings().one_or_none()
    return None if row is None else _key(cast(Mapping[str, Any], row))


def list_keys(conn: sa.Connection) -> list[Key]:
    """All keys, newest first, revoked and expired ones included."""
    rows = conn.execute(sa.select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.key_id))
    return [_key(cast(Mapping[str, Any], row)) for row in rows.mappings()]


def revoke_key(conn: sa.Connection, key_id: str, now: dt.datetime) -> None:
    """Revoke a key for good; one that was revoked before keeps its date."""
    conn.execute(
        api_keys.update()
        .where(api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    bump_data_version(conn, VERSION)


def touch_key(conn: sa.Connection, key_id: str, now: dt.datetime) -> None:
    """Store that a key was used; the data version stays."""
    conn.execute(api_keys.update().where(api_keys.c.key_id == key_id).values(last_used_at=now))


def keys_version(conn: sa.Connection) -> int:
    """Version that moves with every key that is created or revoked."""
    return data_version(conn, VERSION)


def bump_keys_version(conn: sa.Connection) -> None:
    """Count a change of what keys or accounts may do."""
    bump_data_version(conn, VERSION)


def has_keys(conn: sa.Connection) -> bool:
    """Whether a key was ever created."""
    return conn.scalar(sa.select(api_keys.c.key_id).limit(1)) is not None


def account_roles(conn: sa.Connection) -> dict[str, str]:
    """Role by account, as `services.access.accounts` keeps it."""
    found = get_setting(conn, ACCOUNT_ROLES)
    return {str(account): str(role) for account, role in found.items()} if isinstance(found, dict) else {}


def end_session(conn: sa.Connection, session_id: str, *, expires: int, now: int) -> None:
    """Revoke a session. Expired entries are removed at the same time.

    Args:
        expires: When it ends by itself, in seconds since 1970; `now` likewise.
    """
    kept = {name: at for name, at in ended_sessions(conn).items() if at > now}
    put_setting(conn, ENDED_SESSIONS, kept | {session_id: expires})
    bump_keys_version(conn)


def ended_sessions(conn: sa.Connection) -> dict[str, int]:
    """Expiry of each signed-out session, by id."""
    found = get_setting(conn, ENDED_SESSIONS)
    return found if isinstance(found, dict) else {}


def _key(row: Mapping[str, Any]) -> Key:
    lists = {name: None if row[name] is None else tuple(row[name]) for name in ("reports", "contracts")}
    return Key(**{**row, **lists})


def _listed(names: tuple[str, ...] | None) -> list[str] | None:
    return None if names is None else list(names)
