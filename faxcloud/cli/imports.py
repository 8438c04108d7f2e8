"""Import command: `faxcloud import`."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faxcloud.cli.opening import process_started_at, services
from faxcloud.cli.options import AsJson, DatesChoice, SourceName
from faxcloud.cli.output import DONE, FAILED, error_document, readable, say, say_json, show_error, terminal
from faxcloud.cli.progress import ProgressLine
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.domain.columns import Handling
from faxcloud.domain.filters import Filters
from faxcloud.domain.sources.format import DateOrder
from faxcloud.i18n import N_
from faxcloud.services.documents import document_of
from faxcloud.services.imports.notices import notice_text

if TYPE_CHECKING:
    from faxcloud.services.imports.archives import Outcome
    from faxcloud.services.imports.importer import ImportResult, Progress
    from faxcloud.wiring import Services

STANDARD_INPUT = Path("-")

HELP = N_(
    "Import exports of the fax service: CSV, XLSX, XLSM, XLS or ODS, also inside .gz or .zip. One import "
    "per file; a .zip with several files gives one for each. A refused file does not stop the others. "
    "`-` reads standard input. With --json: an object for one file, an array for several."
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
    duplicates: Annotated[
        Handling | None,
        typer.Option(
            help=N_(
                "Records that are stored already: leave them out (skip), import them too (keep), or refuse "
                "the file. Default: skip; keep with --force."
            )
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help=N_("File name of what `-` reads."))] = None,
    source: SourceName = None,
    dates: DatesChoice = None,
    as_json: AsJson = False,
) -> None:
    if name is not None and files != [STANDARD_INPUT]:
        raise typer.BadParameter(terminal().gettext("Use --name with the file - alone."))
    period = Filters.from_params({"start_date": start, "end_date": end})
    options = {
        "contract": contract, "start": period.start_date, "end": period.end_date, "force": force,
        "duplicates": duplicates,
        "source": source, "dates": dates.value if dates else None,
    }  # fmt: skip
    with services() as opened:
        outcomes = list(_imported(opened, files, name, options, as_json=as_json))
    if as_json:
        say_json(outcomes[0] if len(files) == len(outcomes) == 1 else outcomes)
    raise typer.Exit(FAILED if any("error" in outcome for outcome in outcomes) else DONE)


def _imported(
    opened: Services, files: list[Path], name: str | None, options: dict[str, Any], *, as_json: bool
) -> Iterator[dict[str, Any]]:
    """Results of the files, in order; printed at once unless one document follows at the end."""
    asked_at = process_started_at()
    for file in files:
        with _on_disk(opened, file) as path:
            for outcome in import_each(
                opened, path, name or readable(file.name), asked_at=asked_at, **options
            ):
                if not as_json:
                    show_outcome(opened, outcome)
                yield outcome_document(outcome)
                asked_at = time.time()


@contextlib.contextmanager
def _on_disk(opened: Services, file: Path) -> Iterator[Path]:
    """The file, or a copy of standard input for `-`: what is packed is read in any order."""
    if file != STANDARD_INPUT:
        yield file
        return
    with opened.uploads.place() as path:
        with path.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        yield path


def import_each(opened: Services, path: Path, name: str, **options: Any) -> Iterator[Outcome]:
    """Import a file, or each member of a .zip with several."""
    asked_at = options.pop("asked_at", None)

    def import_one(member: Path, member_name: str) -> ImportResult:
        nonlocal asked_at
        start, asked_at = asked_at, None
        return import_file(opened, member, name=member_name, asked_at=start, **options)

    return opened.archives.outcomes(path, name, import_one)


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """JSON document of an import, or of a refused file: the error and the file's name."""
    if outcome.result is not None:
        return document_of(outcome.result)
    assert outcome.error is not None
    error = outcome.error
    return {"file": outcome.name, **error_document(error.code, *error.render(terminal()))}


def show_outcome(opened: Services, outcome: Outcome) -> None:
    """Print an import, or why the file was refused."""
    if outcome.result is not None:
        show_import(opened, outcome.result)
    elif outcome.error is not None:
        message, hint = outcome.error.render(terminal())
        show_error(outcome.error.code, message, hint, as_json=False)


def import_file(
    opened: Services,
    file: Path,
    *,
    name: str | None = None,
    contract: str | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    force: bool = False,
    duplicates: Handling | None = None,
    source: str | None = None,
    dates: DateOrder | None = None,
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
            name=name or readable(file.name),
            contract=contract,
            start=start,
            end=end,
            force=force,
            duplicates=duplicates,
            source=source,
            dates=dates,
            is_sample=is_sample,
            imported_by=_user(),
            asked_at=asked_at,
            progress=lambda progress: line.show(_sentence(name or readable(file.name), progress)),
            in_process=True,
        )


def _user() -> str:
    """Name of the logged-in user; '' where the system has none, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


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
            (t("Stored already"), t.number(result.duplicate)),
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
    show_duplicates(result.duplicates_of)
    for notice in result.notices:
        say(f"! {notice_text(t, notice)}")
    say()


def show_duplicates(reports: Sequence[Mapping[str, Any]]) -> None:
    """Print the imports that have the records left out; nothing when none was."""
    if not reports:
        return
    t = terminal()
    headings = (Heading(t("Import")), Heading(t("File"), shrinks=True), Heading(t("Records"), right=True))
    say()
    show_table(
        headings,
        [
            (each["report_id"] or t("other imports"), each["file"] or "", t.number(each["records"]))
            for each in reports
        ],
    )


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


def _sentence(file: str, progress: Progress) -> Callable[[], str]:
    def sentence() -> str:
        t = terminal()
        if progress.step == "opening":
            return t("{file}: checking the file", file=file)
        if progress.step == "counting":
            return t("{file}: counting {records} records", file=file, records=progress.records)
        if progress.step == "committing":
            return t("{file}: storing {records} records", file=file, records=progress.records)
        return t(
            "{file}: {done:bytes} of {total:bytes}, {records} records",
            file=file,
            done=progress.done_bytes,
            total=progress.total_bytes,
            records=progress.records,
        )

    return sentence
