"""Sender identity of scheduled work: the rights that its owner has now, not those at its creation."""

from __future__ import annotations

from faxcloud.errors import MakerGone
from faxcloud.services.access.accounts import Accounts
from faxcloud.services.access.keys import Keys
from faxcloud.services.actors import NOBODY, Actor


class SenderIdentities:
    """Looks up owners by their actor names."""

    def __init__(self, keys: Keys, accounts: Accounts) -> None:
        self._keys = keys
        self._accounts = accounts

    def actor(self, name: str) -> Actor:
        """Actor of a name, with its current role and limits.

        An actor on the machine itself (`local`, `cli:…`) has no key that could be revoked, and keeps the
        rights of the machine's owner.

        Raises:
            MakerGone: the key was revoked or has expired, or the account has no access any more.
        """
        kind, _, rest = name.partition(":")
        found: Actor | None = None
        if kind == "key":
            held = self._keys.holder(rest, "")
            found = None if held is None else held[0]
        elif kind == "user":
            found = self._accounts.actor(rest) if self._keys.has_accounts else None
        elif kind != NOBODY:
            found = Actor(name)
        if found is None:
            raise MakerGone(maker=name)
        return found
