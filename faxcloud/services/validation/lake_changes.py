"""Row changes all over the lake: groups of files, one commit each, counted in the catalogue in step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from faxcloud.errors import StoreBusy
from faxcloud.i18n import N_
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import HeldLease, Lease
from faxcloud.store.changes.rewrite_job import RewriteJob, each
from faxcloud.store.changes.row_changes import RowChange, count_rows, rewrite_changed
from faxcloud.store.changes.two_phase import Count, Intention, intend, settle
from faxcloud.store.lake.parquet import WrittenFile
from faxcloud.store.lake.table import Lake, LakeFile


def count_concerned(lake: Lake, change: RowChange) -> Counter[str]:
    """Number of rows of the newest version that a change concerns, by report; nothing is written."""
    files = [file for file in lake.snapshot().files if change.may_concern(file)]
    return sum(each(files, lambda file: count_rows(lake.folder, file.path, change)), Counter())


class ChangeJob(RewriteJob):
    """Change of every row of the newest version that it concerns, rows imported meanwhile included.

    It first settles what an earlier attempt left unfinished. The caller holds the lease on rewriting.

    Args:
        count: Called in the transaction that follows each commit; also for one of an earlier attempt.
        tally: Passed on to `count`.

    Attributes:
        rows: Changed rows per report.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        change: RowChange,
        count: Count,
        lease: HeldLease,
        *,
        tally: str = "",
    ) -> None:
        super().__init__(lake, lease)
        self.rows: Counter[str] = Counter()
        self._catalogue = catalogue
        self._change = change
        self._count = count
        self._tally = tally
        self._settle()
        lake.sweep_unlanded(change.kind)  # the lease is held: whoever wrote these is gone

    def concerns(self, file: LakeFile) -> bool:
        """Whether a file may hold rows to change."""
        return self._change.may_concern(file)

    def process(self, group: Sequence[LakeFile]) -> None:
        """Count the rows to change, and rewrite the files that hold any."""
        folder, change = self._lake.folder, self._change
        counts = each(group, lambda file: count_rows(folder, file.path, change))
        concerned = [(file, count) for file, count in zip(group, counts, strict=True) if count]
        if not concerned:
            return
        rows: Counter[str] = sum((count for _, count in concerned), Counter())
        change_id = f"{change.kind}-{sortable_id(utc_now())}"
        try:
            with self._catalogue.write() as conn:
                intend(conn, change.kind, Intention(change_id, rows, self._tally))
            self.commit(
                [file for file, _ in concerned],
                change_id,
                {"kind": change.kind},
                emptied=[file for file, count in concerned if change.removes and count.total() == file.rows],
            )
        finally:
            self._settle()
        self.rows += rows

    def write_file(self, file: LakeFile, prefix: str) -> list[WrittenFile]:
        """Write a file anew without the old rows."""
        return rewrite_changed(self._lake.folder, file.path, self._change, prefix)

    def _settle(self) -> None:
        settle(self._catalogue, self._lake, self._change.kind, self._count)


def rewriting_taken(_lease: Lease) -> StoreBusy:
    """Error for a caller that finds the lease on rewriting taken."""
    return StoreBusy(reason=N_("a re-validation, a compaction, a retention or an erasure is running"))
