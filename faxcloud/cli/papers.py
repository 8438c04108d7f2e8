"""Report PDF and workbook commands: `faxcloud reports paper …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import FILTER_HELP, AsJson
from faxcloud.cli.output import say, say_json, terminal
from faxcloud.domain.filters import Filters
from faxcloud.errors import FilterInvalid
from faxcloud.i18n import LANGUAGES, N_, Translator, translator

if TYPE_CHECKING:
    from faxcloud.services.papers.paper import Format

ReportId = Annotated[
    str | None, typer.Argument(metavar="ID", help=N_("The import's id; without it, a period."))
]
Start = Annotated[str | None, typer.Option(help=FILTER_HELP["start_date"])]
End = Annotated[str | None, typer.Option(help=FILTER_HELP["end_date"])]
Language = Annotated[str | None, typer.Option(help=N_("fr or en. Default: the terminal's language."))]
Kind = Annotated[str, typer.Option("--format", help=N_("pdf or xlsx."))]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help=N_("File to write."))]
Masked = Annotated[
    bool, typer.Option(help=N_("Mask numbers; leave out e-mail addresses and rejected records."))
]


def write_paper(
    output: Output,
    report_id: ReportId = None,
    start: Start = None,
    end: End = None,
    language: Language = None,
    format: Kind = "pdf",  # noqa: A002 - the contract's word
    masked: Masked = False,
    as_json: AsJson = False,
) -> None:
    filters = Filters.from_params({"report": report_id, "start_date": start, "end_date": end})
    t = _translator(language)
    with services() as opened:
        paper = opened.papers.of(filters, masked=masked)
        document = opened.papers.write(paper, _format(format), t, opened.settings.zone)
        _put(document, output)
    if as_json:
        say_json({"file": str(output), "bytes": len(document), "faxes": paper.summary.values["faxes"]})
        return
    say(terminal().gettext("{file} was written ({size:bytes}).", file=str(output), size=len(document)))


def _translator(language: str | None) -> Translator:
    if language is None:
        return terminal()
    for known in LANGUAGES:
        if language == known:
            return translator(known)
    raise FilterInvalid(name="language", value=language, expected=", ".join(LANGUAGES))


def _format(given: str) -> Format:
    from faxcloud.services.papers.paper import FORMATS

    for known in FORMATS:
        if given == known:
            return known
    raise FilterInvalid(name="format", value=given, expected=", ".join(FORMATS))


def _put(document: bytes, output: Path) -> None:
    from faxcloud.services.exports.writer import export_file

    with export_file(output) as file:
        file.write(document)
