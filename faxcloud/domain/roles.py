"""Roles and permissions: the one table that every route, page and service asks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from faxcloud.errors import NotAllowed
from faxcloud.i18n import N_

Role = Literal["viewer", "analyst", "admin"]

ROLES: tuple[Role, ...] = ("viewer", "analyst", "admin")
"""Least first: each role may do all that those before it may."""

ROLE_NAMES: Mapping[str, str] = MappingProxyType(
    {"viewer": N_("viewer"), "analyst": N_("analyst"), "admin": N_("administrator")}
)
"""Names of the roles for people; marked for translation."""

_AT_LEAST: Mapping[Role, str] = MappingProxyType(
    {
        "viewer": N_("viewer, analyst or administrator"),
        "analyst": N_("analyst or administrator"),
        "admin": N_("administrator"),
    }
)

Permission = Literal[
    "aggregates.read",
    "rows.read",
    "rows.read_in_full",
    "rows.export",
    "reports.read",
    "reports.import",
    "reports.delete",
    "rejects.read",
    "validation.read",
    "validation.run",
    "rulesets.read",
    "stream.read",
    "reports.change",
    "views.change",
    "views.share",
    "shares.read",
    "shares.change",
    "usage.read",
    "usage.export",
    "alerts.read",
    "alerts.acknowledge",
    "alerts.change",
    "channels.change",
    "mailings.read",
    "mailings.change",
    "webhooks.read",
    "webhooks.change",
    "metrics.read",
    "health.read_in_full",
    "audit.read",
    "cache.clear",
    "keys.read",
    "keys.change",
    "store.maintain",
    "privacy.change",
    "settings.change",
]

PERMISSIONS: Mapping[Permission, Role] = MappingProxyType(
    {
        "aggregates.read": "viewer",
        "rows.read": "viewer",  # masked: see `rows.read_in_full`
        "reports.read": "viewer",
        "validation.read": "viewer",
        "rulesets.read": "viewer",
        "stream.read": "viewer",
        "usage.read": "viewer",
        "alerts.read": "viewer",
        "views.change": "viewer",  # their own
        "rows.read_in_full": "analyst",
        "rows.export": "analyst",
        "rejects.read": "analyst",  # a reject quotes the record, numbers and names included
        "reports.import": "analyst",
        "reports.delete": "analyst",
        "validation.run": "analyst",
        "reports.change": "analyst",
        "views.share": "analyst",
        "shares.read": "analyst",
        "shares.change": "analyst",
        "usage.export": "analyst",
        "alerts.acknowledge": "analyst",
        "alerts.change": "analyst",
        "mailings.read": "analyst",
        "mailings.change": "analyst",
        "channels.change": "admin",  # their addresses hold passwords, and the server calls them
        "webhooks.read": "admin",
        "webhooks.change": "admin",
        "metrics.read": "admin",
        "health.read_in_full": "admin",
        "audit.read": "admin",
        "cache.clear": "admin",
        "keys.read": "admin",
        "keys.change": "admin",
        "store.maintain": "admin",
        "privacy.change": "admin",
        "settings.change": "admin",
    }
)
"""The least role that has a permission."""


def may(role: Role, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return ROLES.index(role) >= ROLES.index(PERMISSIONS[permission])


def not_allowed(role: Role, permission: Permission) -> NotAllowed:
    """Error for a role that lacks a permission: it names the roles that have it."""
    return NotAllowed(permission=permission, role=ROLE_NAMES[role], needed=_AT_LEAST[PERMISSIONS[permission]])
