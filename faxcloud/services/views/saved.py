"""Saved views: filters of a page under a name, private or shared, opened by a link that holds no filter.

A view may filter for a name or a number. It stays in the catalogue: addresses, audit log and events hold only
the view's id, and an actor who sees numbers masked is not offered a view that would reveal one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faxcloud.domain.erasing import Subject
from faxcloud.domain.filters import PERSONAL
from faxcloud.domain.masking import mask_text
from faxcloud.domain.roles import not_allowed
from faxcloud.domain.views import checked_name, checked_page, checked_params, names, reveals_masked
from faxcloud.errors import TooManyViews, ViewInvalid, ViewNotFound
from faxcloud.i18n import N_
from faxcloud.services.actors import Actor, current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.services.scoping import IN_FULL, Scope
from faxcloud.services.views.file import (
    CARRIED,
    LARGEST_FILE,
    MOST_VIEWS,
    START_PAGE,
    VIEW_PREFIX,
    read_file,
    write_file,
)
from faxcloud.services.views.preferences import Preferences, owning
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.records import views
from faxcloud.store.records.views import View

__all__ = [
    "LARGEST_FILE",
    "MOST_VIEWS",
    "START_PAGE",
    "VIEW_PREFIX",
    "View",
    "Views",
    "erase_views",
    "views_naming",
]


class Views:
    """Views of the current actor and shared ones."""

    def __init__(
        self, catalogue: Catalogue, journal: Journal, scope: Scope, preferences: Preferences
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._scope = scope
        self._preferences = preferences

    def list(self, page: str | None = None) -> list[View]:
        """Views that the actor may open, of one page or of all; by name."""
        actor, reports = current_actor(), self._scope.reports()
        with self._catalogue.read() as conn:
            found = views.list_views(conn, actor.name)
        return [
            _shown(view, actor)
            for view in found
            if page in (None, view.page)
            and _sees(actor, reports, view)
            and (actor.may(IN_FULL) or not reveals_masked(view.params, actor.names))
        ]

    def get(self, view_id: str) -> View:
        """View by id.

        Raises:
            ViewNotFound: there is none, or it is another user's private view.
            NotAllowed: it searches for a text or an e-mail address, and the actor sees them masked.
        """
        actor, reports = current_actor(), self._scope.reports()
        with self._catalogue.read() as conn:
            view = views.get_view(conn, view_id)
        if not _sees(actor, reports, view):
            raise ViewNotFound(view_id=view_id)
        if reveals_masked(view.params, actor.names) and not actor.may(IN_FULL):
            raise not_allowed(actor.role, IN_FULL)
        return _shown(view, actor)

    def save(self, name: str, page: str, params: Mapping[str, Any], is_shared: bool = False) -> View:
        """Save a view, in place of the actor's own one of the same name and page.

        Args:
            params: Filters by their names, and `EXTRAS`; blank ones count as not given.

        Raises:
            ViewInvalid, FilterInvalid: it cannot be stored; a search text is not repeated.
            TooManyViews: the actor has the maximum number of views.
            NotAllowed: the actor may share nothing.
        """
        with self._catalogue.write() as conn:
            return self.save_within(conn, name, page, params, is_shared=is_shared)

    def save_within(
        self, conn: Connection, name: str, page: str, params: Mapping[str, Any], *, is_shared: bool
    ) -> View:
        """Save a view in the caller's transaction. Raises as `save`."""
        owner = owning()
        name, page, params = checked_name(name), checked_page(page), checked_params(params)
        _require_sharing(is_shared)
        mine = [view for view in views.list_views(conn, owner) if view.owner == owner]
        earlier = next((view for view in mine if (view.name, view.page) == (name, page)), None)
        if earlier is None and len(mine) >= MOST_VIEWS:
            raise TooManyViews(limit=MOST_VIEWS)
        if earlier is None:
            view = views.add_view(conn, owner, name, page, params, is_shared=is_shared)
        else:
            views.update_view(conn, earlier.view_id, params=params, is_shared=is_shared)
            view = views.get_view(conn, earlier.view_id)
        self._note(conn, "view.save", view, page=page, is_shared=is_shared)
        return view

    def rename(self, view_id: str, name: str) -> View:
        """Rename a view.

        Raises:
            ViewNotFound, ViewInvalid, NotAllowed: nothing was changed.
        """
        name = checked_name(name)
        with self._catalogue.write() as conn:
            view = self._own(conn, view_id)
            same = [
                other.name for other in views.list_views(conn, view.owner)
                if (other.owner, other.page) == (view.owner, view.page) and other.view_id != view_id
            ]  # fmt: skip
            if name in same:
                raise ViewInvalid(reason=N_("another one has this name"))
            views.update_view(conn, view_id, name=name)
            self._note(conn, "view.rename", view)
            return views.get_view(conn, view_id)

    def share(self, view_id: str, is_shared: bool) -> View:
        """Share a view with everybody, or make it private again.

        Raises:
            ViewNotFound, NotAllowed: nothing was changed.
        """
        _require_sharing(is_shared)
        with self._catalogue.write() as conn:
            view = self._own(conn, view_id)
            views.update_view(conn, view_id, is_shared=is_shared)
            self._note(conn, "view.share" if is_shared else "view.unshare", view)
            return views.get_view(conn, view_id)

    def delete(self, view_id: str) -> None:
        """Delete a view for good.

        Raises:
            ViewNotFound, NotAllowed: nothing was changed.
        """
        with self._catalogue.write() as conn:
            view = self._own(conn, view_id)
            views.delete_view(conn, view_id)
            self._note(conn, "view.delete", view)

    def export(self) -> str:
        """Export the actor's own views, dashboard and start page as the text of a file."""
        owner = owning()
        with self._catalogue.read() as conn:
            mine = [view for view in views.list_views(conn, owner) if view.owner == owner]
        self._journal.write(Note("view.export", details={"views": len(mine)}))
        return write_file(mine, self._preferences.all())

    def import_(self, text: str) -> dict[str, int]:
        """Import a file, all of it or nothing; own views of the same name and page are replaced.

        Returns:
            `views` that were stored, and how many are `private` now since the actor may share nothing.

        Raises:
            ViewsFileInvalid, TooManyViews: nothing was changed.
        """
        contents = read_file(text)
        may_share = current_actor().may("views.share")
        with self._catalogue.write() as conn:
            kept = [
                self.save_within(
                    conn, view.name, view.page, view.params, is_shared=view.is_shared and may_share
                )
                for view in contents.views
            ]
            chosen = dict(contents.preferences)
            start = chosen.get(START_PAGE, "")
            if start.startswith(VIEW_PREFIX):
                view = kept[int(start.removeprefix(VIEW_PREFIX))]
                chosen[START_PAGE] = f"{VIEW_PREFIX}{view.view_id}"
            self._preferences.put_within(conn, chosen)
            self._journal.record(conn, Note("view.import", details={"views": len(kept)}))
        private = sum(
            filed.is_shared and not view.is_shared for filed, view in zip(contents.views, kept, strict=True)
        )
        return {"views": len(kept), "private": private}

    def reset(self) -> int:
        """Delete the actor's own views, and reset dashboard and start page to their defaults.

        Returns:
            Number of deleted views.
        """
        owner = owning()
        with self._catalogue.write() as conn:
            mine = [view for view in views.list_views(conn, owner) if view.owner == owner]
            for view in mine:
                views.delete_view(conn, view.view_id)
                self._note(conn, "view.delete", view)
        self._preferences.reset(*CARRIED)
        return len(mine)

    def may_change(self, view: View) -> bool:
        """Whether to offer a change: an owner changes their views, an administrator the shared ones."""
        actor = current_actor()
        return view.owner == actor.name or (view.is_shared and actor.may("settings.change"))

    def _own(self, conn: Connection, view_id: str) -> View:
        owner = owning()
        view = views.get_view(conn, view_id)
        if view.owner != owner and not view.is_shared:
            raise ViewNotFound(view_id=view_id)
        if not self.may_change(view):
            raise not_allowed(current_actor().role, "settings.change")
        return view

    def _note(self, conn: Connection, action: str, view: View, **details: Any) -> None:
        self._journal.record(conn, Note(action, f"view:{view.view_id}", details=details))


def views_naming(conn: Connection, subject: Subject) -> list[str]:
    """Ids of views, of any owner, whose filters or name identify a subject: what an erasure removes."""
    return [view.view_id for view in views.list_views(conn) if names(subject, view.name, view.params)]


def erase_views(conn: Connection, subject: Subject) -> int:
    """Delete views in the erasure's transaction; returns how many."""
    found = views_naming(conn, subject)
    for view_id in found:
        views.delete_view(conn, view_id)
    return len(found)


def _sees(actor: Actor, reports: tuple[str, ...] | None, view: View) -> bool:
    """Whether the actor may see a view.

    An actor limited to some reports sees only those views of others that are within its scope and name
    nobody.
    """
    if view.owner == actor.name:
        return True
    if not view.is_shared or reports is None:
        return view.is_shared
    return view.params.get("report") in reports and not PERSONAL & view.params.keys()


def _shown(view: View, actor: Actor) -> View:
    if actor.may(IN_FULL) or view.owner == actor.name:
        return view
    return View(**{name: getattr(view, name) for name in View.__slots__} | {"name": mask_text(view.name)})


def _require_sharing(is_shared: bool) -> None:
    if is_shared:
        current_actor().require("views.share")
