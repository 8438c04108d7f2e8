"""Sessions of a browser: a signed cookie that stands for a key, so that the key itself is not kept there.

Nothing is stored for a session. It ends after 12 hours, and with its key: a key that is revoked, has expired
or (FAXCLOUD_ADMIN_KEY) was changed ends all that were begun with it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable

from faxcloud.config import Settings
from faxcloud.services.actors import Actor
from faxcloud.services.keys import Keys
from faxcloud.store.keyfiles import secret_of

COOKIE = "faxcloud_session"
LIFETIME_S = 12 * 3600

_VALUE = re.compile(r"([0-9a-z]{1,40})\.([0-9a-f]{16})\.([0-9]{1,12})\.([0-9a-f]{64})", re.ASCII)


class Sessions:
    """Issues and reads cookies. Every server of an installation reads those of the others."""

    def __init__(self, keys: Keys, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock
        self._secret = secret_of(settings.keys_folder, "sessions")

    def issue(self, key: str, address: str = "") -> str:
        """The cookie's value for whoever holds this key.

        Raises:
            KeyRefused: it is unknown, revoked or expired.
        """
        actor = self._keys.authenticate(key, address)
        key_id = actor.name.removeprefix("key:")
        holder = self._keys.holder(key_id, address)
        content = f"{key_id}.{self._mark(holder[1] if holder else '')}.{int(self._clock()) + LIFETIME_S}"
        return f"{content}.{self._signature(content)}"

    def actor(self, cookie: str, address: str = "") -> Actor | None:
        """Who the session stands for; None when it is over or not ours. May read the catalogue."""
        return self._checked(cookie, lambda key_id: self._keys.holder(key_id, address))

    def remembered(self, cookie: str, address: str) -> Actor | None:
        """Likewise from memory alone, for an event loop; None where `actor` has to be asked."""
        return self._checked(cookie, lambda key_id: self._keys.remembered_holder(key_id, address))

    def _checked(self, cookie: str, holder_of: Callable[[str], tuple[Actor, str] | None]) -> Actor | None:
        parts = _VALUE.fullmatch(cookie)
        if parts is None:
            return None
        key_id, mark, expires, signature = parts.groups()
        content = cookie[: -len(signature) - 1]
        if not hmac.compare_digest(signature, self._signature(content)) or int(expires) <= self._clock():
            return None
        holder = holder_of(key_id)
        if holder is None or not hmac.compare_digest(mark, self._mark(holder[1])):
            return None
        return holder[0]

    def _signature(self, content: str) -> str:
        return hmac.new(self._secret, content.encode(), hashlib.sha256).hexdigest()

    def _mark(self, key_hash: str) -> str:
        """What tells one key of an id from the next, without telling its hash."""
        return hmac.new(self._secret, b"key " + key_hash.encode(), hashlib.sha256).hexdigest()[:16]
