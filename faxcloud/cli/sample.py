"""Sample data command: `faxcloud sample`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from faxcloud.cli.imports import import_file, show_import
from faxcloud.cli.opening import process_started_at, services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import say, say_json, terminal
from faxcloud.cli.progress import ProgressLine
from faxcloud.errors import AlreadyImported, ExportFailed
from faxcloud.i18n import N_
from faxcloud.services.documents import document_of

HELP = N_(
    "Write an invented export in the service's format: the same number of faxes and seed give the "
    "same file. Or load the sample data that comes with FaxCloud, or remove it."
)
A_MONTH = 26_000
"""Typical number of rows of one hospital in a month."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("sample", help=HELP, short_help=N_("Write an invented export, or load the sample data."))(
        sample
    )


def sample(
    rows: Annotated[int, typer.Option(min=1, help=N_("Number of faxes."))] = A_MONTH,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help=N_("File to write."))] = Path(
        "faxcloud-sample.csv"
    ),
    seed: Annotated[int, typer.Option(min=0, help=N_("Seed of the random data."))] = 3,
    load: Annotated[bool, typer.Option("--load", help=N_("Import the sample data instead."))] = False,
    load_if_empty: Annotated[
        bool, typer.Option("--load-if-empty", help=N_("Import the sample data if there are no imports."))
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help=N_("Delete the sample data."))] = False,
    as_json: AsJson = False,
) -> None:
    if load + load_if_empty + remove > 1:
        raise typer.BadParameter(
            terminal().gettext("--load, --load-if-empty and --remove exclude each other.")
        )
    if load or load_if_empty:
        _load(only_if_empty=load_if_empty, as_json=as_json)
    elif remove:
        _remove(as_json=as_json)
    else:
        _write(output, rows, seed, as_json=as_json)


def _write(output: Path, rows: int, seed: int, *, as_json: bool) -> None:
    from faxcloud.services.sample.export import write_sample

    t = terminal()
    try:
        with ProgressLine() as line:
            facts = write_sample(
                output,
                rows,
                seed,
                progress=lambda done, total: line.show(
                    lambda: t("{done} of {total} faxes written", done=done, total=total)
                ),
            )
    except OSError as error:
        raise ExportFailed(target=str(output), reason=error.strerror or str(error)) from error
    if as_json:
        say_json(document_of(facts))
    else:
        say(t("{rows} faxes written to {file}.", rows=rows, file=str(output)))


def _load(*, only_if_empty: bool, as_json: bool) -> None:
    from faxcloud.services.sample.export import sample_path

    with services() as opened:
        if only_if_empty and opened.reports.list():
            _say_nothing_done(as_json=as_json)
            return
        try:
            result = import_file(opened, sample_path(), is_sample=True, asked_at=process_started_at())
        except AlreadyImported:
            if not only_if_empty:
                raise
            _say_nothing_done(as_json=as_json)  # another process has imported it meanwhile
            return
        if as_json:
            say_json(document_of(result))
        else:
            show_import(opened, result)


def _say_nothing_done(*, as_json: bool) -> None:
    if as_json:
        say_json(None)


def _remove(*, as_json: bool) -> None:
    with services() as opened:
        removed = opened.reports.remove_sample()
    if as_json:
        say_json({"reports_deleted": removed})
    else:
        t = terminal()
        say(t("The sample data was removed.") if removed else t("There is no sample data."))
