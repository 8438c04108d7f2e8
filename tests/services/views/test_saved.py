"""Saved views: ownership, permissions to open and change them, and what others see of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud.domain.erasing import Subject
from faxcloud.errors import (
    FilterInvalid,
    KeyRequired,
    NotAllowed,
    TooManyViews,
    ViewInvalid,
    ViewNotFound,
    ViewsFileInvalid,
)
from faxcloud.services.actors import Actor, acting, nobody
from faxcloud.services.journal import Journal
from faxcloud.services.scoping import Scope
from faxcloud.services.views.preferences import Preferences
from faxcloud.services.views.saved import LARGEST_FILE, MOST_VIEWS, View, Views, erase_views, views_naming
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue

ANNE, BEN = Actor("key:anne", "analyst"), Actor("key:ben", "analyst")
VERA, ADA = Actor("key:vera", "viewer"), Actor("key:ada", "admin")
RESELLER = Actor("key:reseller", "analyst", reports=("report-1",))
MOST_ZEROS = {"rule": "pages.zero", "period": "30d"}


class World:
    def __init__(self, folder: Path) -> None:
        self.catalogue: Catalogue = open_catalogue(f"sqlite:///{(folder / 'catalogue.sqlite').as_posix()}")
        self._log = folder / "logs" / "audit.log"
        journal = Journal(self.catalogue, AuditTrail(folder / "keys", folder / "logs"))
        self.preferences = Preferences(self.catalogue, journal)
        self.views = Views(self.catalogue, journal, Scope(self.catalogue), self.preferences)

    def save(self, actor: Actor, name: str, is_shared: bool = False, **params: str) -> View:
        with acting(actor):
            return self.views.save(name, "explore", params, is_shared)

    def names(self, actor: Actor, page: str | None = None) -> list[str]:
        with acting(actor):
            return [view.name for view in self.views.list(page)]

    def audited(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.catalogue.close()


def test_an_own_view_is_found_by_its_owner_alone(world: World):
    saved = world.save(ANNE, "  Zero   pages ", **MOST_ZEROS)
    assert (saved.name, saved.params) == ("Zero pages", MOST_ZEROS)
    assert world.names(ANNE) == ["Zero pages"]
    assert world.names(ADA) == []
    for actor in (BEN, ADA):
        with acting(actor), pytest.raises(ViewNotFound):
            world.views.get(saved.view_id)


def test_a_shared_view_is_opened_by_all_and_changed_by_its_owner_and_administrators(world: World):
    saved = world.save(ANNE, "Zero pages", is_shared=True, **MOST_ZEROS)
    with acting(VERA):
        assert world.views.get(saved.view_id).params == MOST_ZEROS
        assert not world.views.may_change(saved)
    with acting(BEN):
        for change in (
            lambda: world.views.rename(saved.view_id, "Mine"),
            lambda: world.views.share(saved.view_id, False),
            lambda: world.views.delete(saved.view_id),
        ):
            with pytest.raises(NotAllowed):
                change()
    with acting(ADA):
        assert world.views.rename(saved.view_id, "All zero pages").name == "All zero pages"
        world.views.share(saved.view_id, False)
        with pytest.raises(ViewNotFound):
            world.views.delete(saved.view_id)
    with acting(ANNE):
        world.views.delete(saved.view_id)
    assert world.names(ANNE) == []


def test_a_viewer_keeps_views_and_shares_none(world: World):
    own = world.save(VERA, "Mine", **MOST_ZEROS)
    with pytest.raises(NotAllowed):
        world.save(VERA, "Everybody's", is_shared=True)
    with acting(VERA), pytest.raises(NotAllowed):
        world.views.share(own.view_id, True)
    assert world.names(VERA) == ["Mine"]
    with acting(nobody()), pytest.raises(KeyRequired):
        world.views.save("Nobody's", "explore", {})


def test_who_sees_numbers_masked_learns_none_from_a_shared_view(world: World):
    searching = world.save(ANNE, "One number", is_shared=True, q="0612345678")
    mailing = world.save(ANNE, "One address", is_shared=True, user="h.martin@example.org")
    world.save(ANNE, "About 01 45 22 11 34", is_shared=True, user="Docteur Martin")
    assert world.names(VERA) == ["About 01 4• •• •• 34"]
    for view in (searching, mailing):
        with acting(VERA), pytest.raises(NotAllowed):
            world.views.get(view.view_id)
    assert world.names(BEN) == ["About 01 45 22 11 34", "One address", "One number"]


def test_who_is_limited_to_some_reports_sees_views_of_these_that_name_nobody(world: World):
    world.save(ANNE, "Theirs", is_shared=True, report="report-1")
    world.save(ANNE, "Another's", is_shared=True, report="report-2")
    world.save(ANNE, "Everything", is_shared=True)
    named = world.save(ANNE, "Somebody", is_shared=True, report="report-1", user="Docteur Martin")
    world.save(RESELLER, "Own", user="Docteur Martin")
    assert world.names(RESELLER) == ["Own", "Theirs"]
    with acting(RESELLER), pytest.raises(ViewNotFound):
        world.views.get(named.view_id)


def test_saving_under_the_same_name_replaces_and_another_page_does_not(world: World):
    first = world.save(ANNE, "Week", period="7d")
    again = world.save(ANNE, "Week", period="30d")
    assert again.view_id == first.view_id
    with acting(ANNE):
        world.views.save("Week", "dashboard", {"grain": "hour"})
    assert world.names(ANNE) == ["Week", "Week"]
    assert world.names(ANNE, "dashboard") == ["Week"]
    other = world.save(ANNE, "Month", period="month")
    with acting(ANNE), pytest.raises(ViewInvalid):
        world.views.rename(other.view_id, "Week")


@pytest.mark.parametrize(
    ("name", "page", "params", "error"),
    [
        ("", "explore", {}, ViewInvalid),
        ("x" * 81, "explore", {}, ViewInvalid),
        ("a\u202eb", "explore", {}, ViewInvalid),
        ("a\x07b", "explore", {}, ViewInvalid),
        ("ok", "../etc", {}, ViewInvalid),
        ("ok", "explore", {"reports": "report-1"}, ViewInvalid),
        ("ok", "explore", {"colour": "red"}, ViewInvalid),
        ("ok", "explore", {"sort": "a; DROP TABLE"}, ViewInvalid),
        ("ok", "explore", {"start_date": "31/12/2026"}, FilterInvalid),
        ("ok", "explore", {"q": "x" * 201}, FilterInvalid),
    ],
)
def test_what_is_no_view_is_refused(
    world: World, name: str, page: str, params: dict[str, str], error: type[Exception]
):
    with acting(ANNE):
        with pytest.raises(error):
            world.views.save(name, page, params)
        assert world.views.list() == []


def test_the_last_view_that_fits_is_kept_and_one_more_is_refused(world: World):
    with acting(ANNE):
        for number in range(MOST_VIEWS):
            world.views.save(f"View {number}", "explore", {})
        with pytest.raises(TooManyViews):
            world.views.save("One more", "explore", {})
        world.views.save("View 0", "explore", MOST_ZEROS)
        assert len(world.views.list()) == MOST_VIEWS


def test_what_a_view_filters_for_is_not_in_the_audit_log(world: World):
    saved = world.save(ANNE, "Docteur Martin", is_shared=True, user="Docteur Martin", q="0612345678")
    with acting(ANNE):
        world.views.rename(saved.view_id, "Hélène Martin")
        world.views.share(saved.view_id, False)
        world.views.export()
        world.views.delete(saved.view_id)
    noted = world.audited()
    actions = ["view.save", "view.rename", "view.unshare", "view.export", "view.delete"]
    assert [note["action"] for note in noted] == actions
    assert not any(text in json.dumps(noted, ensure_ascii=False) for text in ("Martin", "0612345678"))


@pytest.mark.parametrize(
    ("subject", "gone"),
    [
        (Subject.of(person="DOCTEUR  MARTIN"), ["About docteur martin", "By name", "By part"]),
        (Subject.of(number="06 12 34 56 78"), ["By number", "By part of a number"]),
        (Subject.of(person="Somebody else"), []),
    ],
    ids=["person", "number", "other"],
)
def test_an_erasure_removes_views_that_point_at_whom_it_is_about(
    world: World, subject: Subject, gone: list[str]
):
    world.save(ANNE, "By name", user="Docteur Martin")
    world.save(BEN, "By part", q="martin")
    world.save(VERA, "About docteur martin")
    world.save(ANNE, "By number", is_shared=True, q="+33 6 12 34 56 78")
    world.save(BEN, "By part of a number", q="612345")
    world.save(ANNE, "Few digits", q="06123")
    world.save(ANNE, "Other", user="Docteur Martinez", rule="pages.zero")
    with world.catalogue.write() as conn:
        found = views_naming(conn, subject)
        assert erase_views(conn, subject) == len(found) == len(gone)
        assert views_naming(conn, subject) == []
    left = {*world.names(ANNE), *world.names(BEN), *world.names(VERA)}
    named = {"By name", "By part", "About docteur martin", "By number", "By part of a number"}
    assert left == (named | {"Few digits", "Other"}) - set(gone)


def test_a_file_carries_views_dashboard_and_start_page_to_another_key(world: World):
    opening = world.save(ANNE, "Hélène", is_shared=True, user="Hélène", sort="-pages")
    world.save(ANNE, "Zero pages", **MOST_ZEROS)
    world.save(BEN, "Ben's", is_shared=True)
    layout = [{"tile": "rules", "size": "third", "height": "low"}]
    with acting(ANNE):
        choices = {"dashboard": layout, "start_page": f"view:{opening.view_id}", "sound": True}
        world.preferences.put_all(choices)
        text = world.views.export()
    with acting(VERA):
        assert world.views.import_(text) == {"views": 2, "private": 1}
        assert world.views.import_(text) == {"views": 2, "private": 1}
        mine = {view.name: view for view in world.views.list() if view.owner == VERA.name}
        assert {name: view.params for name, view in mine.items()} == {
            "Hélène": {"user": "Hélène", "sort": "-pages"},
            "Zero pages": MOST_ZEROS,
        }
        assert not any(view.is_shared for view in mine.values())
        assert world.preferences.all() == {
            "dashboard": layout,
            "start_page": f"view:{mine['Hélène'].view_id}",
        }
        assert world.views.reset() == 2
        assert world.preferences.all() == {}
    assert world.names(ANNE) == ["Ben's", "Hélène", "Zero pages"]


def written(**changes: Any) -> str:
    body = {
        "format": "faxcloud-views",
        "version": 1,
        "views": [{"name": "First", "page": "explore", "is_shared": False, "params": {"mode": "SF"}}],
        "preferences": {"start_page": "view:0"},
    }
    return json.dumps(body | changes)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "file"),
        ("[" * 100_000, "file"),
        (" " * (LARGEST_FILE + 1), "file"),
        ("[]", "format"),
        (written(format="other"), "format"),
        (written(version=2), "version"),
        (written(views={}), "views"),
        (written(views=[{"name": "x", "page": "explore"}] * (MOST_VIEWS + 1)), "views"),
        (written(views=[{"name": "x"}]), "views[0]"),
        (written(views=[{"name": "x", "page": "explore", "owner": "key:ada"}]), "views[0]"),
        (written(views=[{"name": "x", "page": "explore"}] * 2), "views[1].name"),
        (written(views=[{"name": ["x"], "page": "explore"}]), "views[0]"),
        (written(views=[{"name": "x", "page": "explore", "params": []}]), "views[0].params"),
        (written(views=[{"name": "x", "page": "explore", "params": {"q": {}}}]), "views[0].params"),
        (written(views=[{"name": "x", "page": "explore", "is_shared": 1}]), "views[0].is_shared"),
        (
            written(views=[{"name": "x", "page": "explore", "params": {"start_date": "yesterday"}}]),
            "views[0].params.start_date",
        ),
        (written(preferences={"sound": True}), "preferences"),
        (written(preferences={"dashboard": [{"tile": "x", "size": "huge"}]}), "preferences.dashboard"),
        (written(preferences={"start_page": "view:1"}), "preferences.start_page"),
        (written(preferences={"start_page": "https://example.org"}), "preferences.start_page"),
    ],
)
def test_a_hostile_file_is_refused_with_the_place_and_leaves_nothing(world: World, text: str, where: str):
    with acting(ANNE):
        with pytest.raises(ViewsFileInvalid) as refused:
            world.views.import_(text)
        assert refused.value.values["where"] == where
        assert "yesterday" not in refused.value.message
        assert (world.views.list(), world.preferences.all()) == ([], {})


def test_a_file_that_does_not_fit_beside_what_is_there_leaves_nothing_of_it(world: World):
    with acting(ANNE):
        for number in range(MOST_VIEWS - 1):
            world.views.save(f"View {number}", "explore", {})
        two = [{"name": name, "page": "explore"} for name in ("One", "Two")]
        with pytest.raises(TooManyViews):
            world.views.import_(written(views=two, preferences={}))
        assert len(world.views.list()) == MOST_VIEWS - 1
