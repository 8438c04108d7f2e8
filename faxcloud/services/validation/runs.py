"""Re-validation run: groups of files are compared, rewritten where needed, and committed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from faxcloud.domain.rulesets.conditions import CompiledRuleset
from faxcloud.errors import FilesMoved, LakeUnavailable
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.changes import change_lists
from faxcloud.store.changes.import_pipeline import disk_watched
from faxcloud.store.changes.rewriting import rewrite
from faxcloud.store.changes.verdicts import Comparison, compare
from faxcloud.store.lake.parquet import WrittenFile
from faxcloud.store.lake.table import Lake, LakeFile, Snapshot
from faxcloud.store.queries.engine import Engine
from faxcloud.store.records import runs

ROWS_PER_GROUP = 16_000_000
"""Maximum number of rows between two commits, which a crash makes necessary to repeat."""


Progress = Callable[[int, int], None]
"""Called with rows judged so far and rows in all."""


class RunAtWork:
    """Active run: groups of files are compared, rewritten where needed, and committed."""

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
        """Progress of the run."""
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
        """Validate every file of the snapshot; with a lease also those that are appended meanwhile."""
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
    """Application transaction in the lake of one of a run's commits."""
    return f"{run_id}:{commit}"


def discard_unlanded(lake: Lake, run_id: str, commit: int) -> None:
    """Remove what a run wrote for a commit that did not land."""
    if not lake.has_transaction(transaction(run_id, commit)):
        lake.sweep(f"{run_id}-{commit:04d}")
        change_lists.discard(lake.folder, run_id, commit)


def discard_all_unlanded(lake: Lake, run_id: str) -> None:
    """Remove what a run of a dead process wrote for all commits that did not land."""
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
