"""Current actor: set once by the face that authenticates, read by masking, scopes, limits and audit.

A context variable, since every service needs it without a parameter in every signature. Work passed to
another thread or process has to copy it: `contextvars.copy_context()`, `Actor.to_json()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, Self

from faxcloud.domain.masking import Names
from faxcloud.domain.roles import PERMISSIONS, Permission, Role, may, not_allowed


@dataclass(frozen=True, slots=True)
class Actor:
    """Person or process that acts, with its role and scope.

    Attributes:
        name: For the audit log: `key:<key id>`, `user:<account>`, `local` (loopback without keys),
            `cli:<account>`, `inbox`, `system`, `nobody`. Never a phone number.
        address: Address of the client; empty without a network.
        reports: Ids of the only reports it may see; None is no limit.
        contracts: Likewise, by the contract of the report. With both, a report in either may be seen.
        names: Masking level of user names where it does not read rows in full.
    """

    name: str
    role: Role = "admin"
    address: str = ""
    reports: tuple[str, ...] | None = None
    contracts: tuple[str, ...] | None = None
    names: Names = "shown"

    @property
    def sees_names(self) -> bool:
        """Whether it sees user names as they were exported, except e-mail addresses and numbers in them."""
        return self.names == "shown" or self.may("rows.read_in_full")

    @property
    def is_scoped(self) -> bool:
        """Whether it may see only some reports."""
        return self.reports is not None or self.contracts is not None

    def may(self, permission: Permission) -> bool:
        """Whether its role has a permission; an actor limited to some reports administers nothing."""
        return may(self.role, permission) and not (self.is_scoped and PERMISSIONS[permission] == "admin")

    def require(self, permission: Permission) -> None:
        """Require a permission.

        Raises:
            NotAllowed: its role lacks the permission.
        """
        if not self.may(permission):
            raise not_allowed(self.role, permission)

    def to_json(self) -> dict[str, Any]:
        """JSON data, for a process that works on its behalf."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read what `to_json` gave, after a round trip through JSON."""
        lists = {
            name: None if values[name] is None else tuple(values[name]) for name in ("reports", "contracts")
        }
        return cls(**{**values, **lists})


SYSTEM = Actor("system")
"""FaxCloud itself: recovery and background workers. Set explicitly by them, never a default."""

_current: ContextVar[Actor | None] = ContextVar("faxcloud_actor", default=None)
_elsewhere: list[Callable[[], Actor | None]] = []


NOBODY = "nobody"


def nobody(address: str = "") -> Actor:
    """Unauthenticated actor: sees no report, so that a forgotten check shows nothing."""
    return Actor(NOBODY, "viewer", address, reports=(), contracts=(), names="hidden")


def current_actor() -> Actor:
    """Actor of this context, set by `acting` or found by a function of `find_actors_with`.

    Raises:
        RuntimeError: there is no actor. A caller that forgot `acting` must get no rights at all.
    """
    if (actor := _current.get()) is not None:
        return actor
    for find in _elsewhere:
        if (actor := find()) is not None:
            return actor
    raise RuntimeError("no actor in this context: wrap the call in `with acting(actor)`")


def find_actors_with(find: Callable[[], Actor | None]) -> None:
    """Register a function that finds the actor where the context has none.

    It is for a face whose threads are not its own: Streamlit runs callbacks, fragments and dialogs in new
    threads, before or without the script that authenticates the visitor. `find` returns None in any other
    thread.
    """
    if find not in _elsewhere:
        _elsewhere.append(find)


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Act as an actor for as long as the block runs."""
    token = _current.set(actor)
    try:
        yield actor
    finally:
        _current.reset(token)
