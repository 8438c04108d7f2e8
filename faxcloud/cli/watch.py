"""Folder watching command: `faxcloud watch`."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from faxcloud.cli.imports import import_file, refusal, show_import
from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import note, say_json, show_error, terminal
from faxcloud.i18n import N_
from faxcloud.services.documents import document_of

if TYPE_CHECKING:
    from faxcloud.services.imports.watching import Outcome
    from faxcloud.wiring import Services

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
        watched = FolderWatch(folder, lambda file: import_file(opened, file))
        if not once:
            note(terminal().gettext("Watching {folder}. Ctrl-C ends it.", folder=str(folder)))
        for outcome in watched.outcomes(stop, every, once=once):
            _show(opened, outcome, as_json=as_json)


def _show(opened: Services, outcome: Outcome, *, as_json: bool) -> None:
    if outcome.error is not None:
        if as_json:
            say_json(refusal(outcome.file, outcome.error))
        else:
            message, hint = outcome.error.render(terminal())
            show_error(outcome.error.code, message, hint, as_json=False)
    elif outcome.result is not None:
        if as_json:
            say_json(document_of(outcome.result))
        else:
            show_import(opened, outcome.result)


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
