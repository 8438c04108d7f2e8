"""Records of saved views: a name, a page and the filters that its owner had chosen there."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from faxcloud.errors import ViewNotFound
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import saved_views


@dataclass(frozen=True, slots=True)
class View:
    """Row of a saved view. `params` are filters by their names, which may include a search text or a user."""

    view_id: str
    owner: str
    name: str
    page: str
    is_shared: bool
    params: dict[str, str]
    created_at: dt.datetime
    updated_at: dt.datetime


def add_view(
    conn: sa.Connection, owner: str, name: str, page: str, params: Mapping[str, str], *, is_shared: bool
) -> View:
    """Insert a view; returns it."""
    now = utc_now()
    view = View(f"view-{secrets.token_hex(6)}", owner, name, page, is_shared, dict(params), now, now)
    values = {field: getattr(view, field) for field in View.__slots__}
    conn.execute(saved_views.insert().values(**values))
    return view


def list_views(conn: sa.Connection, owner: str | None = None) -> list[View]:
    """Views of an owner and shared ones, or all for None; by name."""
    query = sa.select(saved_views)
    if owner is not None:
        query = query.where(sa.or_(saved_views.c.owner == owner, saved_views.c.is_shared.is_(True)))
    found = [View(**row) for row in conn.execute(query).mappings()]
    # Sorted here: databases differ in what they take for the order of letters.
    return sorted(found, key=lambda view: (view.name.casefold(), view.created_at, view.view_id))


def get_view(conn: sa.Connection, view_id: str) -> View:
    """View by id, whoever owns it.

    Raises:
        ViewNotFound: there is none of that id.
    """
    row = conn.execute(sa.select(saved_views).where(saved_views.c.view_id == view_id)).mappings().first()
    if row is None:
        raise ViewNotFound(view_id=view_id)
    return View(**row)


def update_view(conn: sa.Connection, view_id: str, **values: object) -> None:
    """Update columns of a view."""
    changed = saved_views.update().where(saved_views.c.view_id == view_id)
    conn.execute(changed.values(**values, updated_at=utc_now()))


def delete_view(conn: sa.Connection, view_id: str) -> None:
    """Delete a view for good; nothing where it is gone already."""
    conn.execute(saved_views.delete().where(saved_views.c.view_id == view_id))
