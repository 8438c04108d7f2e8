"""Import pipeline: read, parse, validate and write an export as lake files that no commit names yet.

One thread reads, counts and hashes. Each worker parses, validates and writes one segment at a time. All of
that happens in pyarrow and DuckDB without the GIL, so the workers use as many processors.
"""

from __future__ import annotations

import errno
import queue
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from faxcloud.domain.parsing import DateLimits
from faxcloud.domain.rulesets.conditions import CompiledRuleset
from faxcloud.errors import DiskFull, LedgerMismatch
from faxcloud.store.changes.judging import Judge
from faxcloud.store.lake.parquet import FaxWriter, WrittenFile
from faxcloud.store.reading import Export, Reject

WAIT_S = 0.2

SEGMENTS_WAITING = 2
"""Read ahead of the workers; more would only take memory."""

_NO_SPACE = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Intake:
    """Result of the pipeline: `records == imported + rejected + blank + duplicate`.

    Attributes:
        duplicate: Records that are stored already and left out afterwards (`changes.duplicates`).
        duplicates_of: The same, by the report that has them.
        files: Written, fsynced and uncommitted.
        replaced_values: Values that show U+FFFD for a byte without meaning.
        repaired_values: Values that were encoded twice and are put right.
    """

    records: int = 0
    imported: int = 0
    blank: int = 0
    rejects: list[Reject] = field(default_factory=list)
    replaced_values: int = 0
    repaired_values: int = 0
    files: list[WrittenFile] = field(default_factory=list)
    duplicate: int = 0
    duplicates_of: Mapping[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Number of rejected records."""
        return len(self.rejects)


def take_in(
    export: Export,
    ruleset: CompiledRuleset,
    folder: Path,
    report_id: str,
    workers: int,
    progress: Progress | None = None,
    check: Callable[[], None] = lambda: None,
    limits: DateLimits | None = None,
) -> Intake:
    """Run the pipeline: write the validated rows of an export into `folder`, as files `part-<report_id>-…`.

    Args:
        progress: Called with records and source bytes read so far, from this thread.
        check: Called every 0.2 s or so, also while nothing is read; an exception from it ends the intake.
        limits: Of likely dates, see `Judge`.

    Raises:
        LedgerMismatch: not every record is accounted for.
        DiskFull: nothing is left of what was written; likewise after any other exception.
    """
    intake = Intake()
    crew = [
        _Worker(export, lambda: Judge(ruleset, limits), FaxWriter(folder, f"{report_id}-{n}"), report_id)
        for n in range(workers)
    ]
    line: queue.Queue[object] = queue.Queue(SEGMENTS_WAITING)
    stop = threading.Event()
    threads = [
        threading.Thread(target=worker.work, args=(line, stop, intake), name="import", daemon=True)
        for worker in crew
    ]
    for thread in threads:
        thread.start()
    try:
        with disk_watched(folder, export.source.bytes):
            _feed(export, line, stop, intake, progress, check)
            for _ in threads:
                _put(line, None, stop, check)
            for thread in threads:
                while thread.is_alive():
                    thread.join(WAIT_S)
                    check()
            intake.files = _finished_files(crew)
        _check_ledger(intake, export.source.name)
    except BaseException:
        stop.set()
        export.source.is_cancelled = True
        for thread in threads:
            thread.join()
        for worker in crew:
            worker.writer.discard()
        raise
    intake.rejects.sort(key=lambda reject: reject.line)
    return intake


def _feed(
    export: Export,
    line: queue.Queue[object],
    stop: threading.Event,
    intake: Intake,
    progress: Progress | None,
    check: Callable[[], None],
) -> None:
    """Feed segments to the workers until the file or a worker ends."""
    for raw in export.raw_segments():
        check()
        _put(line, raw, stop, check)
        if stop.is_set():
            return
        if progress is not None:
            progress(intake.records, export.source.done)


def _finished_files(crew: Sequence[_Worker]) -> list[WrittenFile]:
    for worker in crew:
        if worker.error is not None:
            raise worker.error
    return [file for worker in crew for file in worker.writer.close()]


class _Worker:
    """Worker thread with its own validator and files; its first error ends the whole intake."""

    def __init__(
        self, export: Export, new_judge: Callable[[], Judge], writer: FaxWriter, report_id: str
    ) -> None:
        self.writer = writer
        self.error: BaseException | None = None
        self._export = export
        self._new_judge = new_judge
        self._report_id = report_id

    def work(self, line: queue.Queue[object], stop: threading.Event, intake: Intake) -> None:
        judge = self._new_judge()
        try:
            while (raw := _get(line, stop)) is not None:
                segment = self._export.parse(raw)
                self.writer.write(judge.judge(segment.table, self._report_id))
                with _TALLY:
                    intake.records += segment.records
                    intake.imported += segment.table.num_rows
                    intake.blank += segment.blank
                    intake.rejects += segment.rejects
                    intake.replaced_values += segment.replaced_values
                    intake.repaired_values += segment.repaired_values
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that called take_in
            self.error = error
            stop.set()
        finally:
            judge.close()


_TALLY = threading.Lock()


def _put(line: queue.Queue[object], item: object, stop: threading.Event, check: Callable[[], None]) -> None:
    while not stop.is_set():
        try:
            line.put(item, timeout=WAIT_S)
        except queue.Full:
            check()
            continue
        return


def _get(line: queue.Queue[object], stop: threading.Event) -> object:
    while not stop.is_set():
        try:
            return line.get(timeout=WAIT_S)
        except queue.Empty:
            continue
    return None


def _check_ledger(intake: Intake, name: str) -> None:
    written = sum(file.rows for file in intake.files)
    if intake.records != intake.imported + intake.rejected + intake.blank or written != intake.imported:
        raise LedgerMismatch(
            file=name,
            records=intake.records,
            imported=written,
            rejected=intake.rejected,
            blank=intake.blank,
            duplicate=0,
        )


@contextmanager
def disk_watched(folder: Path, source_bytes: int) -> Iterator[None]:
    """Detect a full disk, before and while something of about `source_bytes / 8` is written.

    Raises:
        DiskFull: says what is needed and what is free.
    """
    needed = source_bytes // 8 + (1 << 20)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(needed=needed, free=free)
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFull(needed=needed, free=shutil.disk_usage(folder).free) from error
        raise
