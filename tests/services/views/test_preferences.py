"""Personal preferences: stored per actor, audited, limited, reset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud.errors import KeyRequired, PreferenceInvalid
from faxcloud.services.actors import Actor, acting, nobody
from faxcloud.services.journal import Journal
from faxcloud.services.views.preferences import LONGEST_VALUE, MOST_PREFERENCES, Preferences
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue

ANNE, BEN = Actor("key:anne", "viewer"), Actor("key:ben", "viewer")


class World:
    def __init__(self, folder: Path) -> None:
        self.catalogue: Catalogue = open_catalogue(f"sqlite:///{(folder / 'catalogue.sqlite').as_posix()}")
        self._log = folder / "logs" / "audit.log"
        journal = Journal(self.catalogue, AuditTrail(folder / "keys", folder / "logs"))
        self.preferences = Preferences(self.catalogue, journal)

    def audited(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.catalogue.close()


def test_a_choice_is_kept_for_its_owner_alone(world: World):
    with acting(ANNE):
        world.preferences.put("sound", True)
        world.preferences.put("dashboard", [{"tile": "rules", "size": "half"}])
    with acting(BEN):
        assert world.preferences.get("sound", False) is False
        world.preferences.put("sound", False)
    with acting(ANNE):
        assert world.preferences.get("sound") is True
        assert world.preferences.get("dashboard") == [{"tile": "rules", "size": "half"}]


def test_a_choice_is_audited_by_its_name_and_only_when_it_changes(world: World):
    with acting(ANNE):
        world.preferences.put("sound", True)
        world.preferences.put("sound", True)
        world.preferences.reset("sound", "tour_seen")
    noted = [(note["actor"], note["action"], note["resource"], note["details"]) for note in world.audited()]
    assert noted == [
        ("key:anne", "preference.change", "preference:sound", {}),
        ("key:anne", "preference.reset", "preference:sound", {}),
    ]


def test_a_reset_takes_all_or_the_named_choices(world: World):
    with acting(ANNE):
        world.preferences.put_all({"sound": True, "start_page": "explore", "tour_seen": 2})
        world.preferences.reset("sound")
        assert world.preferences.all() == {"start_page": "explore", "tour_seen": 2}
        world.preferences.reset()
        assert world.preferences.all() == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", 1),
        ("Sound", 1),
        ("../x", 1),
        ("x" * 41, 1),
        ("sound", object()),
        ("sound", float("nan")),
        ("sound", "x" * LONGEST_VALUE),
        ("dashboard", {"tile": "rules"}),
        ("dashboard", [{"tile": "rules", "size": "huge"}]),
        ("dashboard", [{"tile": "rules"}, {"tile": "rules"}]),
        ("dashboard", [{"tile": "<script>"}]),
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(world: World, key: str, value: object):
    with acting(ANNE):
        with pytest.raises(PreferenceInvalid):
            world.preferences.put_all({"tour_seen": 1, key: value})
        assert world.preferences.all() == {}


def test_the_last_choice_that_fits_is_kept_and_one_more_is_refused(world: World):
    with acting(ANNE):
        world.preferences.put_all({f"k{number}": number for number in range(MOST_PREFERENCES)})
        with pytest.raises(PreferenceInvalid):
            world.preferences.put("one_more", 1)
        world.preferences.put("k0", "changed")
        assert len(world.preferences.all()) == MOST_PREFERENCES


def test_who_is_not_signed_in_keeps_nothing(world: World):
    with acting(nobody("127.0.0.1")):
        assert world.preferences.get("sound", "none") == "none"
        with pytest.raises(KeyRequired):
            world.preferences.put("sound", True)
