"""Store maintenance commands: `faxcloud database …`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from faxcloud.cli.opening import for_the_audit_log, services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import FAILED, printable, say, say_json, terminal
from faxcloud.cli.progress import ProgressLine
from faxcloud.i18n import N_


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help=N_("Back up, restore, check and compact the stored data."),
    )
    group.command("backup", help=N_("Back up the whole store into a folder while it is in use."))(backup)
    group.command(
        "restore", help=N_("Restore a backup in place of the stored data; nothing else may use it.")
    )(restore)
    group.command("check", help=N_("Compare checksums, count rows and report problems."))(check)
    group.command("compact", help=N_("Join small files and remove unused ones."))(compact)
    group.command(
        "rotate-encryption-key",
        help=N_("Encrypt webhook and channel secrets with a new key and drop the old one."),
    )(rotate_encryption_key)
    app.add_typer(group, name="database")


def backup(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help=N_("Default: a new folder here, named by date and time.")),
    ] = None,
    as_json: AsJson = False,
) -> None:
    # The user's own time: it names the folder, and nothing is computed with it.
    target = folder or Path(f"faxcloud-backup-{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}")
    with services() as opened, ProgressLine() as line:
        result = opened.backups.write(
            target,
            progress=_on(line),
        )
    _answer(
        result, terminal().gettext("The store was copied to {folder}.", folder=str(target)), as_json=as_json
    )


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=N_("A folder written by `database backup`."))],
    stopped: Annotated[
        bool,
        typer.Option(
            "--stopped",
            help=N_("For a store that cannot be opened: set it aside and put the backup in its place."),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    from faxcloud.config import load_settings
    from faxcloud.services.backups.restore import restore as restore_backup
    from faxcloud.services.backups.restore import store_exists

    settings = load_settings()
    if store_exists(settings) and not stopped:
        with services():  # finishes what a dead process left
            pass
    with for_the_audit_log(), ProgressLine() as line:
        done = restore_backup(settings, folder, _on(line), set_aside=stopped)
    with services() as opened:
        result = replace(done, problems=tuple(opened.maintenance.check(t=terminal())))
    sentences = [
        terminal().gettext(
            "The store of {folder} was restored. The previous data is in {kept}.",
            folder=str(folder),
            kept=result.kept,
        )
    ]
    if result.erasures_since:
        sentences.append(
            terminal().ngettext(
                "{count} erasure was made after that backup and has to be repeated.",
                "{count} erasures were made after that backup and have to be repeated.",
                result.erasures_since,
            )
        )
    sentences += map(printable, result.problems)
    if not result.problems:
        sentences.append(terminal().gettext("No problem was found."))
    _answer(result, "\n".join(sentences), as_json=as_json)
    if result.problems:
        raise typer.Exit(FAILED)


def check(
    sample: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            metavar="PERCENT",
            help=N_("Compare the checksums of this percentage of the data files and count no rows."),
        ),
    ] = 100,
    as_json: AsJson = False,
) -> None:
    t = terminal()
    with services() as opened:
        problems = opened.maintenance.check(sample / 100, t)
        unnamed = opened.maintenance.files_without_checksum()
    sentences = [printable(problem) for problem in problems] or [t("No problem was found.")]
    if unnamed:
        sentences.append(
            t.ngettext(
                "{count} data file has no checksum yet: `faxcloud database compact` adds it.",
                "{count} data files have no checksum yet: `faxcloud database compact` adds them.",
                unnamed,
            )
        )
    _answer(
        {"is_sound": not problems, "problems": problems, "files_without_checksum": unnamed},
        "\n".join(sentences),
        as_json=as_json,
    )
    if problems:
        raise typer.Exit(FAILED)


def compact(as_json: AsJson = False) -> None:
    with services() as opened:
        result = opened.maintenance.compact()
    sentence = terminal().gettext(
        "{before} small files became {after}; {removed} unused files were removed.",
        before=result.files_before,
        after=result.files_after,
        removed=result.removed_files,
    )
    _answer(result, sentence, as_json=as_json)


def rotate_encryption_key(as_json: AsJson = False) -> None:
    t = terminal()
    with services() as opened:
        result = opened.encryption_keys.rotate()
    sentences = [
        t.ngettext(
            "{count} webhook or channel was encrypted with a new key.",
            "{count} webhooks and channels were encrypted with a new key.",
            result.rewritten,
        )
    ]
    if result.unreadable:
        sentences.append(
            t.ngettext(
                "{count} cannot be decrypted: `faxcloud database check` says what to do.",
                "{count} cannot be decrypted: `faxcloud database check` says what to do.",
                result.unreadable,
            )
        )
    _answer(result, "\n".join(sentences), as_json=as_json)


def _on(line: ProgressLine) -> Callable[[int, int], None]:
    return lambda done, total: line.show(
        lambda: terminal().gettext("{done:bytes} of {total:bytes} copied", done=done, total=total)
    )


def _answer(document: Any, sentence: str, *, as_json: bool) -> None:
    if as_json:
        say_json(document)
    else:
        say(sentence)
