"""Ruleset commands: `faxcloud rulesets …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import error_document, note, say, say_json, terminal
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.i18n import N_

if TYPE_CHECKING:
    from faxcloud.domain.rulesets.ruleset import Ruleset

SEVERITIES = {"error": N_("error"), "warning": N_("warning")}


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=N_("The rules that faxes have to meet.")
    )
    group.command("list", help=N_("The built-in rulesets and your own."))(list_rulesets)
    group.command("show", help=N_("The rules of one ruleset."))(show_ruleset)
    group.command("check", help=N_("Check a ruleset file without using it."))(check_ruleset)
    app.add_typer(group, name="rulesets")


def list_rulesets(as_json: AsJson = False) -> None:
    with services() as opened:
        shelf, active_id = opened.rulesets.shelf(), opened.rulesets.active_id()
    found = shelf.rulesets.values()
    t = terminal()
    broken = {name: error_document(error.code, *error.render(t)) for name, error in shelf.errors.items()}
    if as_json:
        usable = [_summary(ruleset) | {"is_active": ruleset.id == active_id} for ruleset in found]
        say_json([*usable, *({"file": name, **document} for name, document in broken.items())])
        return
    rows = [
        (
            ruleset.id,
            t("yes") if ruleset.id == active_id else "",
            t.number(len(ruleset.rules)),
            ruleset.description.text(t.language),
        )
        for ruleset in found
    ]
    headings = (
        Heading(t("Ruleset")),
        Heading(t("Active")),
        Heading(t("Rules"), right=True),
        Heading(t("Meaning"), shrinks=True),
    )
    show_table(headings, rows)
    for name, document in broken.items():
        note(f"{name}: {document['error']['message']}")


def show_ruleset(
    ruleset_id: Annotated[str, typer.Argument(metavar="R", help=N_("The ruleset's id."))],
    as_json: AsJson = False,
) -> None:
    with services() as opened:
        ruleset = opened.rulesets.get(ruleset_id)
    _show(ruleset, as_json=as_json)


def check_ruleset(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help=N_("A ruleset as TOML."))
    ],
    as_json: AsJson = False,
) -> None:
    with services() as opened:
        ruleset = opened.rulesets.check(file)
    if as_json:
        say_json(_summary(ruleset))
        return
    t = terminal()
    say(t("Ruleset {ruleset} is valid: {rules} rules.", ruleset=ruleset.key, rules=len(ruleset.rules)))


def _show(ruleset: Ruleset, *, as_json: bool) -> None:
    if as_json:
        say_json(_document(ruleset))
        return
    t = terminal()
    show_facts(
        (
            (t("Ruleset"), ruleset.key),
            (t("Title"), ruleset.title.text(t.language)),
            (t("Meaning"), ruleset.description.text(t.language)),
            *((name, expression) for name, expression in ruleset.derived),
        )
    )
    say()
    rows = [
        (rule.id, t(SEVERITIES[rule.severity]), rule.label.text(t.language), rule.when)
        for rule in ruleset.rules
    ]
    headings = (
        Heading(t("Rule")),
        Heading(t("Severity")),
        Heading(t("Meaning")),
        Heading(t("Condition")),
    )
    show_table(headings, rows)


def _summary(ruleset: Ruleset) -> dict[str, Any]:
    return {
        "id": ruleset.id,
        "hash": ruleset.hash,
        "title": ruleset.title,
        "description": ruleset.description,
        "rules": len(ruleset.rules),
    }


def _document(ruleset: Ruleset) -> dict[str, Any]:
    return _summary(ruleset) | {"derived": dict(ruleset.derived), "rules": ruleset.rules}
