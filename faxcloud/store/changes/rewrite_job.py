"""Rewrite job over the lake: data files are read, written anew and replaced, in groups of one commit each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from faxcloud.errors import FilesMoved, LakeUnavailable
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.changes.import_pipeline import disk_watched
from faxcloud.store.lake.parquet import WrittenFile
from faxcloud.store.lake.table import Lake, LakeFile, Snapshot

T = TypeVar("T")
R = TypeVar("R")

ROWS_PER_GROUP = 16_000_000
"""Maximum number of rows between two commits, which a crash makes necessary to repeat."""

Progress = Callable[[int, int], None]
"""Called with rows done so far and rows in all. An exception ends the job; what was committed stays."""


class RewriteJob:
    """Job that rewrites data files, such as a re-validation; a subclass says which, and how.

    Args:
        lease: Nothing is committed any more once it is lost.
        tries: Attempts at one group while others replace the same files; None has no limit.
        in_one: All files are one group.
    """

    def __init__(
        self, lake: Lake, lease: HeldLease | None = None, *, tries: int | None = None, in_one: bool = False
    ) -> None:
        self.files_done = self.files_total = self.files_rewritten = 0
        self.rows_done = self.rows_total = 0
        self._lake = lake
        self._lease = lease
        self._tries = tries
        self._in_one = in_one
        self._done: set[str] = set()

    def concerns(self, file: LakeFile) -> bool:
        """Whether a file may have to be rewritten, by the statistics in the log."""
        raise NotImplementedError

    def process(self, group: Sequence[LakeFile]) -> None:
        """Find the files to rewrite and `commit` them."""
        raise NotImplementedError

    def write_file(self, file: LakeFile, prefix: str) -> list[WrittenFile]:
        """Write a file anew, uncommitted; the names of the new files begin with the prefix."""
        raise NotImplementedError

    def write(self, files: Sequence[LakeFile], prefix: str) -> list[WrittenFile]:
        """Write files anew, each by itself."""
        names = [(file, f"{prefix}-{number:04d}") for number, file in enumerate(files)]
        return [new for some in each(names, lambda named: self.write_file(*named)) for new in some]

    def discard(self, prefix: str, transaction: str) -> None:
        """Remove what was written for a commit that did not land."""
        if not self._lake.has_transaction(transaction):
            self._lake.sweep(prefix)

    def run(self, snapshot: Snapshot | None = None, progress: Progress | None = None) -> None:
        """Process all files of a version; by default of the newest one, also those appended meanwhile.

        Raises:
            FilesMoved: others replaced the same files in all tries.
            LakeUnavailable: a file cannot be read or written, or the lease was lost.
            DiskFull: there is no room for the files that must be written anew.
        """
        conflicts = 0
        while group := self._next_group(snapshot or self._lake.snapshot()):
            if progress is not None:
                progress(self.rows_done, self.rows_total)
            try:
                self.process(group)
            except FilesMoved:
                conflicts += 1
                if conflicts == self._tries:
                    raise
                continue
            self._done.update(file.path for file in group)
            self.files_done += len(group)
            self.rows_done += sum(file.rows for file in group)

    def commit(
        self,
        files: Sequence[LakeFile],
        prefix: str,
        facts: Mapping[str, Any],
        *,
        emptied: Sequence[LakeFile] = (),
        transaction: str = "",
        data_change: bool = True,
    ) -> list[WrittenFile]:
        """Write files anew and replace them in one commit; nothing is left of one that fails.

        Args:
            emptied: Those of which no row stays: they are removed.
            transaction: Application transaction of the commit; the prefix by default.
        """
        transaction = transaction or prefix
        kept = [file for file in files if file not in emptied]
        try:
            with disk_watched(self._lake.folder, 8 * sum(file.bytes for file in kept)):
                written = self.write(kept, prefix)
            if self._lease is not None and self._lease.lost:
                raise LakeUnavailable(lake=str(self._lake.folder), reason="another process took over")
            self._lake.replace(files, written, transaction, facts, data_change=data_change)
        except BaseException:
            self.discard(prefix, transaction)
            raise
        self.files_rewritten += len(files)
        self._done.update(file.path for file in written)
        return written

    def _next_group(self, snapshot: Snapshot) -> list[LakeFile]:
        waiting = [file for file in snapshot.files if file.path not in self._done and self.concerns(file)]
        self.files_total = self.files_done + len(waiting)
        self.rows_total = self.rows_done + sum(file.rows for file in waiting)
        group: list[LakeFile] = []
        rows = 0
        for file in waiting:
            rows += file.rows
            if group and rows > ROWS_PER_GROUP and not self._in_one:
                break
            group.append(file)
        return group


def each(items: Sequence[T], work: Callable[[T], R]) -> list[R]:
    """Results of work, on a thread per processor: reading and writing happen without the GIL."""
    with ThreadPoolExecutor(max(2, min(os.cpu_count() or 1, 8)), thread_name_prefix="rewrite") as pool:
        try:
            return list(pool.map(work, items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
