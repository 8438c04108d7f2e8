"""API key management: create, show once, list and revoke; services/access/key_checks.py authenticates."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faxcloud.config import Settings
from faxcloud.domain.roles import ROLES, Role
from faxcloud.errors import KeyInvalid, KeyNotFound, Unprotected
from faxcloud.i18n import N_, Translator
from faxcloud.services.access.key_checks import ENVIRONMENT, KeyChecks
from faxcloud.services.actors import NOBODY, Actor, current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records import keys
from faxcloud.store.records.keys import Key
from faxcloud.store.records.reports import get_report
from faxcloud.store.records.shares import list_shares

LONGEST_NAME = 100
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class NewKey:
    """New key, shown once."""

    key_id: str
    key: str


class Keys(KeyChecks):
    """API keys of an installation. Safe for threads."""

    def __init__(self, catalogue: Catalogue, settings: Settings, journal: Journal) -> None:
        super().__init__(catalogue, settings)
        self._journal = journal

    def create(
        self,
        name: str,
        role: Role,
        *,
        expires_at: dt.datetime | None = None,
        reports: Sequence[str] | None = None,
        contracts: Sequence[str] | None = None,
    ) -> NewKey:
        """Create a key; the result is the only time that it can be read.

        Args:
            expires_at: Aware; None for a key that does not expire.
            reports: All that it may see; with `contracts`, a report in either. Empty lists are no limit.

        Raises:
            KeyInvalid: an invalid name, role or date.
            ReportNotFound: one of the reports does not exist.
            NotAllowed: the actor may not create keys.
        """
        current_actor().require("keys.change")
        now = utc_now()
        _check(name, role, expires_at, now)
        if role == "admin" and (reports or contracts):  # it could make itself another one without a limit
            raise KeyInvalid(name="role", value=role, expected="viewer, analyst")
        secret = secrets.token_hex(24)
        key = Key(
            key_id=secrets.token_hex(6),
            name=name.strip(),
            role=role,
            hash=hashlib.sha256(secret.encode()).hexdigest(),
            created_at=now,
            created_by=current_actor().name,
            expires_at=expires_at,
            reports=_names(reports),
            contracts=_names(contracts),
        )
        details = {
            "role": role,
            "expires_at": None if expires_at is None else expires_at.isoformat(),
            "reports": len(key.reports or ()),
            "contracts": len(key.contracts or ()),
        }
        with self._catalogue.write() as conn:
            for report_id in key.reports or ():
                get_report(conn, report_id)
            keys.insert_key(conn, key)
            self._journal.record(conn, Note("key.create", f"key:{key.key_id}", details=details))
        self.forget()
        return NewKey(key_id=key.key_id, key=f"fc_{key.key_id}_{secret}")

    def list(self) -> list[dict[str, Any]]:
        """All keys without their hashes, newest first, and whether each can be used now (`is_usable`)."""
        current_actor().require("keys.read")
        with self._catalogue.read() as conn:
            found = keys.list_keys(conn)
        now = utc_now()
        return [_row(key, now) for key in found]

    def names(self) -> dict[str, str]:
        """Names of all keys (`key:<key id>`) and titles of all links (`share:<share id>`), to show who acted.

        Empty for an actor who sees masked rows only: a key may be named after a person. Links act in the
        audit log alone, so their titles are for those who may read it.
        """
        if not current_actor().may("rows.read_in_full"):
            return {}
        may_read_audit = current_actor().may("audit.read")
        with self._catalogue.read() as conn:
            found = {f"key:{key.key_id}": key.name for key in keys.list_keys(conn)}
            links = list_shares(conn) if may_read_audit else []
        titles = ((f"share:{link.share_id}", link.definition["title"]) for link in links)
        found |= {actor: title for actor, title in titles if title}
        environment = {} if self._environment is None else {f"key:{ENVIRONMENT}": self._environment.name}
        return found | environment

    def name_of(self, actor: Actor) -> str:
        """Display name of an actor for itself: the name of its key, else its own."""
        kind, _, key_id = actor.name.partition(":")
        key = self._find(key_id) if kind == "key" else None
        return actor.name if key is None else key.name

    def revoke(self, key_id: str) -> None:
        """Revoke a key for good, and the sessions that were begun with it.

        Raises:
            KeyNotFound: there is none of that id.
            NotAllowed: the actor may not change keys.
        """
        current_actor().require("keys.change")
        with self._catalogue.write() as conn:
            if keys.find_key(conn, key_id) is None:
                raise KeyNotFound(key_id=key_id)
            keys.revoke_key(conn, key_id, utc_now())
            self._journal.record(conn, Note("key.revoke", f"key:{key_id}"))
        self.forget()

    def has_admin(self) -> bool:
        """Whether an administrator can sign in from outside."""
        if self._environment is not None or self.has_accounts:
            return True
        now = utc_now()
        with self._catalogue.read() as conn:
            return any(key.role == "admin" and key.is_usable(now) for key in keys.list_keys(conn))


def who(t: Translator, names: Mapping[str, str], actor: str) -> str:
    """Display name of an actor: the name of its key or the title of its link, where `names` has it."""
    if actor == NOBODY:
        return t("nobody")
    if actor in names:
        if actor.startswith("share:"):
            return t("link “{name}”", name=names[actor])
        return t("key “{name}”", name=names[actor])
    return actor


def refuse_unprotected(address: str, keys_: Keys) -> None:
    """Refuse to listen at an address where keys are not required; an empty one is all of the machine's.

    Raises:
        Unprotected: other machines reach the address, and no key would be required there.
    """
    if address not in LOOPBACK and not address.startswith("127.") and not keys_.has_admin():
        raise Unprotected(address=address or "0.0.0.0")  # noqa: S104 - named, not bound


def _check(name: str, role: str, expires_at: dt.datetime | None, now: dt.datetime) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise KeyInvalid(
            name="name",
            value=name[:LONGEST_NAME],
            expected=N_("1 to {limit} printable characters"),
            limit=LONGEST_NAME,
        )
    if role not in ROLES:
        raise KeyInvalid(name="role", value=str(role)[:LONGEST_NAME], expected=", ".join(ROLES))
    if expires_at is not None and expires_at <= now:
        raise KeyInvalid(name="expires_at", value=expires_at.isoformat(), expected=N_("a time in the future"))


def _names(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Scope of a new key: None is no limit, and so is an empty list.

    A key that sees nothing is useless.
    """
    return tuple(dict.fromkeys(given)) if given else None


def _row(key: Key, now: dt.datetime) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "role": key.role,
        "reports": None if key.reports is None else [*key.reports],
        "contracts": None if key.contracts is None else [*key.contracts],
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
        "is_usable": key.is_usable(now),
    }
