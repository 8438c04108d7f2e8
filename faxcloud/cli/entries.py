"""Fax search and export commands: `faxcloud entries …`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faxcloud.cli.imports import show_rules
from faxcloud.cli.opening import services
from faxcloud.cli.options import PAGING_HELP, AsJson, takes_filters, takes_paging
from faxcloud.cli.output import note, say, say_json, terminal
from faxcloud.cli.progress import ProgressLine
from faxcloud.cli.rows import ended_early
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.domain.filters import Filters, Paging
from faxcloud.domain.metrics import METRICS
from faxcloud.i18n import N_, Language
from faxcloud.services.exports.formats import FORMATS, Format

if TYPE_CHECKING:
    from faxcloud.wiring import Services


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=N_("Figures, search and export of faxes.")
    )
    group.command("stats", help=N_("The published figures of an import or a selection."))(stats)
    group.command("search", help=N_("A page of faxes."))(search)
    group.command("export", help=N_("Export a selection as a file."))(export)
    app.add_typer(group, name="entries")


@takes_filters
def stats(filters: Filters, as_json: AsJson = False) -> None:
    from faxcloud.presentation.wording import value_text
    from faxcloud.services.papers.facts import verdict_says

    with services() as opened:
        _refuse_unknown_report(opened, filters)
        summary = opened.summaries.summary(filters)
        by_rule = {row["key"]: row["violations"] for row in opened.summaries.breakdown(filters, "rule")}
        if as_json:
            document = {"report_id": filters.report, "filters": filters.to_params(), **summary.values}
            is_compared = None if summary.previous is None else summary.compared is not None
            shares = {"comparable": is_compared, "of_faxes": summary.of_faxes, "share": summary.share}
            say_json(document | shares | {"by_rule": by_rule, "previous": summary.previous})
            return
        t, target = terminal(), opened.targets.rates().target
        show_facts(
            (t(metric.label), value_text(t, metric.key, summary.values[metric.key], target))
            for metric in METRICS
        )
        if selected := verdict_says(t, summary):
            say(selected)
        show_rules(opened, by_rule)


@takes_filters
@takes_paging
def search(paging: Paging, filters: Filters, as_json: AsJson = False) -> None:
    with services() as opened:
        _refuse_unknown_report(opened, filters)
        page = opened.search.page(filters, paging)
    if as_json:
        say_json(page)
        return
    t = terminal()
    headings = (
        Heading(t("Import")),
        Heading(t("Line"), right=True),
        Heading(t("Fax")),
        Heading(t("Date")),
        Heading(t("Mode")),
        Heading(t("Number")),
        Heading(t("Pages"), right=True),
        Heading(t("Violations")),
        Heading(t("User"), shrinks=True),
    )
    names = (
        "report_id", "line", "fax_id", "date_heure", "mode", "numero_normalise", "pages", "erreurs",
        "utilisateur",
    )  # fmt: skip
    show_table(headings, [[_cell(row[name]) for name in names] for row in page.results])
    say(t("Page {page} of {pages}, {total} faxes.", page=page.page, pages=page.pages, total=page.total))


@takes_filters
def export(
    filters: Filters,
    file_format: Annotated[
        Format | None, typer.Option("--format", help=N_("Default: csv; json with --json."))
    ] = None,
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help=N_("Default: - (stdout), for csv and json.")),
    ] = "-",
    separator: Annotated[str, typer.Option(help=N_("Column separator of a CSV file."))] = ",",
    bom: Annotated[
        bool, typer.Option("--bom", help=N_("Start a CSV file with a UTF-8 byte order mark, for Excel."))
    ] = False,
    decimal_comma: Annotated[
        bool, typer.Option("--decimal-comma", help=N_("Decimal comma (1,5), for Excel in French."))
    ] = False,
    raw: Annotated[
        bool,
        typer.Option("--raw", help=N_("Do not neutralise texts that a spreadsheet would run as formulas.")),
    ] = False,
    labels: Annotated[
        Language | None,
        typer.Option(
            help=N_("CSV: names of rules, and yes or no, in this language instead of ids, 1 and 0.")
        ),
    ] = None,
    sort: Annotated[str | None, typer.Option(help=PAGING_HELP["sort"])] = None,
    as_json: AsJson = False,
) -> None:
    to_stdout = output == "-"
    chosen: Format = file_format or ("json" if as_json and to_stdout else "csv")
    _refuse_wrong_usage(chosen, to_stdout=to_stdout, as_json=as_json)
    style: dict[str, Any] = {
        "separator": separator, "bom": bom, "decimal_comma": decimal_comma, "raw": raw, "labels": labels,
        "sort": sort,
    }  # fmt: skip
    with services() as opened, ProgressLine() as line:
        _refuse_unknown_report(opened, filters)
        if to_stdout:
            _write_stdout(opened, filters, chosen, style, line)
        else:
            _write_file(opened, filters, chosen, Path(output), style, line, as_json=as_json)


def _write_stdout(
    opened: Services, filters: Filters, chosen: Format, style: dict[str, Any], line: ProgressLine
) -> None:
    """Write chunks to stdout as they are made."""
    pieces = opened.exports.stream(filters, chosen, **style)
    written = 0
    with ended_early(pieces):
        for piece in pieces:
            written += sys.stdout.buffer.write(piece)
            line.show(lambda: terminal().gettext("{done:bytes} written", done=written))  # noqa: B023 - asked at once
    sys.stdout.buffer.flush()


def _write_file(
    opened: Services,
    filters: Filters,
    chosen: Format,
    target: Path,
    style: dict[str, Any],
    line: ProgressLine,
    *,
    as_json: bool,
) -> None:
    t = terminal()
    started = time.monotonic()
    rows = opened.exports.write(
        filters,
        chosen,
        target,
        **style,
        progress=lambda done, total: line.show(
            lambda: t("{done} of {total} faxes written", done=done, total=total)
        ),
    )
    line.clear()
    if not as_json:
        note(t("{rows} faxes written to {file}.", rows=rows, file=str(target)))
        return
    say_json(
        {
            "file": str(target),
            "format": chosen,
            "rows": rows,
            "bytes": target.stat().st_size,
            "seconds": round(time.monotonic() - started, 3),
        }
    )


def _refuse_wrong_usage(chosen: Format, *, to_stdout: bool, as_json: bool) -> None:
    t = terminal()
    if to_stdout and not FORMATS[chosen].is_streamed:
        raise typer.BadParameter(t("{format} needs a file: -o FILE.", format=chosen))
    if to_stdout and as_json and chosen != "json":
        raise typer.BadParameter(t("With --json, {format} cannot go to stdout: -o FILE.", format=chosen))


def _refuse_unknown_report(opened: Services, filters: Filters) -> None:
    """Raise for a report that does not exist: a mistyped id is not an empty report."""
    if filters.report is not None:
        opened.reports.show(filters.report)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
