"""`faxcloud validate …`: judging stored faxes again."""

from __future__ import annotations

import csv
import io
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import typer

from faxcloud.cli.imports import show_rules
from faxcloud.cli.opening import ended_early, services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import note, say_json, say_json_array, terminal
from faxcloud.cli.progress import ProgressLine
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.errors import EngineUnavailable, ExportFailed
from faxcloud.i18n import N_
from faxcloud.rules.entries import text_cell


def add_to(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help=N_("Judge stored faxes again."),
    )
    group.command(
        "all",
        short_help=N_("Judge every fax again."),
        help=N_(
            "Judge every fax again. One runs at a time; a stopped one goes on where it was. "
            "`python -m faxcloud.revalidate` is the same."
        ),
    )(validate_all)
    group.command("runs", help=N_("All re-validations, newest first."))(list_runs)
    group.command("changes", help=N_("The faxes whose verdict a run changed, as CSV."))(show_changes)
    app.add_typer(group, name="validate")


def validate_all(
    ruleset: Annotated[
        str | None, typer.Option(metavar="R", help=N_("Judge by this ruleset. Default: the active one."))
    ] = None,
    report: Annotated[str | None, typer.Option(metavar="ID", help=N_("Faxes of one report only."))] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=N_("Count what would change, and change nothing."))
    ] = False,
    engine: Annotated[Literal["duckdb", "spark"], typer.Option(help=N_("What computes."))] = "duckdb",
    as_json: AsJson = False,
) -> None:
    if engine != "duckdb":
        raise EngineUnavailable(engine=engine, reason=terminal().gettext("this version does not have it yet"))
    with services() as opened, ProgressLine() as line:
        result = opened.validation.run(
            ruleset=ruleset,
            report_id=report,
            dry_run=dry_run,
            progress=lambda done, total: line.show(
                lambda: terminal().gettext("{done} of {total} faxes judged", done=done, total=total)
            ),
        )
        line.clear()
        if as_json:
            say_json(result)
            return
        t = terminal()
        show_facts(
            (
                (t("Run"), result.run_id or ""),
                (t("Ruleset"), result.ruleset),
                (t("Faxes judged"), t.number(result.scanned)),
                (t("Would change") if result.dry_run else t("Changed"), t.number(result.changed)),
                (t("Newly invalid"), t.number(result.newly_invalid)),
                (t("Newly valid"), t.number(result.newly_valid)),
                (t("Duration"), t.duration(result.seconds)),
            )
        )
        show_rules(opened, dict(result.violations))


def list_runs(as_json: AsJson = False) -> None:
    with services() as opened:
        runs, zone = opened.validation.runs(), opened.settings.zone
    if as_json:
        say_json(runs)
        return
    t = terminal()
    headings = (
        Heading(t("Run")),
        Heading(t("State")),
        Heading(t("Started on")),
        Heading(t("Ruleset")),
        Heading(t("Dry run")),
        Heading(t("Faxes judged"), right=True),
        Heading(t("Changed"), right=True),
        Heading(t("Newly invalid"), right=True),
        Heading(t("Newly valid"), right=True),
    )
    rows = [
        (
            run["run_id"],
            run["state"],
            t.datetime(run["started_at"], zone),
            run["ruleset"],
            t("yes") if run["dry_run"] else "",
            *(t.number(run[key]) for key in ("scanned", "changed", "newly_invalid", "newly_valid")),
        )
        for run in runs
    ]
    show_table(headings, rows)


def show_changes(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help=N_("The run's id."))],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help=N_("Default: -, stdout."))
    ] = "-",
    as_json: AsJson = False,
) -> None:
    with services() as opened:
        changes = opened.validation.changes(run_id)
        with ended_early(changes):
            if output != "-":
                _say_written(output, _write_file(Path(output), changes), as_json=as_json)
            elif as_json:
                say_json_array(changes)
            else:
                _write_stdout(changes)


def _say_written(output: str, rows: int, *, as_json: bool) -> None:
    if as_json:
        say_json({"file": output, "format": "csv", "rows": rows})
    else:
        note(terminal().gettext("{rows} faxes written to {file}.", rows=rows, file=output))


def _write_stdout(changes: Iterator[dict[str, Any]]) -> None:
    """In UTF-8 also where the terminal has a Windows code page: this is data."""
    sys.stdout.flush()
    text = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    try:
        _write_csv(text, changes)
    finally:
        text.detach()


def _write_file(target: Path, changes: Iterator[dict[str, Any]]) -> int:
    """CSV under its name only when it is whole."""
    part = target.with_name(target.name + ".part")
    try:
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                rows = _write_csv(file, changes)
            part.replace(target)
        except OSError as error:
            raise ExportFailed(target=str(target), reason=error.strerror or str(error)) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return rows


def _write_csv(file: IO[str], changes: Iterator[dict[str, Any]]) -> int:
    """Header and rows; a run that changed nothing has none of both. Returns the rows."""
    first = next(changes, None)
    if first is None:
        return 0
    writer = csv.DictWriter(file, fieldnames=list(first), lineterminator="\n")
    writer.writeheader()
    rows = 0
    for change in itertools.chain((first,), changes):
        writer.writerow(
            {name: text_cell(value) if isinstance(value, str) else value for name, value in change.items()}
        )
        rows += 1
    return rows
