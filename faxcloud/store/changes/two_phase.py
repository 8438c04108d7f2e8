"""Two-phase commit of lake and catalogue: a commit is announced before and counted after, despite crashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.lake.table import Lake


@dataclass(frozen=True, slots=True)
class Intention:
    """Announced commit.

    Attributes:
        rows: Number of rows that it changes, by report.
        tally: Name of the tally, where one kind of change has several.
    """

    transaction: str
    rows: Mapping[str, int]
    tally: str = ""


Count = Callable[[sa.Connection, Intention], None]
"""Counts the rows of a commit in the catalogue; called once for each that has landed."""


def intended(conn: sa.Connection, kind: str) -> Intention | None:
    """Commit that is announced and not counted yet."""
    value = get_setting(conn, _key(kind))
    return Intention(**value) if isinstance(value, dict) else None


def intend(conn: sa.Connection, kind: str, intention: Intention) -> None:
    """Announce a commit; there is one at a time of a kind."""
    value = {"transaction": intention.transaction, "rows": dict(intention.rows), "tally": intention.tally}
    put_setting(conn, _key(kind), value)


def settle(catalogue: Catalogue, lake: Lake, kind: str, count: Count) -> None:
    """Count the announced commit if it has landed, else drop it. Only while nobody else works on it."""
    with catalogue.read() as conn:
        announced = intended(conn, kind)
    if announced is None:
        return
    landed = lake.has_transaction(announced.transaction)
    if landed:
        lake.make_durable()  # whoever made it may have died just before doing so
    else:
        lake.sweep(announced.transaction)
    with catalogue.write() as conn:
        if landed:
            count(conn, announced)
        put_setting(conn, _key(kind), None)


def _key(kind: str) -> str:
    return f"{kind}.intended"
