"""Rules that hold for every command."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from faxcloud.cli.program import program
from faxcloud.i18n import translator

# The contract's, and what was added to it.
COMMANDS = {
    "alerts list",
    "alerts acknowledge",
    "alerts rules",
    "alerts import",
    "alerts check",
    "status",
    "import",
    "watch",
    "sample",
    "reports list",
    "reports duplicates",
    "reports show",
    "sources check",
    "sources list",
    "sources show",
    "sources try",
    "reports rejects",
    "reports edit",
    "reports paper",
    "reports delete",
    "entries stats",
    "entries search",
    "entries export",
    "validate all",
    "validate runs",
    "validate changes",
    "rulesets list",
    "rulesets show",
    "rulesets check",
    "webhooks list",
    "webhooks register",
    "webhooks delete",
    "webhooks deliveries",
    "webhooks test",
    "webhooks replay",
    "audit log",
    "audit verify",
    "audit export",
    "cache stats",
    "cache clear",
    "database backup",
    "database restore",
    "database check",
    "database compact",
    "database rotate-encryption-key",
    "keys create",
    "keys list",
    "keys revoke",
    "privacy retention",
    "privacy apply",
    "privacy find",
    "privacy erase",
    "privacy certificates",
    "privacy export",
}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(path), command
        return
    for name, each in below.items():
        yield from commands(each, (*path, name))


def everything(command: Any) -> Iterator[Any]:
    """Every command, group and parameter."""
    yield command
    yield from command.params
    for each in getattr(command, "commands", {}).values():
        yield from everything(each)


ROOT = typer.main.get_command(program())
NAMES = [name for name, _ in commands(ROOT)]


def test_every_command_of_the_contract_is_there():
    assert set(NAMES) == COMMANDS


@pytest.mark.parametrize("name", NAMES)
def test_a_command_takes_json_and_explains_itself(name: str, faxcloud):
    ran = faxcloud(*name.split(), "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: faxcloud {name} ")
    assert "--json" in ran.out


def test_the_help_lists_every_command(faxcloud):
    listed = faxcloud("--help").out
    for group in {name.split()[0] for name in NAMES}:
        assert f"  {group} " in listed
        below = faxcloud(group, "--help").out
        for name in [name for name in NAMES if name.startswith(f"{group} ")]:
            assert f"  {name.split()[1]} " in below


def test_everything_that_can_be_typed_has_a_help_in_both_languages():
    french = translator("fr")
    for part in everything(ROOT):
        assert part.help, f"{part.name} has no help"
        if part.help != part.help.upper():
            assert french(part.help) != part.help, f"{part.name} has no French help"


def test_help_is_french_on_a_french_terminal(faxcloud, monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    ran = faxcloud("status", "--help")
    assert "crire un document JSON sur la sortie standard" in " ".join(ran.out.split())


@pytest.mark.parametrize("group", ["", "reports", "entries", "validate", "rulesets", "database"])
def test_a_group_without_a_command_shows_its_help_and_is_wrong_usage(group: str, faxcloud):
    ran = faxcloud(*group.split())
    assert ran.code == 2
    assert "Commands:" in ran.out + ran.err
    assert "\ufffd" not in ran.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("improt", "No such command 'improt'"),
        ("status --fast", "No such option: --fast"),
        ("import", "Missing argument"),
        ("reports show", "Missing argument"),
        ("validate all --engine hadoop", "hadoop"),
        ("sample --rows 0", "--rows"),
        ("sample --load --remove", "exclude each other"),
        ("entries export --format xlsx", "needs a file"),
        ("rulesets check nowhere.toml", "nowhere.toml"),
    ],
)
def test_wrong_usage_is_code_2_with_a_hint(line: str, said: str, faxcloud):
    ran = faxcloud(*line.split())
    assert ran.code == 2
    assert ran.out == ""
    first, second = ran.err.splitlines()
    assert first.startswith("error: ")
    assert said in first
    assert second.startswith("hint: `faxcloud")


def test_wrong_usage_is_one_document_where_json_is_asked_for(faxcloud):
    ran = faxcloud("import", "--json")
    assert ran.code == 2
    assert ran.err == ""
    assert set(ran.document["error"]) == {"code", "message", "hint"}
    assert ran.document["error"]["code"] == "usage"


def test_csv_and_a_document_do_not_share_stdout(faxcloud):
    ran = faxcloud("entries", "export", "--format", "csv", "--json")
    assert ran.code == 2
    assert "cannot go to stdout" in ran.document["error"]["message"]


def test_an_unknown_setting_is_refused_before_anything_is_done(faxcloud, environment, monkeypatch):
    monkeypatch.setenv("FAXCLOUD_HOEM", "/elsewhere")
    ran = faxcloud("status")
    assert ran.code == 1
    assert "FAXCLOUD_HOEM" in ran.err
    assert "FAXCLOUD_HOME" in ran.err
    assert not (environment / "store").exists()


def test_a_bad_setting_is_named_with_what_is_expected(faxcloud, monkeypatch):
    monkeypatch.setenv("FAXCLOUD_TIMEZONE", "Paris")
    error = faxcloud("status", "--json").document["error"]
    assert error["code"] == "setting.invalid"
    assert "FAXCLOUD_TIMEZONE" in error["message"]
    assert "Europe/Paris" in error["hint"]


def test_a_fault_of_the_program_ends_with_one_line_and_code_1(faxcloud, environment):
    # A folder where the catalogue's file should be is nothing that the store foresees.
    (environment / "store" / "catalogue.sqlite").mkdir(parents=True)
    ran = faxcloud("status")
    assert ran.code == 1
    assert ran.err.splitlines()[-2].startswith("error: ")
    assert ran.err.splitlines()[-1].startswith("hint: ")
