"""Re-validation run: groups of files are compared, rewritten where needed, and committed."""

from __future__ import annotations

from collections.abc import Sequence

from faxcloud.domain.rulesets.conditions import CompiledRuleset
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.changes import change_lists
from faxcloud.store.changes.rewrite_job import RewriteJob
from faxcloud.store.changes.rewriting import rewrite
from faxcloud.store.changes.verdicts import Comparison, compare
from faxcloud.store.lake.parquet import WrittenFile
from faxcloud.store.lake.table import Lake, LakeFile
from faxcloud.store.queries.engine import Engine
from faxcloud.store.records import runs


class ValidationJob(RewriteJob):
    """Active run. Without a lease it only compares."""

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        engine: Engine,
        run_id: str,
        ruleset: CompiledRuleset,
        report_id: str | None,
        lease: HeldLease | None,
    ) -> None:
        super().__init__(lake, lease)
        self.run_id = run_id
        self.found = Comparison()
        self._catalogue = catalogue
        self._engine = engine
        self._ruleset = ruleset
        self._report_id = report_id
        self._commits = 0

    def counts(self, files_done: int) -> runs.RunCounts:
        """Progress of the run."""
        return runs.RunCounts(
            scanned=self.found.scanned,
            changed=self.found.changed,
            newly_invalid=self.found.newly_invalid,
            newly_valid=self.found.newly_valid,
            files_total=self.files_total,
            files_done=files_done,
            files_rewritten=self.files_rewritten,
        )

    def concerns(self, file: LakeFile) -> bool:
        """Whether a file may hold rows of the report, or any."""
        return self._report_id is None or file.may_hold(self._report_id)

    def process(self, group: Sequence[LakeFile]) -> None:
        """Compare the files, and rewrite those in which a verdict changes."""
        found = compare(self._engine, group, self._ruleset, self._report_id)
        if self._lease is not None and found.files:
            self.commit(
                [file for file in group if file.path in found.files],
                f"{self.run_id}-{self._commits:04d}",
                {"kind": "validation", "run_id": self.run_id, "ruleset": self._ruleset.key},
                transaction=transaction(self.run_id, self._commits),
            )
            self._commits += 1
        self.found.add(found)
        with self._catalogue.write() as conn:
            runs.progress_run(conn, self.run_id, self.counts(self.files_done + len(group)))

    def write_file(self, file: LakeFile, prefix: str) -> list[WrittenFile]:
        """Rewrite a file with the new verdicts, beside the list of changes."""
        folder, name = self._lake.folder, prefix.removeprefix(f"{self.run_id}-")
        changes = change_lists.path_of(folder, self.run_id, name)
        return rewrite(folder, file, self._ruleset, prefix, changes, self._report_id)

    def discard(self, _prefix: str, _transaction: str) -> None:
        """Remove files and change lists of a commit that did not land."""
        discard_unlanded(self._lake, self.run_id, self._commits)


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
