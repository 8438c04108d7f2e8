"""Data protection commands: `faxcloud privacy …` (retention, erasure, pseudonymised exports)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson, takes_filters
from faxcloud.cli.output import note, say, say_json, terminal
from faxcloud.cli.progress import ProgressLine
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.domain.filters import Filters
from faxcloud.i18n import N_
from faxcloud.services.exports.formats import PseudonymisedFormat

FOR_EVER = "keep"

Days = Annotated[str | None, typer.Option(metavar="DAYS", help=N_("30 or more; “keep” removes nothing."))]
Number = Annotated[
    str | None,
    typer.Option("--number", help=N_("A called or sending number, in any notation; - asks for it.")),
]
Person = Annotated[
    str | None, typer.Option("--person", help=N_("A user name or an e-mail address, as exported; - asks."))
]


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=N_("Data protection."))
    group.command("retention", help=N_("Retention of faxes, imports and audit events."))(retention)
    group.command("apply", help=N_("Remove what is past its retention; for a timer, once a day."))(apply)
    group.command("find", help=N_("Count what is stored of a number or a person."))(find)
    group.command("erase", help=N_("Anonymise everything stored about a number or a person."))(erase)
    group.command("certificates", help=N_("The certificates of erasures."))(certificates)
    group.command("export", help=N_("Export a selection with pseudonyms for numbers, names and ids."))(export)
    app.add_typer(group, name="privacy")


def retention(
    faxes_days: Days = None, reports_days: Days = None, audit_days: Days = None, as_json: AsJson = False
) -> None:
    given = {"faxes_days": faxes_days, "reports_days": reports_days, "audit_days": audit_days}
    changes = {name: _days(days) for name, days in given.items() if days is not None}
    with services() as opened:
        chosen = opened.retention.change(**changes) if changes else opened.retention.settings()
    if as_json:
        say_json(chosen)
        return
    t = terminal()
    labels = {
        "faxes_days": t("Faxes, since they were sent"),
        "reports_days": t("Imports"),
        "audit_days": t("Audit events"),
    }
    show_facts(
        (label, t("kept") if chosen[name] is None else t("{days} days", days=chosen[name]))
        for name, label in labels.items()
    )


def apply(
    dry_run: Annotated[bool, typer.Option("--dry-run", help=N_("Count only; change nothing."))] = False,
    as_json: AsJson = False,
) -> None:
    with services() as opened, ProgressLine() as line:
        result = (
            opened.retention.preview()
            if dry_run
            else opened.retention.apply(lambda *at: _progress(line, *at))
        )
    if as_json:
        say_json(result)
        return
    t = terminal()
    show_facts(
        [
            (t("Faxes"), result.faxes),
            (t("Imports"), result.reports),
            (t("Texts of rejected records"), result.rejects),
            (t("Entries in lists of changes"), result.changes),
            (t("Audit events"), result.audit_events),
        ]
    )
    say(t("Nothing was changed.") if dry_run else t("Removed:"))


def find(number: Number = None, person: Person = None, as_json: AsJson = False) -> None:
    subject = _subject(number, person)
    with services() as opened:
        found = opened.privacy.find(**subject)
    if as_json:
        say_json(found)
    else:
        _show_counts(found, sum(found["rejects"].values()))


def erase(
    number: Number = None,
    person: Person = None,
    yes: Annotated[bool, typer.Option("--yes", help=N_("Confirm: this cannot be undone."))] = False,
    as_json: AsJson = False,
) -> None:
    if not yes:
        t = terminal()
        raise typer.BadParameter(t("An erasure cannot be undone: check with `privacy find`, then add --yes."))
    subject = _subject(number, person)
    with services() as opened, ProgressLine() as line:
        certificate = opened.privacy.erase(**subject, progress=lambda *at: _progress(line, *at))
    if as_json:
        say_json(certificate)
        return
    t = terminal()
    _show_counts(certificate, certificate["rejects"])
    say(t("Certificate {erasure} was written.", erasure=certificate["erasure_id"]))

    say(t("Not erased:"))
    for item in certificate["not_covered"]:
        say("- " + " ".join([t(_uncovered(item)), *item["which"]]))


def certificates(as_json: AsJson = False) -> None:
    with services() as opened:
        listed = [
            found | {"is_genuine": opened.privacy.verify_certificate(found)}
            for found in opened.privacy.certificates()
        ]
        names = opened.keys.names()
    if as_json:
        say_json(listed)
        return
    from faxcloud.services.access.keys import who

    t = terminal()
    headings = (
        Heading(t("Certificate")),
        Heading(t("Written")),
        Heading(t("By")),
        Heading(t("Subject")),
        Heading(t("Faxes"), right=True),
        Heading(t("Authentic")),
    )
    show_table(
        headings,
        [
            (
                found["erasure_id"],
                found["created_at"][:19],
                who(t, names, found["actor"]),
                found["subject"]["pseudonym"],
                found["faxes_total"],
                t("yes") if found["is_genuine"] else t("NO"),
            )
            for found in listed
        ],
    )


@takes_filters
def export(
    filters: Filters,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help=N_("The file to write."))],
    file_format: Annotated[
        PseudonymisedFormat, typer.Option("--format", help=N_("Format of the file: csv or parquet."))
    ] = "csv",
    as_json: AsJson = False,
) -> None:
    with services() as opened, ProgressLine() as line:
        if filters.report is not None:
            opened.reports.show(filters.report)  # a mistyped id is no empty report
        rows = opened.privacy.pseudonymised(
            filters, file_format, output, progress=lambda *at: _progress(line, *at)
        )
    if as_json:
        say_json({"file": str(output), "format": file_format, "rows": rows})
    else:
        note(terminal().gettext("{rows} faxes written to {file}.", rows=rows, file=str(output)))


def _days(text: str) -> int | None:
    if text == FOR_EVER:
        return None
    if not (text.isascii() and text.isdigit()):
        raise typer.BadParameter(
            terminal().gettext("{text} is neither a number of days nor keep.", text=text)
        )
    return int(text)


def _subject(number: str | None, person: str | None) -> dict[str, str | None]:
    """Number or person to erase; `-` reads it from stdin, since options stay in the shell's history."""
    if number == "-":
        number = sys.stdin.readline().strip()
    elif person == "-":
        person = sys.stdin.readline().strip()
    return {"number": number, "person": person}


def _progress(line: ProgressLine, done: int, total: int) -> None:
    line.show(lambda: terminal().gettext("{done} of {total} faxes read", done=done, total=total))


def _show_counts(found: dict[str, Any], rejects: int) -> None:
    t = terminal()
    if found["faxes"]:
        headings = (Heading(t("Import")), Heading(t("Faxes"), right=True))
        show_table(headings, found["faxes"].items())
    show_facts(
        [
            (t("Faxes"), found["faxes_total"]),
            (t("Texts of rejected records"), rejects),
            (t("Entries in lists of changes"), found["changes"]),
            (t("Views, e-mails, links, alerts"), found["choices"]),
        ]
    )


def _uncovered(item: dict[str, Any]) -> str:
    from faxcloud.services.privacy.certificates import NOT_COVERED

    return NOT_COVERED[item["what"]]
