"""Ruleset commands."""

from pathlib import Path

import pytest

from faxcloud.domain.rulesets.parser import builtin_rulesets
from tests.cli.conftest import Faxcloud

OWN = """
id = "hospital"
extends = "faxcloud-3"
title = { en = "Hospital", fr = "Hôpital" }
description = { en = "At most 50 pages.", fr = "50 pages au plus." }

[[rules]]
id = "pages.many"
field = "pages"
severity = "error"
when = "pages > 50"
label = { en = "Too many pages", fr = "Trop de pages" }
explanation = { en = "More than 50 pages.", fr = "Plus de 50 pages." }
remedy = { en = "Send it by mail.", fr = "Envoyer par la poste." }
"""


@pytest.fixture
def own(environment: Path) -> Path:
    folder = environment / "store" / "rulesets"
    folder.mkdir(parents=True)
    (folder / "hospital.toml").write_text(OWN, "utf-8")
    return folder


def test_the_built_in_rulesets_are_listed_with_the_active_one(faxcloud: Faxcloud):
    listed = faxcloud("rulesets", "list", "--json").document
    assert {one["id"]: one["is_active"] for one in listed} == {"faxcloud-3": True, "faxcloud-1": False}
    out = faxcloud("rulesets", "list").out
    assert all(name in out for name in builtin_rulesets())


def test_a_ruleset_of_the_users_own_is_listed_and_a_broken_one_says_why(faxcloud: Faxcloud, own: Path):
    (own / "broken.toml").write_text("id = ", "utf-8")
    listed = faxcloud("rulesets", "list", "--json").document
    assert [one.get("id") for one in listed] == ["faxcloud-3", "faxcloud-1", "hospital", None]
    assert listed[-1]["file"] == "broken.toml"
    assert listed[-1]["error"]["code"] == "rules.ruleset_invalid"
    ran = faxcloud("rulesets", "list")
    assert "hospital" in ran.out
    assert "broken.toml: " in ran.err


def test_a_ruleset_is_shown_with_its_conditions(faxcloud: Faxcloud, own: Path):
    shown = faxcloud("rulesets", "show", "hospital", "--json").document
    assert shown["rules"][-1]["when"] == "pages > 50"
    assert shown["rules"][-1]["label"] == {"en": "Too many pages", "fr": "Trop de pages"}
    assert "pages > 50" in faxcloud("rulesets", "show", "hospital").out


def test_a_ruleset_speaks_the_language_of_the_terminal(faxcloud: Faxcloud, own: Path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert "Trop de pages" in faxcloud("rulesets", "show", "hospital").out


def test_a_file_is_checked_without_being_used(faxcloud: Faxcloud, tmp_path: Path):
    file = tmp_path / "hospital.toml"
    file.write_text(OWN, "utf-8")
    assert faxcloud("rulesets", "check", file, "--json").document["rules"] == 18
    assert "is valid" in faxcloud("rulesets", "check", file).out
    assert "hospital" not in faxcloud("rulesets", "list").out


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("read_text('/etc/passwd') = ''", "rules.condition_refused"),
        ("pages > (SELECT 1)", "rules.condition_refused"),
        ("nothing > 1", "rules.condition_refused"),
    ],
)
def test_a_condition_that_is_not_allowed_is_refused_by_its_rule(
    condition: str, code: str, faxcloud: Faxcloud, tmp_path: Path
):
    file = tmp_path / "hospital.toml"
    file.write_text(OWN.replace("pages > 50", condition), "utf-8")
    ran = faxcloud("rulesets", "check", file, "--json")
    assert ran.code == 1
    assert ran.document["error"]["code"] == code
    assert "pages.many" in ran.document["error"]["message"]


def test_an_unknown_ruleset_is_refused_with_those_that_there_are(faxcloud: Faxcloud):
    ran = faxcloud("rulesets", "show", "faxcloud-9")
    assert ran.code == 1
    assert "faxcloud-3, faxcloud-1" in ran.err
