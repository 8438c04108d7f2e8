"""Folder watching command: `faxcloud watch`."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from faxcloud.cli.imports import import_each, outcome_document, show_outcome
from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import note, readable, say_json, terminal
from faxcloud.i18n import N_

HELP = N_(
    "Import new files of a folder until stopped. A file is imported once it no longer grows, and "
    "stays where it is; a file imported before is skipped, a refused one is reported once. With "
    "--json: a line per file, as `import --json` prints it."
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("watch", help=HELP, short_help=N_("Import new files of a folder."))(watch)


def watch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=N_("The folder."))],
    every: Annotated[
        float, typer.Option("--every", min=0.1, metavar="SECONDS", help=N_("Seconds between two checks."))
    ] = 5.0,
    once: Annotated[bool, typer.Option("--once", help=N_("Import what is there, then stop."))] = False,
    as_json: AsJson = False,
) -> None:
    from faxcloud.services.imports.watching import FolderWatch

    with services() as opened, _stopping() as stop:
        watched = FolderWatch(folder, lambda file: import_each(opened, file, readable(file.name)))
        if not once:
            note(terminal().gettext("Watching {folder}. Ctrl-C ends it.", folder=str(folder)))
        for outcome in watched.outcomes(stop, every, once=once):
            if as_json:
                say_json(outcome_document(outcome))
            else:
                show_outcome(opened, outcome)


@contextlib.contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Event set by Ctrl-C or SIGTERM: the current import is finished first. A second Ctrl-C aborts it."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    kinds = (signal.SIGINT, signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread():  # Python allows no signal handler here
        yield stop
        return
    earlier = {kind: signal.signal(kind, ask) for kind in kinds}
    try:
        yield stop
    finally:
        for kind, handler in earlier.items():
            signal.signal(kind, handler)
