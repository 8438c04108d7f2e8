"""Re-validation of stored rows under the same or another ruleset: exclusive, resumable, in whole versions."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from faxcloud.domain.masking import masked
from faxcloud.domain.metrics import compliance_rate
from faxcloud.domain.rulesets.conditions import compile_ruleset
from faxcloud.domain.rulesets.ruleset import Ruleset
from faxcloud.errors import (
    FaxCloudError,
    ReportNotFound,
    RulesError,
    RulesetNotFound,
    RunNotFound,
    ValidationRunning,
)
from faxcloud.services.actors import current_actor
from faxcloud.services.journal import Event, Journal, Note, failure, failure_event
from faxcloud.services.scoping import IN_FULL, Scope, require_everything
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.services.validation.runs import ValidationJob
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.leases import HeldLease, Lease
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.changes import change_lists
from faxcloud.store.changes.rewrite_job import Progress
from faxcloud.store.changes.verdicts import changed_rows, rulesets_of
from faxcloud.store.lake.table import Lake, LakeFile, Snapshot
from faxcloud.store.queries.engine import Engine
from faxcloud.store.records import reports, runs
from faxcloud.store.records.runs import Run

REWRITE_LEASE = "rewrite"
"""Lease of jobs that rewrite many files: re-validation and compaction."""

ACTION = "validation.run"

LEASE_S = 60.0

COUNTS = ("scanned", "changed", "warnings_changed", "newly_invalid", "newly_valid")


@dataclass(frozen=True, slots=True)
class RunResult:
    """Result of one re-validation; counts are rows, as `validate all --json` names them.

    Attributes:
        changed: Rows whose verdict changed: valid or not, or by which error rules.
        warnings_changed: Rows whose warnings alone changed.
        compliance_before, compliance_after: Valid rows by `scanned`; None where none was scanned.
        violations: Rows per violated error rule, after.
        violations_before: Likewise, before.
    """

    run_id: str
    ruleset: str
    scanned: int
    changed: int
    warnings_changed: int
    newly_invalid: int
    newly_valid: int
    compliance_before: float | None
    compliance_after: float | None
    files_rewritten: int
    violations: Mapping[str, int]
    violations_before: Mapping[str, int]
    seconds: float
    dry_run: bool


class Validation:
    """Re-validation service and its history."""

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        engine: Engine,
        rulesets: Rulesets,
        journal: Journal,
        zone: dt.tzinfo,
    ) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._engine = engine
        self._rulesets = rulesets
        self._journal = journal
        self._zone = zone
        self._scope = Scope(catalogue)

    def run(
        self,
        ruleset: str | None = None,
        report_id: str | None = None,
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
        begun: Callable[[str], None] | None = None,
    ) -> RunResult:
        """Validate every stored row, or one report's, again.

        A full run under another ruleset makes that the active one, for new imports too. A run that was
        interrupted is continued by the next: files that are right already are not written again.

        Args:
            ruleset: Its id; the active one when not given.
            dry_run: Count what would change, and write nothing to the lake.
            begun: Called with the run's id as soon as it has one.

        Raises:
            ValidationRunning: another run, or a compaction, is at work.
            RulesetNotFound, RulesetInvalid, ReportNotFound: what was asked for is not there.
            ConditionRefused: the ruleset cannot judge some row; the active one stays what it was.
            DiskFull: there is no room for the files that must be written anew.
            NotAllowed, OutOfScope: the actor may not, or not judge every report.
        """
        current_actor().require("validation.run")
        if report_id is None:
            require_everything()
        else:
            self._scope.require(report_id)
        try:
            return self._run(ruleset, report_id, dry_run=dry_run, progress=progress, begun=begun)
        except (ValidationRunning, RulesetNotFound, ReportNotFound) as error:  # it has not begun
            self._journal.write(failure(ACTION, _resource(report_id), error, {"dry_run": dry_run}))
            raise

    def _run(
        self,
        ruleset: str | None,
        report_id: str | None,
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
        begun: Callable[[str], None] | None = None,
    ) -> RunResult:
        chosen = self._rulesets.get(ruleset) if ruleset else self._rulesets.active()
        if report_id is not None:
            with self._catalogue.read() as conn:
                reports.get_report(conn, report_id)
        if dry_run:
            return self._recorded(chosen, report_id, None, progress, begun)
        with HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, self.running) as lease:
            if report_id is not None or chosen.id == self._rulesets.active_id():
                return self._recorded(chosen, report_id, lease, progress, begun)
            # Before the first row, so that what is imported meanwhile is judged by it too.
            before = self._rulesets.activate(chosen.id)
            try:
                return self._recorded(chosen, report_id, lease, progress, begun)
            except RulesError:
                self._rulesets.activate(before)  # one that cannot judge would refuse every import
                raise

    def catch_up(self, report_id: str) -> None:
        """Validate a report by the active ruleset as soon as no other run is active."""
        while True:
            try:
                self._run(None, report_id)
            except ValidationRunning:
                time.sleep(0.2)
            else:
                return

    def runs(self) -> list[dict[str, Any]]:
        """Run history, newest first; an actor limited to some reports sees the runs over one of these."""
        with self._catalogue.read() as conn:
            found = runs.list_runs(conn)
        return [asdict(run) for run in found if self._scope.sees(run.report_id)]

    def show(self, run_id: str) -> dict[str, Any]:
        """Run by id.

        Raises:
            RunNotFound: there is none of that id.
        """
        return asdict(self._seen(run_id))

    def changes(self, run_id: str, limit: int | None = None) -> Generator[dict[str, Any]]:
        """Rows whose verdict a run changed, or a dry run would change; streamed, at most `limit` of them.

        A dry run stores no list: its changes are computed again for the present data.

        Raises:
            RunNotFound: there is none of that id.
            RulesetNotFound: the ruleset of a dry run is gone or was changed.
        """
        run, actor = self._seen(run_id), current_actor()
        rows = self._changes(run, limit)
        return rows if actor.may(IN_FULL) else (masked(row, actor.names) for row in rows)

    def export_changes(self, run_id: str) -> Iterator[dict[str, Any]]:
        """All of them, for a file, with the export in the audit log. Raises likewise."""
        return self._journal.exported("changes", self.changes(run_id), f"run:{run_id}")

    def _seen(self, run_id: str) -> Run:
        with self._catalogue.read() as conn:
            run = runs.get_run(conn, run_id)
        if not self._scope.sees(run.report_id):
            raise RunNotFound(run=run_id)
        return run

    def _changes(self, run: Run, limit: int | None) -> Generator[dict[str, Any]]:
        if not run.dry_run:
            return change_lists.read(self._lake.folder, run.run_id, limit)
        chosen = self._rulesets.get(run.ruleset.partition("@")[0])
        if chosen.key != run.ruleset:
            raise RulesetNotFound(ruleset=run.ruleset, known=chosen.key)
        return self._found_again(chosen, run, limit)

    def _found_again(self, chosen: Ruleset, run: Run, limit: int | None) -> Generator[dict[str, Any]]:
        files = self._files(self._lake.snapshot(), run.report_id)
        if not files:
            return
        with changed_rows(self._engine, files, compile_ruleset(chosen), run.report_id, limit) as batches:
            for batch in batches:
                yield from batch.to_pylist()

    def _recorded(
        self,
        ruleset: Ruleset,
        report_id: str | None,
        lease: HeldLease | None,
        progress: Progress | None,
        begun: Callable[[str], None] | None,
    ) -> RunResult:
        started = time.monotonic()
        snapshot = self._lake.snapshot()
        files = self._files(snapshot, report_id)
        with self._catalogue.write() as conn:
            run_id = runs.begin_run(
                conn,
                runs.NewRun(
                    ruleset=ruleset.key,
                    owner=this_process(),
                    report_id=report_id,
                    dry_run=lease is None,
                    rulesets_before=rulesets_of(self._engine, files, report_id) if files else {},
                    files_total=len(files),
                    lake_version_before=snapshot.version,
                ),
            )
        if begun is not None:
            begun(run_id)
        run = ValidationJob(
            self._catalogue, self._lake, self._engine, run_id, compile_ruleset(ruleset), report_id, lease
        )
        try:
            run.run(snapshot if lease is None else None, progress)
        except BaseException as error:
            text = error.message if isinstance(error, FaxCloudError) else type(error).__name__
            with self._catalogue.write() as conn:
                runs.fail_run(conn, run_id, text, "failed" if isinstance(error, Exception) else "interrupted")
                self._journal.record(
                    conn,
                    failure(ACTION, f"run:{run_id}", error, {"report_id": report_id}),
                    failure_event(ACTION, error, report_id),
                )
            raise
        return self._finished(run, ruleset, report_id, time.monotonic() - started, dry_run=lease is None)

    def _finished(
        self, run: ValidationJob, ruleset: Ruleset, report_id: str | None, seconds: float, *, dry_run: bool
    ) -> RunResult:
        before, after = run.found.violations_before(), run.found.violations_after()
        counts: dict[str, int] = {name: getattr(run.found, name) for name in COUNTS}
        told = {"run_id": run.run_id, "ruleset": ruleset.key, "report_id": report_id, **counts}
        with self._catalogue.write() as conn:
            runs.finish_run(
                conn,
                run.run_id,
                run.counts(run.files_done),
                violations_before=before,
                violations_after=after,
                lake_version_after=self._lake.version(),
                seconds=seconds,
            )
            self._journal.record(
                conn,
                Note(ACTION, f"run:{run.run_id}", details={**told, "dry_run": dry_run}),
                None if dry_run else Event("validation_complete", told, report_id),
            )
        return RunResult(
            run_id=run.run_id,
            ruleset=ruleset.key,
            **counts,
            compliance_before=compliance_rate(run.found.valid_before, run.found.scanned),
            compliance_after=compliance_rate(run.found.valid_after, run.found.scanned),
            files_rewritten=run.files_rewritten,
            violations=after,
            violations_before=before,
            seconds=round(seconds, 3),
            dry_run=dry_run,
        )

    def _files(self, snapshot: Snapshot, report_id: str | None) -> list[LakeFile]:
        return [file for file in snapshot.files if report_id is None or file.may_hold(report_id)]

    def running(self, lease: Lease) -> ValidationRunning:
        """Error for a caller that finds the lease taken."""
        with self._catalogue.read() as conn:
            running = [run for run in runs.unfinished_runs(conn) if not run.dry_run]
        if running:
            since = running[-1].started_at.astimezone(self._zone)
            return ValidationRunning(run=running[-1].run_id, since=since)
        return ValidationRunning(run="–", since=lease.heartbeat_at.astimezone(self._zone))


def _resource(report_id: str | None) -> str:
    return "" if report_id is None else f"report:{report_id}"
