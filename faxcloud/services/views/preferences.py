"""User preferences: tiles, start page, sound, tour. They follow the key or account, not the browser."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from faxcloud.domain.boards import DASHBOARD, read_layout
from faxcloud.errors import KeyRequired, PreferenceInvalid
from faxcloud.i18n import N_
from faxcloud.services.actors import NOBODY, current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.records.preferences import all_preferences, delete_preferences, put_preference

MOST_PREFERENCES = 50
LONGEST_VALUE = 20_000
"""Characters of a value as JSON: many times a dashboard, and no place to keep files."""

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


class Preferences:
    """Preferences of the current actor, by name; without keys everybody is `local` and shares them."""

    def __init__(self, catalogue: Catalogue, journal: Journal) -> None:
        self._catalogue = catalogue
        self._journal = journal

    def all(self) -> dict[str, Any]:
        """All preferences by key, from one small read."""
        with self._catalogue.read() as conn:
            return all_preferences(conn, current_actor().name)

    def get(self, key: str, default: Any = None) -> Any:
        """Stored value, or `default`. The caller validates it: a file may have set it."""
        return self.all().get(key, default)

    def put(self, key: str, value: Any) -> None:
        """Store a value, for now and every later visit.

        Args:
            value: Anything that JSON holds.

        Raises:
            PreferenceInvalid: it cannot be stored.
            KeyRequired: nobody is signed in.
        """
        self.put_all({key: value})

    def put_all(self, values: Mapping[str, Any]) -> None:
        """Store several values, all or none. Raises as `put`; an unchanged value writes nothing."""
        with self._catalogue.write() as conn:
            self.put_within(conn, values)

    def put_within(self, conn: Connection, values: Mapping[str, Any]) -> None:
        """Store a value in the caller's transaction. Raises as `put`."""
        owner = owning()
        known = all_preferences(conn, owner)
        for key, value in values.items():
            _check(key, value)
        if len(known.keys() | values.keys()) > MOST_PREFERENCES:
            raise PreferenceInvalid(key=max(values), reason=N_("there are too many already"))
        for key, value in values.items():
            if key not in known or known[key] != value:
                put_preference(conn, owner, key, value)
                self._journal.record(conn, Note("preference.change", f"preference:{key}"))

    def reset(self, *keys: str) -> None:
        """Reset to the defaults: these keys, or all."""
        with self._catalogue.write() as conn:
            for key in delete_preferences(conn, owning(), keys or None):
                self._journal.record(conn, Note("preference.reset", f"preference:{key}"))


def owning() -> str:
    """Name of the current actor as an owner.

    Raises:
        KeyRequired: nobody is signed in.
        NotAllowed: its role may store nothing.
    """
    actor = current_actor()
    if actor.name == NOBODY:
        raise KeyRequired
    actor.require("views.change")
    return actor.name


def _check(key: str, value: object) -> None:
    if not _KEY.fullmatch(key):
        raise PreferenceInvalid(key=key[:40], reason=N_("a setting has an unknown name"))
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PreferenceInvalid(key=key, reason=N_("it is not JSON")) from error
    if len(text) > LONGEST_VALUE:
        raise PreferenceInvalid(key=key, reason=N_("it is too long"))
    if key == DASHBOARD:
        read_layout(value)
