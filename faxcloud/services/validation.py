"""Judge stored rows again, under the same or another ruleset: exclusive, resumable, in whole versions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from faxcloud.errors import (
    FaxCloudError,
    FilesMoved,
    LakeUnavailable,
    RulesError,
    RulesetNotFound,
    ValidationRunning,
)
from faxcloud.rules.conditions import CompiledRuleset, compile_ruleset
from faxcloud.rules.ruleset import Ruleset
from faxcloud.services.rulesets import Rulesets
from faxcloud.store import change_lists, reports, runs
from faxcloud.store.catalogue import Catalogue
from faxcloud.store.engine import Engine
from faxcloud.store.intake import disk_watched
from faxcloud.store.lake import Lake, LakeFile, Snapshot
from faxcloud.store.leases import HeldLease, Lease
from faxcloud.store.owners import this_process
from faxcloud.store.parquet import WrittenFile
from faxcloud.store.rewriting import rewrite
from faxcloud.store.runs import Run
from faxcloud.store.verdicts import Comparison, changed_rows, compare, rulesets_of

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
            RulesetNotFound, RulesetInvalid, ReportNotFound: what was asked for is not there.
            ConditionRefused: the ruleset cannot judge some row; the active one stays what it was.
            DiskFull: there is no room for the files that must be written anew.
        """
        chosen = self._rulesets.get(ruleset) if ruleset else self._rulesets.active()
        if report_id is not None:
            with self._catalogue.read() as conn:
                reports.get_report(conn, report_id)
        if dry_run:
            return self._recorded(chosen, report_id, None, progress)
        with HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, self.running) as lease:
            if report_id is not None or chosen.id == self._rulesets.active_id():
                return self._recorded(chosen, report_id, lease, progress)
            # Before the first row, so that what is imported meanwhile is judged by it too.
            before = self._rulesets.activate(chosen.id)
            try:
                return self._recorded(chosen, report_id, lease, progress)
            except RulesError:
                self._rulesets.activate(before)  # one that cannot judge would refuse every import
                raise

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
            return change_lists.read(self._lake.folder, run_id, limit)
        chosen = self._rulesets.get(run.ruleset.partition("@")[0])
        if chosen.key != run.ruleset:
            raise RulesetNotFound(ruleset=run.ruleset, known=chosen.key)
        return self._found_again(chosen, run, limit)

    def _found_again(self, chosen: Ruleset, run: Run, limit: int | None) -> Iterator[dict[str, Any]]:
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
            text = error.message if isinstance(error, FaxCloudError) else type(error).__name__
            with self._catalogue.write() as conn:
                runs.fail_run(conn, run_id, text, "failed" if isinstance(error, Exception) else "interrupted")
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
                    self._replace([file for file in group if file.path in found.files], lease)
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

    def _replace(self, files: Sequence[LakeFile], lease: HeldLease) -> None:
        facts = {"kind": "validation", "run_id": self.run_id, "ruleset": self._ruleset.key}
        try:
            with disk_watched(self._lake.folder, 8 * sum(file.bytes for file in files)):
                written = self._rewrite_all(files)
            if lease.lost:
                raise LakeUnavailable(lake=str(self._lake.folder), reason="another process took over the run")
            self._lake.replace(files, written, transaction(self.run_id, self._commits), facts)
        except BaseException:
            discard_unlanded(self._lake, self.run_id, self._commits)
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


def discard_unlanded(lake: Lake, run_id: str, commit: int) -> None:
    """Remove what a run wrote for a commit that did not come about."""
    if not lake.has_transaction(transaction(run_id, commit)):
        lake.sweep(f"{run_id}-{commit:04d}")
        change_lists.discard(lake.folder, run_id, commit)


def discard_all_unlanded(lake: Lake, run_id: str) -> None:
    """Likewise for all commits of a run whose process is gone."""
    started = {int(name.removeprefix(f"part-{run_id}-")[:4]) for name in lake.written(run_id)}
    for commit in started | change_lists.commits(lake.folder, run_id):
        discard_unlanded(lake, run_id, commit)


class _Pool(ThreadPoolExecutor):
    """A thread per processor; rewriting happens without the GIL."""

    def __init__(self) -> None:
        super().__init__(max_workers=max(2, min(os.cpu_count() or 1, 8)), thread_name_prefix="rewrite")

    def close(self) -> None:
        """Wait for what has begun, forget what has not."""
        self.shutdown(cancel_futures=True)
