"""Audit log commands: `faxcloud audit …`."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import FAILED, json_text, printable, say, say_json, terminal
from faxcloud.cli.rows import ToStdoutOrFile, put_rows
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.errors import FilterInvalid
from faxcloud.i18n import N_

if TYPE_CHECKING:
    from faxcloud.services.monitoring.audit import AuditSearch

Action = Annotated[
    str | None,
    typer.Option(metavar="A", help=N_("Such as report.import, or report for everything about imports.")),
]
Who = Annotated[str | None, typer.Option(metavar="WHO", help=N_("Such as key:ID, cli:ACCOUNT or local."))]
Resource = Annotated[str | None, typer.Option(metavar="R", help=N_("Such as report:ID."))]
Outcome = Annotated[str | None, typer.Option(help=N_("done, refused or failed."))]
First = Annotated[str | None, typer.Option("--start-date", metavar="D", help=N_("First day, as YYYY-MM-DD."))]
Last = Annotated[
    str | None, typer.Option("--end-date", metavar="D", help=N_("Last day (inclusive), as YYYY-MM-DD."))
]
Words = Annotated[str | None, typer.Option("-q", "--q", metavar="TEXT", help=N_("Part of any of its texts."))]


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=N_("The audit log: what was done, by whom.")
    )
    group.command("log", help=N_("What was done, newest first."))(show_log)
    group.command("verify", help=N_("Check whether an event was changed, removed or added."))(verify)
    group.command("export", help=N_("The whole log, as CSV."))(export)
    app.add_typer(group, name="audit")


def show_log(
    limit: Annotated[int, typer.Option(metavar="N", help=N_("Maximum number of entries."))] = 50,
    action: Action = None,
    actor: Who = None,
    resource: Resource = None,
    outcome: Outcome = None,
    start_date: First = None,
    end_date: Last = None,
    q: Words = None,
    as_json: AsJson = False,
) -> None:
    search = _search(action, actor, resource, outcome, start_date, end_date, q)
    with services() as opened:
        found, zone = opened.audit.log(limit, **search), opened.settings.zone
        names = opened.keys.names()
    if as_json:
        say_json(found)
        return
    t = terminal()
    from faxcloud.services.access.keys import who

    headings = (
        Heading(t("Event"), right=True),
        Heading(t("Time")),
        Heading(t("Who")),
        Heading(t("Action")),
        Heading(t("Outcome")),
        Heading(t("Resource")),
        Heading(t("Details"), shrinks=True),
    )
    rows = [
        (
            str(event["sequence"]),
            t.datetime(event["at"], zone),
            who(t, names, event["actor"]),
            event["action"],
            event["outcome"],
            event["resource"],
            _details(event["details"]),
        )
        for event in found.results
    ]
    show_table(headings, rows)


def verify(as_json: AsJson = False) -> None:
    with services() as opened:
        found = opened.audit.verify()
    if as_json:
        say_json(found)
    elif found.ok:
        t = terminal()
        say(t("The audit log is intact."))
        show_facts(
            (
                (t("Events"), t.number(found.events)),
                (t("First event"), str(found.first)),
                (t("Last event"), str(found.last)),
                (t("Hash of the last event"), found.head),
            )
        )
    else:
        say("\n".join(map(printable, found.problems)))
    if not found.ok:
        raise typer.Exit(FAILED)


def export(
    output: ToStdoutOrFile = "-",
    action: Action = None,
    actor: Who = None,
    resource: Resource = None,
    outcome: Outcome = None,
    start_date: First = None,
    end_date: Last = None,
    q: Words = None,
    as_json: AsJson = False,
) -> None:
    search = _search(action, actor, resource, outcome, start_date, end_date, q)
    with services() as opened:
        rows = opened.audit.export(**search)
        put_rows(rows if as_json else map(_flat, rows), output, as_json=as_json)


def _search(
    action: str | None,
    actor: str | None,
    resource: str | None,
    outcome: str | None,
    start_date: str | None,
    end_date: str | None,
    q: str | None,
) -> AuditSearch:
    return {
        "action": action,
        "actor": actor,
        "resource": resource,
        "outcome": outcome,
        "start": _day("start_date", start_date),
        "end": _day("end_date", end_date),
        "q": q,
    }


def _day(name: str, text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise FilterInvalid(name=name, value=text, expected=N_("a day as YYYY-MM-DD")) from None


def _details(details: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={value if isinstance(value, str | int) else json_text(value)}"
        for name, value in details.items()
        if value is not None
    )


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"at": row["at"].isoformat(), "details": json_text(row["details"])}
