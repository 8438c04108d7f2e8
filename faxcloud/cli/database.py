"""`faxcloud database …`: looking after the store."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from faxcloud.cli.exits import FAILED
from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import say, say_json, terminal
from faxcloud.cli.tables import show_facts
from faxcloud.i18n import N_


def add_to(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=N_("Look after the store."))
    group.command("backup", help=N_("Copy the whole store into a folder, while everything goes on."))(backup)
    group.command("restore", help=N_("Put the store of a backup in place of this one."))(restore)
    group.command("check", help=N_("Read everything, and say what is wrong."))(check)
    group.command("compact", help=N_("Join small files, and remove what nothing refers to."))(compact)
    app.add_typer(group, name="database")


def backup(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help=N_("Default: a new folder, named by the time."))
    ] = None,
    as_json: AsJson = False,
) -> None:
    target = folder or Path(f"faxcloud-backup-{dt.datetime.now():%Y%m%d-%H%M%S}")  # noqa: DTZ005 - the user's own time
    with services() as opened:
        result = opened.maintenance.backup(target)
    _show(
        result, as_json=as_json, sentence=terminal()("The store was copied to {folder}.", folder=str(target))
    )


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=N_("What `database backup` has written."))],
    as_json: AsJson = False,
) -> None:
    with services() as opened:
        result = opened.maintenance.restore(folder)
    _show(
        result,
        as_json=as_json,
        sentence=terminal()("The store of {folder} was restored.", folder=str(folder)),
    )


def check(as_json: AsJson = False) -> None:
    with services() as opened:
        result = opened.maintenance.check()
    problems = result["problems"]
    t = terminal()
    _show(result, as_json=as_json, sentence=t("The store is sound.") if not problems else "")
    if problems:
        raise typer.Exit(FAILED)


def compact(as_json: AsJson = False) -> None:
    with services() as opened:
        result = opened.maintenance.compact()
    _show(result, as_json=as_json, sentence="")


def _show(result: dict[str, Any], *, as_json: bool, sentence: str) -> None:
    if as_json:
        say_json(result)
        return
    show_facts(
        (name, "\n".join(map(str, value)) if isinstance(value, list) else value)
        for name, value in result.items()
    )
    if sentence:
        say(sentence)
