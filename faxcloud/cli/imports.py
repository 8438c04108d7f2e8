"""Import command: `faxcloud import`."""

from __future__ import annotations

import datetime as dt
import getpass
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faxcloud.cli.exits import DONE, FAILED
from faxcloud.cli.opening import process_started_at, services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import error_document, readable, say, say_json, show_error, terminal
from faxcloud.cli.progress import ProgressLine
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.domain.filters import Filters
from faxcloud.errors import FaxCloudError
from faxcloud.i18n import N_
from faxcloud.services.documents import document_of

if TYPE_CHECKING:
    from faxcloud.services.imports.importer import ImportResult, Progress
    from faxcloud.wiring import Services

HELP = N_(
    "Import exports of the fax service: CSV, XLSX, XLSM, XLS or ODS, also inside .gz or .zip. One import "
    "per file. A refused file does not stop the others. With --json: an object for one file, an array "
    "for several."
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("import", help=HELP, short_help=N_("Import exports of the fax service."))(import_files)


def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=N_("Files to import."))],
    contract: Annotated[str | None, typer.Option(help=N_("Contract of the files."))] = None,
    start: Annotated[
        str | None, typer.Option(help=N_("First day of their period, as YYYY-MM-DD; for information only."))
    ] = None,
    end: Annotated[
        str | None, typer.Option(help=N_("Last day of their period, as YYYY-MM-DD; for information only."))
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=N_("Import a file that was imported already."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    period = Filters.from_params({"start_date": start, "end_date": end})
    options = {
        "contract": contract, "start": period.start_date, "end": period.end_date, "force": force,
    }  # fmt: skip
    with services() as opened:
        outcomes = list(_imported(opened, files, options, as_json=as_json))
    if as_json:
        say_json(outcomes[0] if len(files) == 1 else outcomes)
    raise typer.Exit(FAILED if any("error" in outcome for outcome in outcomes) else DONE)


def _imported(
    opened: Services, files: list[Path], options: dict[str, Any], *, as_json: bool
) -> Iterator[dict[str, Any]]:
    """Results of the files, in order; printed at once unless one document follows at the end."""
    asked_at = process_started_at()
    for file in files:
        try:
            result = import_file(opened, file, asked_at=asked_at, **options)
        except FaxCloudError as error:
            message, hint = error.render(terminal())
            if not as_json:
                show_error(error.code, message, hint, as_json=False)
            yield refusal(file, error)
        else:
            if not as_json:
                show_import(opened, result)
            yield document_of(result)
        asked_at = time.time()


def import_file(
    opened: Services,
    file: Path,
    *,
    contract: str | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    force: bool = False,
    is_sample: bool = False,
    asked_at: float | None = None,
) -> ImportResult:
    """Import one file with its progress on stderr.

    Args:
        asked_at: Unix time from which the duration counts; now when not given.

    Raises:
        ImportRefused, StoreError: as the service does.
    """
    with ProgressLine() as line:
        return opened.import_jobs.run(
            file,
            name=readable(file.name),
            contract=contract,
            start=start,
            end=end,
            force=force,
            is_sample=is_sample,
            imported_by=_user(),
            asked_at=asked_at,
            progress=lambda progress: line.show(_sentence(file, progress)),
            in_process=True,
        )


def _user() -> str:
    """Name of the logged-in user; '' where the system has none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def refusal(file: Path, error: FaxCloudError) -> dict[str, Any]:
    """JSON document of a refused file: the error and the file's name."""
    return {"file": readable(file.name), **error_document(error.code, *error.render(terminal()))}


def show_import(opened: Services, result: ImportResult) -> None:
    """Print an imported report as text."""
    t = terminal()
    show_facts(
        (
            (t("Import"), result.report_id),
            (t("File"), result.file),
            (t("Records"), t.number(result.records)),
            (t("Imported"), t.number(result.imported)),
            (t("Rejected"), t.number(result.rejected)),
            (t("Blank"), t.number(result.blank)),
            (t("Sent"), t.number(result.sent)),
            (t("Received"), t.number(result.received)),
            (t("Pages"), t.number(result.pages)),
            (t("Invalid faxes"), t.number(result.invalid)),
            (t("Compliance"), t.percent(result.compliance_rate)),
            (t("Ruleset"), result.ruleset),
            (t("Duration"), t.duration(result.seconds)),
        )
    )
    show_rules(opened, {**result.violations, **result.warnings})
    say()


def show_rules(opened: Services, rows_by_rule: Mapping[str, int]) -> None:
    """Print the rows per violated rule with its label; nothing when no rule is violated."""
    if not any(rows_by_rule.values()):
        return
    t = terminal()
    labels = opened.rulesets.labels(t.language)
    rows = [(rule, labels.get(rule, ""), t.number(count)) for rule, count in rows_by_rule.items() if count]
    say()
    headings = (Heading(t("Rule")), Heading(t("Meaning"), shrinks=True), Heading(t("Faxes"), right=True))
    show_table(headings, rows)


def _sentence(file: Path, progress: Progress) -> Callable[[], str]:
    def sentence() -> str:
        t = terminal()
        if progress.step == "opening":
            return t("{file}: checking the file", file=file.name)
        if progress.step == "counting":
            return t("{file}: counting {records} records", file=file.name, records=progress.records)
        if progress.step == "committing":
            return t("{file}: storing {records} records", file=file.name, records=progress.records)
        return t(
            "{file}: {done:bytes} of {total:bytes}, {records} records",
            file=file.name,
            done=progress.done_bytes,
            total=progress.total_bytes,
            records=progress.records,
        )

    return sentence
