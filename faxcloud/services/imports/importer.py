"""Import of a file in five steps (begin, write, stage, commit, finish): nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from faxcloud.domain.columns import Handling
from faxcloud.domain.metrics import compliance_rate
from faxcloud.domain.parsing import AHEAD, EARLIEST, DateLimits
from faxcloud.domain.rulesets.conditions import compile_ruleset
from faxcloud.domain.rulesets.ruleset import Ruleset
from faxcloud.domain.sources.format import DateOrder
from faxcloud.errors import (
    AlreadyImported,
    CatalogueUnavailable,
    FaxCloudError,
    FilesMoved,
    HeaderOnly,
    ImportCancelled,
    ImportedElsewhere,
    ImportRefused,
    ImportTooSlow,
    LedgerMismatch,
    NoFaxes,
    ReportBusy,
    ReportNotFound,
    RulesError,
    SourceVanished,
)
from faxcloud.services.imports.duplicates import DuplicateCheck, containing
from faxcloud.services.imports.notices import notices_of, reading_of
from faxcloud.services.imports.outcome import finish_report, record_failure, write_refusal
from faxcloud.services.imports.reports import remove_rows
from faxcloud.services.imports.sources import Sources
from faxcloud.services.imports.trial import try_file
from faxcloud.services.journal import Journal
from faxcloud.services.scoping import Scope, require_import
from faxcloud.services.validation.revalidation import Validation
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.changes.file_counts import tally_files
from faxcloud.store.changes.import_pipeline import Intake, disk_watched, take_in
from faxcloud.store.lake.table import Lake
from faxcloud.store.queries.engine import Engine
from faxcloud.store.reading import Choices, Export, Reject, Unpacking, open_export
from faxcloud.store.records import reports

_LOG = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
"""Heartbeat interval of the report; deleting the report cancels the import."""

SECONDS_FOR_ANY = 600.0
SECONDS_PER_MB = 10.0
"""How long an import may take by the size of its file: a hundred times what it needs."""

Step = Literal["starting", "opening", "reading", "counting", "committing"]
"""Of an import: its process starts, the file is checked, read and judged, summed up, stored."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of an import: bytes of the source, and records read so far."""

    step: Step
    done_bytes: int
    total_bytes: int
    records: int
    report_id: str = ""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Result of one import; counts as `import --json` names them."""

    report_id: str
    file: str
    records: int
    imported: int
    rejected: int
    blank: int
    duplicate: int
    duplicates_of: tuple[Mapping[str, Any], ...]
    sent: int
    received: int
    unknown_mode: int
    pages: int
    pages_sent: int
    pages_received: int
    valid: int
    invalid: int
    compliance_rate: float | None
    violations: Mapping[str, int]
    warnings: Mapping[str, int]
    encoding: str
    delimiter: str
    ruleset: str
    seconds: float
    unknown_columns: tuple[str, ...]
    replaced_values: int
    reading: Mapping[str, Any]
    notices: tuple[Mapping[str, Any], ...]


class Imports:
    """Import service; any number of processes may import at once."""

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        engine: Engine,
        rulesets: Rulesets,
        validation: Validation,
        journal: Journal,
        zone: dt.tzinfo,
        recover: Callable[[], object],
        compact: Callable[[], None],
        unpacking: Unpacking,
        sources: Sources,
        workers: int | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._engine = engine
        self._rulesets = rulesets
        self._validation = validation
        self._journal = journal
        self._zone = zone
        self._recover = recover
        self._unforgotten: dict[str, BaseException] = {}
        self._compact = compact
        self._unpacking = unpacking
        self._sources = sources
        self._workers = workers or max(2, min(os.cpu_count() or 1, 8))

    def import_file(
        self,
        path: Path,
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
        imported_by: str = "",
        asked_at: float | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> ImportResult:
        """Import one export as one report.

        Args:
            name: Name given by the user, when `path` is a temporary file.
            asked_at: Unix time at which the user asked for it: `seconds` counts from there. Default: now.
            start: First day of the period that the user says it covers; `end` the last.
            force: Import it even if the same bytes are a report already.
            duplicates: Handling of records that are stored already. Default: `skip`, or `keep` with `force`.
            source: Name of the source to read it with; None to detect it.
            dates: Order of day and month; None for what the file shows.

        Raises:
            ImportRefused: a subclass; nothing is left of the file. `ImportCancelled`: its report was
                deleted meanwhile; `ImportTooSlow`: it took a hundred times what a file of its size takes.
            LakeUnavailable, CatalogueUnavailable: the store cannot be written.
            ConditionRefused: the active ruleset cannot judge some row; likewise nothing is left.
            NotAllowed, OutOfScope: the actor may not import, or not under this contract.
        """
        require_import(contract)
        waited_s = 0.0 if asked_at is None else max(0.0, time.time() - asked_at)
        started = time.monotonic() - waited_s
        tell = progress or _no_progress
        tell(Progress("opening", 0, 0, 0))
        self._forget_later()
        self._recover()  # a process that died may have left this very file half imported
        with self._hiding_other_reports(name or path.name):
            choices = self._choices(source, dates)
            ruleset, export = self._admitted(path, name, choices, force=force)
        try:
            with self._catalogue.write() as conn:
                report_id = reports.begin_report(
                    conn,
                    reports.NewReport(
                        file_name=export.source.name,
                        bytes=export.source.bytes,
                        owner=this_process(),
                        imported_by=imported_by,
                        contract=contract,
                        period_start=start,
                        period_end=end,
                        is_sample=is_sample,
                    ),
                )
            try:
                intake = self._take_in(export, ruleset, report_id, tell)
                while self._needs_another_reading(export, report_id):
                    export.source.close()
                    export = open_export(path, name, self._unpacking, choices, export.profiles)
                    intake = self._take_in(export, ruleset, report_id, tell)
                size = export.source.bytes
                tell(Progress("counting", size, size, intake.records, report_id))
                handling = duplicates or ("keep" if force else "skip")
                check = DuplicateCheck(
                    self._catalogue, self._lake, self._engine, intake, report_id, export.source.name, handling
                )
                check.apply()
                with self._hiding_other_reports(export.source.name):
                    facts = self._stage(export, intake, ruleset, report_id, started, force=force)
                tell(Progress("committing", size, size, intake.records, report_id))
            except ReportNotFound:  # somebody deleted it
                cancelled = ImportCancelled(file=export.source.name)
                self._forget(report_id, cancelled)
                raise cancelled from None
            except BaseException as error:
                self._forget(report_id, error)
                raise
        finally:
            export.source.close()
        facts = self._commit(export, intake, check, ruleset, facts, report_id)
        seconds = round(time.monotonic() - started, 3)
        self._finish(report_id, seconds)
        check.discard_leftovers()
        self._catch_up(ruleset, report_id)
        self._compact()
        stored_in = containing(self._catalogue, facts.duplicates_of)
        return _result(report_id, export.source.name, facts, seconds, stored_in)

    def try_file(self, path: Path, *, source: str | None, dates: DateOrder | None) -> dict[str, Any]:
        """How a file would be read; nothing is stored. Errors as of `import_file`."""
        require_import(None)
        return try_file(path, self._choices(source, dates), self._unpacking)

    def _choices(self, source: str | None, dates: DateOrder | None) -> Choices:
        """What the user has decided about the format, and the sources among which it is detected."""
        try:
            chosen = self._sources.get(source) if source else None
        except FaxCloudError as error:
            self._tell_of(error)
            raise
        return Choices(chosen, dates, tuple(self._sources.list().sources.values()), self._zone)

    def _needs_another_reading(self, export: Export, report_id: str) -> bool:
        """Whether the file shows other formats than it was read by; what was written is then removed."""
        if not export.profiles.settle(export.source.name):
            return False
        self._lake.sweep(report_id)
        export.profiles.reset()
        return True

    def _admitted(
        self, path: Path, name: str | None, choices: Choices, *, force: bool
    ) -> tuple[Ruleset, Export]:
        """Active ruleset and the opened file; a file that is refused here has no report yet."""
        try:
            ruleset = self._rulesets.active()
            export = open_export(path, name, self._unpacking, choices)
            try:
                self._lake.create()
                self._refuse_known(path, export, force=force)
            except BaseException:
                export.source.close()
                raise
        except FaxCloudError as error:
            self._tell_of(error)
            raise
        return ruleset, export

    def _tell_of(self, error: FaxCloudError) -> None:
        try:
            write_refusal(self._journal, error)
        except CatalogueUnavailable as unavailable:
            # The caller learns of the first error, which says more.
            _LOG.warning("a refused import is not in the audit log: %s", unavailable.message)

    def _refuse_known(self, path: Path, export: Export, *, force: bool) -> None:
        """Spare the user a long import that would only be refused at its end."""
        with self._catalogue.read() as conn:
            known = {report.sha256: report for report in reports.reports_of_size(conn, export.source.bytes)}
        if force or not known:
            return
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise SourceVanished(file=export.source.name) from error
        if sha256 in known:
            same = known[sha256]
            raise AlreadyImported(
                file=export.source.name,
                imported_at=same.created_at.astimezone(self._zone),
                report_id=same.report_id,
            )

    @contextlib.contextmanager
    def _hiding_other_reports(self, file: str) -> Iterator[None]:
        """Do not name a report with the same content to an actor that may not see it."""
        try:
            yield
        except AlreadyImported as error:
            if Scope(self._catalogue).sees(str(error.values["report_id"])):
                raise
            raise ImportedElsewhere(file=file) from None

    def _take_in(
        self,
        export: Export,
        ruleset: Ruleset,
        report_id: str,
        tell: Callable[[Progress], None],
    ) -> Intake:
        size = export.source.bytes
        started = beaten = time.monotonic()
        allowed_s = SECONDS_FOR_ANY + SECONDS_PER_MB * size / 1_000_000

        def report_progress(records: int, done_bytes: int) -> None:
            tell(Progress("reading", done_bytes, size, records, report_id))

        def check() -> None:
            nonlocal beaten
            if time.monotonic() - started > allowed_s:
                raise ImportTooSlow(file=export.source.name, minutes=round(allowed_s / 60))
            if time.monotonic() - beaten > HEARTBEAT_S:
                beaten = time.monotonic()
                with self._catalogue.write() as conn:
                    reports.heartbeat_report(conn, report_id)

        compiled = compile_ruleset(ruleset)
        limits = DateLimits(EARLIEST, dt.datetime.now(self._zone).replace(tzinfo=None) + AHEAD)
        return take_in(
            export, compiled, self._lake.folder, report_id, self._workers, report_progress, check, limits
        )

    def _stage(
        self,
        export: Export,
        intake: Intake,
        ruleset: Ruleset,
        report_id: str,
        started: float,
        *,
        force: bool,
    ) -> reports.ReportFacts:
        """Keep what the report says before the lake has its rows, so that a crash loses none of it."""
        sha256 = export.source.finish()
        if intake.records == intake.blank:
            raise HeaderOnly(file=export.source.name)
        if not intake.imported and not intake.duplicate:
            raise NoFaxes(
                file=export.source.name,
                records=intake.records - intake.blank,
                reasons=reasons_of(intake.rejects),
            )
        facts = self._facts(export, intake, ruleset, time.monotonic() - started)
        with disk_watched(self._lake.folder, 0), self._catalogue.write() as conn:
            reports.stage_report(conn, report_id, sha256, facts, intake.rejects, force)
        return facts

    def _facts(self, export: Export, intake: Intake, ruleset: Ruleset, seconds: float) -> reports.ReportFacts:
        numbers: Mapping[str, Any] = {}
        violations: Mapping[str, int] = {}
        warnings: Mapping[str, int] = {}
        first_at = last_at = None
        if intake.files:
            tally = tally_files(self._engine, [file.path for file in intake.files])
            numbers, violations, warnings = tally.numbers, tally.violations, tally.warnings
            first_at, last_at = tally.first_at, tally.last_at
        faxes = int(numbers.get("faxes", 0))
        accounted = intake.imported + intake.rejected + intake.blank + intake.duplicate
        if faxes != intake.imported or intake.records != accounted:
            raise LedgerMismatch(
                file=export.source.name,
                records=intake.records,
                imported=faxes,
                rejected=intake.rejected,
                blank=intake.blank,
                duplicate=intake.duplicate,
            )
        counted = (
            "sent",
            "received",
            "unknown_mode",
            "pages",
            "pages_sent",
            "pages_received",
            "valid",
            "invalid",
        )
        return reports.ReportFacts(
            encoding=export.encoding,
            delimiter=export.delimiter,
            ruleset=ruleset.key,
            records=intake.records,
            imported=intake.imported,
            rejected=intake.rejected,
            blank=intake.blank,
            duplicate=intake.duplicate,
            duplicates_of=intake.duplicates_of,
            **{key: int(numbers.get(key, 0)) for key in counted},
            violations=violations,
            warnings=warnings,
            unknown_columns=export.layout.match.unknown,
            replaced_values=intake.replaced_values,
            reading=reading_of(export),
            notices=notices_of(export, intake.replaced_values, intake.repaired_values),
            seconds=seconds,
            first_at=first_at,
            last_at=last_at,
        )

    def _commit(
        self,
        export: Export,
        intake: Intake,
        check: DuplicateCheck,
        ruleset: Ruleset,
        facts: reports.ReportFacts,
        report_id: str,
    ) -> reports.ReportFacts:
        """Store the rows; returns the facts of those that were stored.

        When another process has stored faxes of the same days since the check, the check is repeated.
        """
        try:
            while True:
                with contextlib.suppress(FilesMoved):
                    noted = {"kind": "import", "report_id": report_id}
                    self._lake.append(intake.files, report_id, noted, check.allows)
                    return facts
                check.apply()
                facts = self._facts(export, intake, ruleset, facts.seconds)
                with self._catalogue.write() as conn:
                    reports.stage_again(conn, report_id, facts)
        except BaseException as error:
            if self._lake.has_transaction(report_id):
                self._finish(report_id, None)  # whatever came in between, the rows are there
            else:
                self._forget(report_id, error)
            raise

    def _finish(self, report_id: str, seconds: float | None) -> None:
        try:
            with self._catalogue.write() as conn:
                finish_report(conn, self._journal, report_id, seconds)
        except (ReportBusy, ReportNotFound):
            # Another host gave this process up for dead and forgot the report: its rows must not outlive it.
            remove_rows(self._lake, report_id)
            raise

    def _forget(self, report_id: str, error: BaseException) -> None:
        """Remove every trace of a refused or cancelled file; an unexpected failure stays in the history."""
        self._lake.sweep(report_id)
        try:
            with self._catalogue.write() as conn:
                if isinstance(error, ImportRefused | RulesError) or not isinstance(error, Exception):
                    with contextlib.suppress(ReportNotFound):  # whoever cancelled it has deleted it
                        reports.delete_report(conn, report_id)
                elif isinstance(error, FaxCloudError):
                    reports.fail_report(conn, report_id, error.code, error.message)
                else:
                    reports.fail_report(conn, report_id, "import.failed", f"{type(error).__name__}: {error}")
                record_failure(conn, self._journal, report_id, error)
        except CatalogueUnavailable as unavailable:
            # A full disk or a locked catalogue: the caller learns of the first error, which says more.
            _LOG.warning("report %s is forgotten later: %s", report_id, unavailable.message)
            self._unforgotten[report_id] = error

    def _forget_later(self) -> None:
        """Recovery leaves alone what a living process owns; what could not be forgotten is its own task."""
        for report_id, error in list(self._unforgotten.items()):
            del self._unforgotten[report_id]
            self._forget(report_id, error)

    def _catch_up(self, ruleset: Ruleset, report_id: str) -> None:
        """Another ruleset may have become the active one while this file was judged."""
        if self._rulesets.active().key != ruleset.key:
            self._validation.catch_up(report_id)


def reasons_of(rejects: Sequence[Reject]) -> str:
    """Codes of the reasons for rejection with their counts, most frequent first."""
    counts = Counter(reject.reason for reject in rejects)
    return ", ".join(f"{reason} ({count})" for reason, count in counts.most_common())


def _no_progress(_progress: Progress) -> None:
    """Progress callback that does nothing."""


def _result(
    report_id: str,
    file: str,
    facts: reports.ReportFacts,
    seconds: float,
    duplicates_of: Sequence[Mapping[str, Any]],
) -> ImportResult:
    return ImportResult(
        report_id=report_id,
        file=file,
        records=facts.records,
        imported=facts.imported,
        rejected=facts.rejected,
        blank=facts.blank,
        duplicate=facts.duplicate,
        duplicates_of=tuple(duplicates_of),
        sent=facts.sent,
        received=facts.received,
        unknown_mode=facts.unknown_mode,
        pages=facts.pages,
        pages_sent=facts.pages_sent,
        pages_received=facts.pages_received,
        valid=facts.valid,
        invalid=facts.invalid,
        compliance_rate=compliance_rate(facts.valid, facts.imported),
        violations=facts.violations,
        warnings=facts.warnings,
        encoding=facts.encoding,
        delimiter=facts.delimiter,
        ruleset=facts.ruleset,
        seconds=seconds,
        unknown_columns=tuple(facts.unknown_columns),
        replaced_values=facts.replaced_values,
        reading=facts.reading,
        notices=tuple(facts.notices),
    )
