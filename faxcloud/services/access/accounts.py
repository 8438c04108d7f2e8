"""Accounts of an identity provider (OIDC) and the role of each."""

from __future__ import annotations

from collections.abc import Mapping

from faxcloud.domain.roles import ROLES, Role
from faxcloud.errors import KeyInvalid
from faxcloud.services.access.keys import Keys
from faxcloud.services.actors import Actor, current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.state import put_setting
from faxcloud.store.records.keys import ACCOUNT_ROLES, account_roles, bump_keys_version

EVERYBODY = "*"
"""The account that stands for all that have no role of their own."""

NO_ENTRY = "none"
DEFAULT_ROLE: Role = "viewer"


class Accounts:
    """Roles of accounts. The identity provider authenticates the account."""

    def __init__(self, catalogue: Catalogue, keys: Keys, journal: Journal) -> None:
        self._catalogue = catalogue
        self._keys = keys
        self._journal = journal

    def roles(self) -> dict[str, str]:
        """Role by e-mail address in lower case; `*` is everybody else, `none` is no access."""
        current_actor().require("keys.read")
        with self._catalogue.read() as conn:
            return account_roles(conn)

    def set_role(self, account: str, role: str | None) -> None:
        """Set the role of an account or of `*`: `none` is no access, None removes its own entry.

        Raises:
            KeyInvalid: there is no such role.
            NotAllowed: the actor may not change access.
        """
        current_actor().require("keys.change")
        if role is not None and role not in (*ROLES, NO_ENTRY):
            raise KeyInvalid(name="role", value=role[:100], expected=", ".join((*ROLES, NO_ENTRY)))
        name = account.strip().lower()
        with self._catalogue.write() as conn:
            roles = account_roles(conn)
            roles.pop(name, None)
            if role is not None:
                roles[name] = role
            put_setting(conn, ACCOUNT_ROLES, roles)
            bump_keys_version(conn)
            details = {"account": name, "role": role}
            self._journal.record(conn, Note("setting.change", "setting:oidc.roles", details=details))
        self._keys.forget()

    def actor(self, account: str, address: str = "") -> Actor | None:
        """Actor of an account; None where it has no access."""
        role = role_of(account, self._keys.account_roles())
        if role is None:
            return None
        return Actor(f"user:{account.strip().lower()}", role, address, names=self._keys.names_for(role))


def role_of(account: str, roles: Mapping[str, str]) -> Role | None:
    """Role of an account: its own, else everybody's, else viewer.

    >>> role_of("Ann@example.org", {"ann@example.org": "admin"}), role_of("bob@example.org", {"*": "none"})
    ('admin', None)
    """
    name = roles.get(account.strip().lower()) or roles.get(EVERYBODY) or DEFAULT_ROLE
    return next((role for role in ROLES if role == name), None)
