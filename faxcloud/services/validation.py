"""Judge stored rows again, under the same or another ruleset: exclusive, resumable, a whole version at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from faxcloud.errors import FaxCloudError, FilesMoved, LakeUnavailable, RulesetNotFound, ValidationRunning
from faxcloud.rules.conditions import CompiledRuleset, compile_ruleset
from faxcloud.rules.ruleset import Ruleset
from faxcloud.services.rulesets import Rulesets
from faxcloud.store import change_lists, reports, runs
from faxcloud.store.catalogue import Catalogue
from faxcloud.store.engine import Engine
from faxcloud.store.lake import Lake, LakeFile, Snapshot
from faxcloud.store.leases import HeldLease, Lease
from faxcloud.store.owners import this_process
from faxcloud.store.parquet import WrittenFile
from faxcloud.store.verdicts import Comparison, changed_rows, compare, rewrite, rulesets_of

REWRITE_LEASE = "rewrite"
"""Held by whoever rewrites many files: re-validation and compaction."""

LEASE_S = 60.0

ROWS_PER_GROUP = 8_000_000
"""Rows between two commits: what a crash makes to be done again at most."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """One re-validation; counts are rows, as `validate all --json` names them.

    Attributes:
        violations: Rows per violated error rule, after.
        violations_before: Likewise, before.
    """

    run_id: str
    ruleset: str
    scanned: int
    changed: int
    newly_invalid: int
    newly_valid: int
    files_rewritten: int
    violations: Mapping[str, int]
    violations_before: Mapping[str, int]
    seconds: float
    dry_run: bool


Progress = Callable[[int, int], None]
"""Called with rows judged so far and rows in all."""


class Validation:
    """Re-validation and its history."""

    def __init__(self, catalogue: Catalogue, lake: Lake, engine: Engine, rulesets: Rulesets) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._engine = engine
        self._rulesets = rulesets

    def run(
        self,
        ruleset: str | None = None,
        report_id: str | None = None,
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> RunResult:
        """Judge every stored row, or one report's, again.

        A full run under another ruleset makes that the active one, for new imports too. A run that was
        interrupted is continued by the next: files that are right already are not written again.

        Args:
            ruleset: Its id; the active one when not given.
            dry_run: Count what would change, and write nothing to the lake.

        Raises:
            ValidationRunning: another run, or a compaction, is at work.
            RulesetNotFound, RulesetInvalid, ConditionRefused, ReportNotFound: what was asked for is not there.
        """
        chosen = self._rulesets.get(ruleset) if ruleset else self._rulesets.active()
        if report_id is not None:
            with self._catalogue.read() as conn:
                reports.get_report(conn, report_id)
        if dry_run:
            return self._recorded(chosen, report_id, None, progress)
        with HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, self.running) as lease:
            if report_id is None and chosen.key != self._active_key():
                self._rulesets.activate(chosen)
            return self._recorded(chosen, report_id, lease, progress)

    def catch_up(self, report_id: str) -> None:
        """Judge a report by the active ruleset as soon as no other run is at work."""
        while True:
            try:
                self.run(report_id=report_id)
            except ValidationRunning:
                time.sleep(0.2)
            else:
                return

    def runs(self) -> list[dict[str, Any]]:
        """The history, newest first."""
        with self._catalogue.read() as conn:
            return [asdict(run) for run in runs.list_runs(conn)]

    def show(self, run_id: str) -> dict[str, Any]:
        """One run.

        Raises:
            RunNotFound: there is none of that id.
        """
        with self._catalogue.read() as conn:
            return asdict(runs.get_run(conn, run_id))

    def changes(self, run_id: str, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """The rows that a run changed, or that a dry run found; streamed, `limit` of them at most.

        A dry run kept no list: what would change now is computed again.

        Raises:
            RunNotFound: there is none of that id.
            RulesetNotFound: the ruleset of a dry run is not there any more, or is another by now.
        """
        with self._catalogue.read() as conn:
            run = runs.get_run(conn, run_id)
        if not run.dry_run:
            yield from change_lists.read(self._lake.folder, run_id, limit)
            return
        chosen = self._rulesets.get(run.ruleset.partition("@")[0])
        if chosen.key != run.ruleset:
            raise RulesetNotFound(ruleset=run.ruleset, known=chosen.key)
        files = self._files(self._lake.snapshot(), run.report_id)
        if not files:
            return
        with changed_rows(self._engine, files, compile_ruleset(chosen), run.report_id, limit) as batches:
            for batch in batches:
                yield from batch.to_pylist()

    def _recorded(
        self, ruleset: Ruleset, report_id: str | None, lease: HeldLease | None, progress: Progress | None
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
        run = _Run(self._catalogue, self._lake, self._engine, run_id, compile_ruleset(ruleset), report_id)
        try:
            run.judge(snapshot, lease, progress)
        except BaseException as error:
            self._lake.sweep(run_id)
            text = error.message if isinstance(error, FaxCloudError) else type(error).__name__
            with self._catalogue.write() as conn:
                state = "failed" if isinstance(error, Exception) else "interrupted"
                runs.fail_run(conn, run_id, text, state)  # type: ignore[arg-type]  # two of its literals
            raise
        return self._finished(run, ruleset, time.monotonic() - started, dry_run=lease is None)

    def _finished(self, run: _Run, ruleset: Ruleset, seconds: float, *, dry_run: bool) -> RunResult:
        before, after = run.found.violations_before(), run.found.violations_after()
        with self._catalogue.write() as conn:
            runs.finish_run(
                conn,
                run.run_id,
                run.counts(),
                violations_before=before,
                violations_after=after,
                lake_version_after=self._lake.version(),
                seconds=seconds,
            )
        return RunResult(
            run_id=run.run_id,
            ruleset=ruleset.key,
            scanned=run.found.scanned,
            changed=run.found.changed,
            newly_invalid=run.found.newly_invalid,
            newly_valid=run.found.newly_valid,
            files_rewritten=run.files_rewritten,
            violations=after,
            violations_before=before,
            seconds=round(seconds, 3),
            dry_run=dry_run,
        )

    def _files(self, snapshot: Snapshot, report_id: str | None) -> list[LakeFile]:
        return [file for file in snapshot.files if report_id is None or file.may_hold(report_id)]

    def _active_key(self) -> str:
        try:
            return self._rulesets.active().key
        except FaxCloudError:
            return ""  # its file is gone: choosing another one is how to mend that

    def running(self, lease: Lease) -> ValidationRunning:
        """The error for whoever finds the lease taken."""
        with self._catalogue.read() as conn:
            running = [run for run in runs.unfinished_runs(conn) if not run.dry_run]
        if running:
            return ValidationRunning(run=running[-1].run_id, since=running[-1].started_at)
        return ValidationRunning(run="–", since=lease.heartbeat_at)


class _Run:
    """One run at work: files in groups, each compared, rewritten where it must be, committed."""

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        engine: Engine,
        run_id: str,
        ruleset: CompiledRuleset,
        report_id: str | None,
    ) -> None:
        self.run_id = run_id
        self.found = Comparison()
        self.files_rewritten = 0
        self._catalogue = catalogue
        self._lake = lake
        self._engine = engine
        self._ruleset = ruleset
        self._report_id = report_id
        self._done: set[str] = set()
        self._total = 0
        self._commits = 0

    def counts(self) -> runs.RunCounts:
        """How far it is."""
        return runs.RunCounts(
            scanned=self.found.scanned,
            changed=self.found.changed,
            newly_invalid=self.found.newly_invalid,
            newly_valid=self.found.newly_valid,
            files_total=self._total,
            files_done=min(len(self._done), self._total),
            files_rewritten=self.files_rewritten,
        )

    def judge(self, snapshot: Snapshot, lease: HeldLease | None, progress: Progress | None) -> None:
        """Every file of the snapshot; with a lease also those that are appended meanwhile."""
        while group := self._next_group(snapshot):
            if progress is not None:
                progress(self.found.scanned, sum(file.rows for file in snapshot.files))
            found = compare(self._engine, group, self._ruleset, self._report_id)
            if lease is not None and found.files:
                try:
                    self._replace(snapshot, [file for file in group if file.path in found.files], lease)
                except FilesMoved:
                    snapshot = self._lake.snapshot()
                    continue
            self._done.update(file.path for file in group)
            self.found.add(found)
            with self._catalogue.write() as conn:
                runs.progress_run(conn, self.run_id, self.counts())
            if lease is not None:
                snapshot = self._lake.snapshot()

    def _next_group(self, snapshot: Snapshot) -> list[LakeFile]:
        waiting = [
            file
            for file in snapshot.files
            if file.path not in self._done and (self._report_id is None or file.may_hold(self._report_id))
        ]
        self._total = len(waiting) + len(self._done)
        group: list[LakeFile] = []
        rows = 0
        for file in waiting:
            if group and rows + file.rows > ROWS_PER_GROUP:
                break
            group.append(file)
            rows += file.rows
        return group

    def _replace(self, base: Snapshot, files: Sequence[LakeFile], lease: HeldLease) -> None:
        facts = {"kind": "validation", "run_id": self.run_id, "ruleset": self._ruleset.key}
        try:
            written = self._rewrite_all(files)
            if lease.lost:
                raise LakeUnavailable(lake=str(self._lake.folder), reason="another process took over the run")
            self._lake.replace(base, files, written, transaction(self.run_id, self._commits), facts)
        except BaseException:
            if not self._lake.has_transaction(transaction(self.run_id, self._commits)):
                self._lake.sweep(self.run_id)
                change_lists.discard(self._lake.folder, self.run_id, self._commits)
            raise
        self._commits += 1
        self.files_rewritten += len(files)
        self._done.update(file.path for file in written)

    def _rewrite_all(self, files: Sequence[LakeFile]) -> list[WrittenFile]:
        def rewrite_one(numbered: tuple[int, LakeFile]) -> list[WrittenFile]:
            changes = change_lists.path_of(self._lake.folder, self.run_id, self._commits, numbered[0])
            prefix = f"{self.run_id}-{changes.stem}"
            return rewrite(self._lake.folder, numbered[1], self._ruleset, prefix, changes, self._report_id)

        with closing(_Pool()) as pool:
            return [written for some in pool.map(rewrite_one, enumerate(files)) for written in some]


def transaction(run_id: str, commit: int) -> str:
    """The lake's application transaction of one of a run's commits."""
    return f"{run_id}:{commit}"


class _Pool(ThreadPoolExecutor):
    """A thread per processor; rewriting happens without the GIL."""

    def __init__(self) -> None:
        super().__init__(max_workers=max(2, min(os.cpu_count() or 1, 8)), thread_name_prefix="rewrite")

    def close(self) -> None:
        """Wait for what has begun, forget what has not."""
        self.shutdown(cancel_futures=True)
