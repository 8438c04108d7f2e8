"""API key authentication, run at every request.

A key is `fc_<key id>_<secret>`. Its secret has 192 random bits, so a plain SHA-256 of it is safe to store: it
cannot be guessed, and a slow hash would only slow the requests.

A check reads nothing from the catalogue while nothing has changed: verified keys are cached, and the data
version `keys`, which shows whether any key has changed, is read every half second. So a key that any process
revokes is refused everywhere within half a second.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import threading
import time
from dataclasses import dataclass

from faxcloud.config import Settings
from faxcloud.domain.masking import Names
from faxcloud.domain.roles import Role
from faxcloud.errors import CatalogueUnavailable, KeyRefused
from faxcloud.services.actors import Actor
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records import keys
from faxcloud.store.records.keys import Key

log = logging.getLogger(__name__)

FRESH_S = 0.5
"""Seconds for which cached keys are used without reading their version."""

TOUCH_S = 60.0
"""Minimum time between two writes of a key's last use."""

MOST_REMEMBERED = 10_000
LONGEST_KEY = 512

ENVIRONMENT = "environment"
"""The id of the key in FAXCLOUD_ADMIN_KEY."""

_KEY = re.compile(r"fc_([0-9a-f]{12})_([0-9a-f]{48})", re.ASCII)
_NO_HASH = hashlib.sha256(b"no key").hexdigest()


@dataclass(slots=True)
class _Known:
    """Verified key, and when its use was last stored (of the monotonic clock)."""

    key: Key
    touched: float


