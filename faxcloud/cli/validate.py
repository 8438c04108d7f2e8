"""Re-validation commands: `faxcloud validate …`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from faxcloud.cli.imports import show_rules
from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import say_json, terminal
from faxcloud.cli.progress import ProgressLine
from faxcloud.cli.rows import ToStdoutOrFile, put_rows
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.errors import EngineUnavailable
from faxcloud.i18n import N_


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help=N_("Validate stored faxes again."),
    )
    group.command(
        "all",
        short_help=N_("Validate every fax again."),
        help=N_(
            "Validate every fax again. One run at a time; an interrupted run resumes where it "
            "stopped. `python -m faxcloud.revalidate` does the same."
        ),
    )(validate_all)
    group.command("runs", help=N_("All re-validations, newest first."))(list_runs)
    group.command("changes", help=N_("The faxes whose verdict a run changed, as CSV."))(show_changes)
    app.add_typer(group, name="validate")


def validate_all(
    ruleset: Annotated[
        str | None, typer.Option(metavar="R", help=N_("Ruleset to validate with. Default: the active one."))
    ] = None,
    report: Annotated[
        str | None, typer.Option(metavar="ID", help=N_("Only the faxes of this import."))
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=N_("Count what would change; change nothing."))
    ] = False,
    engine: Annotated[Literal["duckdb", "spark"], typer.Option(help=N_("Query engine."))] = "duckdb",
    as_json: AsJson = False,
) -> None:
    if engine != "duckdb":
        raise EngineUnavailable(engine=engine, reason=terminal().gettext("not available in this version"))
    with services() as opened, ProgressLine() as line:
        result = opened.validation.run(
            ruleset=ruleset,
            report_id=report,
            dry_run=dry_run,
            progress=lambda done, total: line.show(
                lambda: terminal().gettext("{done} of {total} faxes validated", done=done, total=total)
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
                (t("Faxes validated"), t.number(result.scanned)),
                (
                    t("Verdicts that would change") if result.dry_run else t("Verdicts changed"),
                    t.number(result.changed),
                ),
                (t("Newly invalid"), t.number(result.newly_invalid)),
                (t("Newly valid"), t.number(result.newly_valid)),
                (t("Only warnings changed"), t.number(result.warnings_changed)),
                (t("Compliance before"), t.percent(result.compliance_before)),
                (t("Compliance after"), t.percent(result.compliance_after)),
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
        Heading(t("Faxes validated"), right=True),
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
    output: ToStdoutOrFile = "-",
    as_json: AsJson = False,
) -> None:
    with services() as opened:
        put_rows(opened.validation.export_changes(run_id), output, as_json=as_json)
