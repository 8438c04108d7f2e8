"""Row changes all over the lake: groups of files, one commit each, counted in the catalogue in step."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from faxcloud.errors import FilesMoved, LakeUnavailable, StoreBusy
from faxcloud.i18n import N_
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import HeldLease, Lease
from faxcloud.store.changes.import_pipeline import disk_watched
from faxcloud.store.changes.row_changes import RowChange, count_rows, rewrite_changed
from faxcloud.store.changes.two_phase import Count, Intention, intend, settle
from faxcloud.store.lake.parquet import WrittenFile
from faxcloud.store.lake.table import Lake, LakeFile

T = TypeVar("T")
R = TypeVar("R")

ROWS_PER_GROUP = 16_000_000
"""Maximum number of rows between two commits, which a crash makes necessary to repeat."""

Progress = Callable[[int, int], None]
"""Called with rows read so far and rows in all."""


@dataclass(slots=True)
class Changed:
    """Result of a change: rows per report, and data files that were replaced or removed."""

    rows: Counter[str] = field(default_factory=Counter)
    files: int = 0


def count_concerned(lake: Lake, change: RowChange) -> Counter[str]:
    """Number of rows of the newest version that a change concerns, by report; nothing is written."""
    files = [file for file in lake.snapshot().files if change.may_concern(file)]
    return sum(_each(files, lambda file: count_rows(lake.folder, file.path, change)), Counter())


def change_rows(
    catalogue: Catalogue,
    lake: Lake,
    change: RowChange,
    count: Count,
    lease: HeldLease,
    progress: Progress | None = None,
    *,
    tally: str = "",
) -> Changed:
    """Apply a change to every row of the newest version that it concerns, rows imported meanwhile included.

    It first settles what an earlier attempt left unfinished. The caller holds the lease on rewriting.

    Args:
        count: Called in the transaction that follows each commit; also for one of an earlier attempt.
        tally: Passed on to `count`.

    Raises:
        LakeUnavailable: a file cannot be read or written, or the lease was lost; what was committed stays.
        DiskFull: there is no room for the files that must be written anew.
    """
    settle(catalogue, lake, change.kind, count)
    lake.sweep_unlanded(change.kind)  # the lease is held: whoever wrote these is gone
    work = _Work(catalogue, lake, change, count, lease, tally)
    while group := work.next_group():
        if progress is not None:
            progress(work.rows_done, work.rows_total)
        work.do(group)
    return work.changed


class _Work:
    """One change at work."""

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        change: RowChange,
        count: Count,
        lease: HeldLease,
        tally: str,
    ) -> None:
        self.changed = Changed()
        self.rows_done = 0
        self.rows_total = 0
        self._catalogue = catalogue
        self._lake = lake
        self._change = change
        self._count = count
        self._lease = lease
        self._tally = tally
        self._done: set[str] = set()

    def next_group(self) -> list[LakeFile]:
        """Files of the newest version that were not looked at yet."""
        files = self._lake.snapshot().files
        self.rows_total = sum(file.rows for file in files)
        group: list[LakeFile] = []
        rows = 0
        for file in files:
            if file.path in self._done:
                continue
            if not self._change.may_concern(file):
                self._done.add(file.path)
                continue
            if group and rows + file.rows > ROWS_PER_GROUP:
                break
            group.append(file)
            rows += file.rows
        return group

    def do(self, group: Sequence[LakeFile]) -> None:
        """Change what has to be changed in these files; nothing when others have replaced them meanwhile."""
        folder = self._lake.folder
        counts = _each(group, lambda file: count_rows(folder, file.path, self._change))
        concerned = {file.path: count for file, count in zip(group, counts, strict=True) if count}
        try:
            if concerned:
                self._commit([file for file in group if file.path in concerned], concerned)
        except FilesMoved:
            return
        self._done.update(file.path for file in group)
        self.rows_done += sum(file.rows for file in group)

    def _commit(self, files: Sequence[LakeFile], concerned: dict[str, Counter[str]]) -> None:
        rows: Counter[str] = sum(concerned.values(), Counter())
        change_id = f"{self._change.kind}-{sortable_id(utc_now())}"
        try:
            written = self._rewrite(files, concerned, change_id)
            if self._lease.lost:
                raise LakeUnavailable(lake=str(self._lake.folder), reason="another process took over")
            with self._catalogue.write() as conn:
                intend(conn, self._change.kind, Intention(change_id, rows, self._tally))
            self._lake.replace(files, written, change_id, {"kind": self._change.kind})
        except BaseException:
            if not self._lake.has_transaction(change_id):
                self._lake.sweep(change_id)
            settle(self._catalogue, self._lake, self._change.kind, self._count)
            raise
        settle(self._catalogue, self._lake, self._change.kind, self._count)
        self.changed.rows += rows
        self.changed.files += len(files)
        self._done.update(file.path for file in written)

    def _rewrite(
        self, files: Sequence[LakeFile], concerned: dict[str, Counter[str]], change_id: str
    ) -> list[WrittenFile]:
        kept = [
            file for file in files if not (self._change.removes and concerned[file.path].total() == file.rows)
        ]
        numbered = list(enumerate(kept))
        with disk_watched(self._lake.folder, 8 * sum(file.bytes for file in kept)):
            written = _each(
                numbered,
                lambda item: rewrite_changed(
                    self._lake.folder, item[1].path, self._change, f"{change_id}-{item[0]:04d}"
                ),
            )
        return [file for some in written for file in some]


def _each(items: Sequence[T], work: Callable[[T], R]) -> list[R]:
    """On as many threads as there are processors: reading and writing happen without the GIL."""
    with ThreadPoolExecutor(max(2, min(os.cpu_count() or 1, 8)), thread_name_prefix="change") as pool:
        try:
            return list(pool.map(work, items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def rewriting_taken(_lease: Lease) -> StoreBusy:
    """Error for a caller that finds the lease on rewriting taken."""
    return StoreBusy(
        reason=N_("a re-validation, a compaction, a retention, an erasure or a restore is running")
    )