class KeyChecks:
    """Authentication by key, with a cache. Safe for threads."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue = catalogue
        self._environment = _environment_key(settings)
        self._viewer_names = settings.viewer_names
        self._lock = threading.Lock()
        self._known: dict[bytes, _Known] = {}
        self._version = -1
        self._fresh_until = 0.0
        self._has_keys = False
        self._account_roles: dict[str, str] = {}
        self._ended: frozenset[str] = frozenset()
        self.has_accounts = False
        """Whether people may also sign in with an account (OIDC); the face sets it."""

    def authenticate(self, key: str, address: str = "") -> Actor:
        """Authenticate a key; returns its actor. Reads the catalogue for a key that is new to this process.

        Raises:
            KeyRefused: it is unknown, revoked or expired.
        """
        self.look()
        digest = _digest(key)
        known, version = self._recalled(digest)
        if known is None:
            known = self._remember(digest, self._verified(key), version)
        if not known.key.is_usable(utc_now()):
            raise KeyRefused
        self._touch(known)
        return self._actor(known.key, address)

    def remembered(self, key: str, address: str) -> Actor | None:
        """Like `authenticate`, from memory alone, for an event loop; None where `authenticate` is needed."""
        known = self._ready(_digest(key))
        return None if known is None else self._actor(known.key, address)

    def has_verified(self, key: str) -> bool:
        """Whether this very key was valid a while ago; `authenticate` says whether it still is."""
        return _digest(key) in self._known

    def holder(self, key_id: str, address: str) -> tuple[Actor, str] | None:
        """Actor of a usable key and the key's hash, for sessions; None when the key is gone."""
        self.look()
        digest = key_id.encode()  # never as long as a digest: the two cannot meet
        known, version = self._recalled(digest)
        if known is None:
            key = self._find(key_id)
            if key is None:
                return None
            known = self._remember(digest, key, version)
        if not known.key.is_usable(utc_now()):
            return None
        self._touch(known)
        return self._actor(known.key, address), known.key.hash

    def remembered_holder(self, key_id: str, address: str) -> tuple[Actor, str] | None:
        """Like `holder`, from memory alone; None where `holder` is needed."""
        known = self._ready(key_id.encode())
        return None if known is None else (self._actor(known.key, address), known.key.hash)

    def is_open(self) -> bool:
        """Whether no key is required: none was ever created, none is in the environment, no other sign-in.

        The local user may then do everything.

        A revoked or expired key does not make the store open again.
        """
        if self._environment is not None or self.has_accounts:
            return False
        self.look()
        return not self._has_keys

    def account_roles(self) -> dict[str, str]:
        """Role by account, for `services.access.accounts`."""
        self.look()
        return self._account_roles

    def has_ended(self, session_id: str) -> bool:
        """Whether a session was signed out, as of the last refresh."""
        return session_id in self._ended

    @property
    def is_fresh(self) -> bool:
        """Whether `is_open`, `remembered` and `holder` answer without reading the catalogue."""
        return time.monotonic() < self._fresh_until

    def look(self) -> None:
        """Refresh: read whether any key has changed, unless that was read less than `FRESH_S` ago."""
        if self.is_fresh:
            return
        with self._catalogue.read() as conn:
            version = keys.keys_version(conn)
            has_keys = self._has_keys or keys.has_keys(conn)
            roles = keys.account_roles(conn) if version != self._version else self._account_roles
            ended = frozenset(keys.ended_sessions(conn)) if version != self._version else self._ended
        with self._lock:
            if version != self._version:
                self._known.clear()
            # The version last: whoever reads it without the lock above must not take old roles for its own.
            self._has_keys, self._account_roles, self._ended = has_keys, roles, ended
            self._version = version
            self._fresh_until = time.monotonic() + FRESH_S

    def _ready(self, digest: bytes) -> _Known | None:
        """Cached actor, where it needs no read of the catalogue and no write of its use."""
        known = self._known.get(digest)
        now = time.monotonic()
        if known is None or now >= self._fresh_until or now - known.touched >= TOUCH_S:
            return None
        return known if known.key.is_usable(utc_now()) else None

    def _recalled(self, digest: bytes) -> tuple[_Known | None, int]:
        with self._lock:
            return self._known.get(digest), self._version

    def _remember(self, digest: bytes, key: Key, version: int) -> _Known:
        known = _Known(key, touched=time.monotonic() - TOUCH_S)
        with self._lock:
            # What was read before another thread saw a change may be the state before it.
            if version == self._version:
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                self._known[digest] = known
        return known

    def forget(self) -> None:
        """Drop cached rights of keys and accounts; the next refresh reads them anew."""
        with self._lock:
            self._known.clear()
            self._fresh_until = 0.0

    def _verified(self, key: str) -> Key:
        if self._environment is not None and len(key) <= LONGEST_KEY:
            given = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
            if hmac.compare_digest(given, self._environment.hash):
                return self._environment
        parts = _KEY.fullmatch(key)
        found = None if parts is None else self._find(parts[1])
        secret = "" if parts is None else parts[2]
        # An unknown id is compared too, so that the time taken does not tell it from a wrong secret.
        expected = _NO_HASH if found is None else found.hash
        same = hmac.compare_digest(hashlib.sha256(secret.encode()).hexdigest(), expected)
        if found is None or not same or not found.is_usable(utc_now()):
            raise KeyRefused
        return found

    def names_for(self, role: Role) -> Names:
        """Masking level of user names for a role."""
        return self._viewer_names if role == "viewer" else "shown"

    def _actor(self, key: Key, address: str) -> Actor:
        return Actor(
            f"key:{key.key_id}", key.role, address, key.reports, key.contracts, self.names_for(key.role)
        )

    def _find(self, key_id: str) -> Key | None:
        if key_id == ENVIRONMENT:
            return self._environment
        with self._catalogue.read() as conn:
            return keys.find_key(conn, key_id)

    def _touch(self, known: _Known) -> None:
        now = time.monotonic()
        if now - known.touched < TOUCH_S:
            return
        known.touched = now
        if known.key.key_id == ENVIRONMENT:
            return
        try:
            with self._catalogue.write() as conn:
                keys.touch_key(conn, known.key.key_id, utc_now())
        except CatalogueUnavailable as error:
            # When it was last used is no reason to refuse it; what needs the catalogue will say the same.
            log.warning("the use of key %s was not noted: %s", known.key.key_id, error.message)


def _environment_key(settings: Settings) -> Key | None:
    if settings.admin_key is None:
        return None
    return Key(
        key_id=ENVIRONMENT,
        name="FAXCLOUD_ADMIN_KEY",
        role="admin",
        hash=hashlib.sha256(settings.admin_key.get_secret_value().encode()).hexdigest(),
        created_at=utc_now(),
        created_by="",
    )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()
