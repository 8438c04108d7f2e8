"""Browser sessions: a signed cookie that stands for a key, so that the browser does not store the key.

A session ends after 12 hours, at sign-out, and with its key: a key that is revoked, has expired or
(FAXCLOUD_ADMIN_KEY) was changed ends all sessions that were begun with it. Only signed-out sessions are
stored, until they would have expired anyway.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable

from faxcloud.config import Settings
from faxcloud.services.access.keys import Keys
from faxcloud.services.actors import Actor, acting, nobody
from faxcloud.services.journal import Journal, Note
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.keyfiles import secret_of
from faxcloud.store.records.keys import end_session

COOKIE = "faxcloud_session"
LIFETIME_S = 12 * 3600
HANDOVER_S = 60.0
"""Lifetime of a ticket of `hand_over`."""

_VALUE = re.compile(
    r"([0-9a-z]{1,40})\.([0-9a-f]{16})\.([0-9]{1,12})\.([0-9a-f]{16})\.([0-9a-f]{64})", re.ASCII
)


class Sessions:
    """Issues and verifies session cookies. All servers of an installation accept each other's cookies."""

    def __init__(
        self,
        keys: Keys,
        settings: Settings,
        catalogue: Catalogue,
        journal: Journal,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._catalogue = catalogue
        self._journal = journal
        self._clock = clock
        self._secret = secret_of(settings.keys_folder, "sessions")
        self._lock = threading.Lock()
        self._handovers: dict[str, tuple[str, float]] = {}

    def begin(self, key: str, address: str = "") -> str:
        """Sign in with a key; returns the cookie's value. Audited.

        Raises:
            KeyRefused: the key is unknown, revoked or expired.
        """
        cookie = self.issue(key, address)
        with acting(self.actor(cookie, address) or nobody(address)):
            self._journal.write(Note("session.begin"))
        return cookie

    def end(self, cookie: str, address: str = "") -> None:
        """Sign out: the cookie is refused from now on, wherever it was copied to.

        No effect on an ended session.
        """
        actor, parts = self.actor(cookie, address), _VALUE.fullmatch(cookie)
        if actor is None or parts is None:
            return
        with self._catalogue.write() as conn, acting(actor):
            end_session(conn, parts[4], expires=int(parts[3]), now=int(self._clock()))
            self._journal.record(conn, Note("session.end"))
        self._keys.forget()

    def hand_over(self, cookie: str) -> str:
        """Create a ticket that `taken` exchanges for the cookie within a minute.

        It is for a page that signs its visitor in: Streamlit cannot set a cookie, a request of the browser
        can.
        """
        ticket = secrets.token_urlsafe(24)
        now = self._clock()
        with self._lock:
            self._handovers = {name: held for name, held in self._handovers.items() if held[1] > now}
            self._handovers[ticket] = (cookie, now + HANDOVER_S)
        return ticket

    def taken(self, ticket: str) -> str | None:
        """Cookie for a ticket; None for one that is unknown or too old."""
        with self._lock:
            cookie, until = self._handovers.get(ticket, ("", 0.0))
        return cookie if until > self._clock() else None

    def issue(self, key: str, address: str = "") -> str:
        """Issue the cookie's value for the holder of a key.

        Raises:
            KeyRefused: it is unknown, revoked or expired.
        """
        actor = self._keys.authenticate(key, address)
        key_id = actor.name.removeprefix("key:")
        holder = self._keys.holder(key_id, address)
        expires = int(self._clock()) + LIFETIME_S
        mark = self._mark(holder[1] if holder else "")
        content = f"{key_id}.{mark}.{expires}.{secrets.token_hex(8)}"
        return f"{content}.{self._signature(content)}"

    def actor(self, cookie: str, address: str = "") -> Actor | None:
        """Actor of a session; None when it has ended or is not ours. May read the catalogue."""
        return self._checked(cookie, lambda key_id: self._keys.holder(key_id, address))

    def remembered(self, cookie: str, address: str) -> Actor | None:
        """Like `actor`, from memory alone, for an event loop; None where `actor` is needed."""
        return self._checked(cookie, lambda key_id: self._keys.remembered_holder(key_id, address))

    def _checked(self, cookie: str, holder_of: Callable[[str], tuple[Actor, str] | None]) -> Actor | None:
        parts = _VALUE.fullmatch(cookie)
        if parts is None:
            return None
        key_id, mark, expires, session_id, signature = parts.groups()
        content = cookie[: -len(signature) - 1]
        if not hmac.compare_digest(signature, self._signature(content)) or int(expires) <= self._clock():
            return None
        holder = holder_of(key_id)  # first: it reads anew which sessions have ended
        if holder is None or not hmac.compare_digest(mark, self._mark(holder[1])):
            return None
        if self._keys.has_ended(session_id):
            return None
        return holder[0]

    def _signature(self, content: str) -> str:
        return hmac.new(self._secret, content.encode(), hashlib.sha256).hexdigest()

    def _mark(self, key_hash: str) -> str:
        """Fingerprint that distinguishes two keys with the same id, without revealing the hash."""
        return hmac.new(self._secret, b"key " + key_hash.encode(), hashlib.sha256).hexdigest()[:16]
