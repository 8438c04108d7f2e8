"""Report commands: `faxcloud reports …`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from faxcloud.cli.imports import show_duplicates, show_rules
from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import say, say_json, terminal
from faxcloud.cli.papers import write_paper
from faxcloud.cli.rows import ToStdoutOrFile, put_rows
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.domain.filters import Filters
from faxcloud.i18n import N_, Translator
from faxcloud.services.imports.notices import notice_text

EDITED = ("contract", "start", "end")

ReportId = Annotated[str, typer.Argument(metavar="ID", help=N_("The import's id."))]


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=N_("Imports: one `report` is one imported file.")
    )
    group.command("list", help=N_("All imports, newest first."))(list_reports)
    group.command("show", help=N_("One import in detail."))(show_report)
    group.command("edit", help=N_("Change an import's contract or period."))(edit_report)
    group.command("rejects", help=N_("The records of a file that could not be imported, as CSV."))(rejects)
    group.command("duplicates", help=N_("Imports that share faxes, which are counted twice."))(
        list_duplicates
    )
    group.command("paper", help=N_("A report to share, as PDF or workbook, about an import or a period."))(
        write_paper
    )
    deleting = N_("Delete an import and all its faxes, or cancel an import that is under way.")
    group.command("delete", help=deleting)(delete_report)
    app.add_typer(group, name="reports")


def list_reports(as_json: AsJson = False) -> None:
    with services() as opened:
        found, zone = opened.reports.list(), opened.settings.zone
    if as_json:
        say_json(found)
        return
    t = terminal()
    headings = (
        Heading(t("Import")),
        Heading(t("State")),
        Heading(t("Imported on")),
        Heading(t("Faxes"), right=True),
        Heading(t("Invalid faxes"), right=True),
        Heading(t("Compliance"), right=True),
        Heading(t("File"), shrinks=True),
    )
    show_table(headings, [_row(report, zone, t) for report in found])


def show_report(report_id: ReportId, as_json: AsJson = False) -> None:
    with services() as opened:
        report = opened.reports.show(report_id)
        if as_json:
            say_json(report)
            return
        t = terminal()
        by_rule = {**(report.get("violations") or {}), **(report.get("warnings") or {})}
        zone = opened.settings.zone
        # Under their published names: the same words as in the document.
        show_facts(
            (name, _shown(value, name, zone, t))
            for name, value in report.items()
            if not isinstance(value, dict) and name not in ("duplicates_of", "notices")
        )
        show_rules(opened, by_rule)
        show_duplicates(report["duplicates_of"])
        for notice in report["notices"] or ():
            say(f"! {notice_text(t, notice)}")


def list_duplicates(as_json: AsJson = False) -> None:
    with services() as opened:
        found = opened.maintenance.duplicates()
    if as_json:
        say_json(found)
        return
    t = terminal()
    if not found:
        say(t("No fax is in two imports."))
        return
    headings = (
        Heading(t("Older import")),
        Heading(t("File"), shrinks=True),
        Heading(t("Newer import")),
        Heading(t("File"), shrinks=True),
        Heading(t("Faxes counted twice"), right=True),
    )
    rows = [
        (pair["older"], pair["older_file"], pair["newer"], pair["newer_file"], t.number(pair["faxes"]))
        for pair in found
    ]
    show_table(headings, rows)


def rejects(report_id: ReportId, output: ToStdoutOrFile = "-", as_json: AsJson = False) -> None:
    with services() as opened:
        put_rows(opened.reports.rejects(report_id), output, as_json=as_json)


def edit_report(
    report_id: ReportId,
    contract: Annotated[str | None, typer.Option(help=N_("Its contract; blank for none."))] = None,
    start: Annotated[str | None, typer.Option(help=N_("First day, as YYYY-MM-DD; blank for none."))] = None,
    end: Annotated[
        str | None, typer.Option(help=N_("Last day (inclusive), as YYYY-MM-DD; blank for none."))
    ] = None,
    as_json: AsJson = False,
) -> None:
    days = Filters.from_params({"start_date": start, "end_date": end})
    with services() as opened:
        report = opened.reports.show(report_id)
        edited = opened.reports.edit(
            report_id,
            contract=report["contract"] if contract is None else contract,
            start=report["start"] if start is None else days.start_date,
            end=report["end"] if end is None else days.end_date,
        )
    if as_json:
        say_json(edited)
        return
    t = terminal()
    show_facts((name, t.date(edited[name]) if name != "contract" else edited[name] or "") for name in EDITED)


def delete_report(report_id: ReportId, as_json: AsJson = False) -> None:
    with services(to_delete=True) as opened:
        deleted = opened.reports.delete(report_id)
    if as_json:
        say_json(deleted)
        return
    t = terminal()
    if deleted["state"] == "importing":
        say(t("Import {report_id} was cancelled.", report_id=report_id))
    else:
        say(t("Import {report_id} was deleted.", report_id=report_id))


def _row(report: dict[str, Any], zone: dt.tzinfo, t: Translator) -> tuple[str, ...]:
    return (
        report["report_id"],
        report["state"],
        t.datetime(report["imported_at"], zone),
        t.number(report["imported"]),
        t.number(report["invalid"]),
        t.percent(report["compliance_rate"]),
        report["file"] + (f" ({t('sample')})" if report["is_sample"] else ""),
    )


def _shown(value: Any, name: str, zone: dt.tzinfo, t: Translator) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, dt.datetime):
        return t.datetime(value, zone)
    if isinstance(value, dt.date):
        return t.date(value)
    if name == "seconds":
        return t.duration(value)
    if name == "bytes":
        return t.bytes(value)
    if name.endswith("_rate"):
        return t.percent(value)
    if isinstance(value, int):
        return t.number(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
