"""Delta table of faxes in a local folder (the lake). Commits are atomic and safe between processes."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import random
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

from faxcloud.errors import (
    DataFileDamaged,
    DiskFull,
    FaxCloudError,
    FilesMoved,
    LakeDamaged,
    LakeMissing,
    LakeUnavailable,
)
from faxcloud.store.checksums import fault_of
from faxcloud.store.durability import fsync_file, fsync_folder
from faxcloud.store.lake.copy import copied
from faxcloud.store.lake.parquet import (
    ADDED,
    SCHEMA,
    STATISTICS,
    WrittenFile,
    remove_files,
)

KEPT_VERSIONS_HOURS = 7 * 24
"""How long files of earlier versions stay: for readers at work, and to look up earlier verdicts."""

FORGOTTEN_HOURS = 24
"""A file that no version names and that is older than this is orphaned."""

COMMIT_TRIES = 50
"""Maximum number of commit conflicts in a row: each means that another process has committed."""

NO_TABLE = -1

# How the library says that another process has committed meanwhile, and that the disk is full.
_LOST = re.compile(r"concurrent|commit attempts|already exists|commit transaction: \d+$", re.IGNORECASE)
_DENIED = re.compile(r"permission denied|os error \d+", re.IGNORECASE)
_FULL = re.compile(r"no space left|file too large|quota exceeded|os error (28|27|122)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LakeFile:
    """Data file of one version.

    Attributes:
        path: Relative to the lake's folder.
        low: Smallest value of each column that has statistics (`STATISTICS`); instants as ISO text.
        high: Largest value, likewise.
        nulls: Number of nulls, likewise.
    """

    path: str
    rows: int
    bytes: int
    low: Mapping[str, Any] = field(default_factory=dict)
    high: Mapping[str, Any] = field(default_factory=dict)
    nulls: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_all_columns(self) -> bool:
        """Whether this version or a later one wrote the file; an older file lacks the newest columns."""
        return ADDED in self.nulls

    def holds_only(self, report_id: str) -> bool:
        """Whether every row is known to be of that report."""
        return self.low.get("report_id") == report_id == self.high.get("report_id")

    def may_hold(self, report_id: str) -> bool:
        """Whether a row can be of that report."""
        low, high = self.low.get("report_id"), self.high.get("report_id")
        return low is None or high is None or low <= report_id <= high

    def damage(self, folder: Path, *, read: bool = True) -> DataFileDamaged | None:
        """Fault of the file in the lake's folder; None when size and checksum are right.

        Args:
            read: Compare the checksum too, which reads the whole file.
        """
        reason = fault_of(folder / self.path, self.bytes, read=read)
        return DataFileDamaged(file=str(folder / self.path), reason=reason) if reason else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Data files of one version; -1 and no files before the first commit.

    Attributes:
        mark: Identifies this version among all versions of any store: a restored backup counts versions
            from where it was made, so that the same number may stand for other rows.
    """

    version: int
    files: tuple[LakeFile, ...]
    mark: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        names = "\n".join(file.path for file in self.files)
        digest = hashlib.blake2b(names.encode(), digest_size=8).hexdigest()
        object.__setattr__(self, "mark", f"{self.version}-{digest}")

    @property
    def rows(self) -> int:
        """Number of rows of this version."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Size of this version's data files."""
        return sum(file.bytes for file in self.files)


class Lake:
    """Delta table in `folder`. Safe for threads; other processes may commit at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._log = self.folder / "_delta_log"
        self._lock = threading.Lock()
        self._table: DeltaTable | None = None
        self._snapshot = Snapshot(NO_TABLE, ())
        self._durable = NO_TABLE

    def create(self) -> None:
        """Create the table when there is none; harmless when another process does so at the same time.

        Raises:
            LakeUnavailable: the folder cannot be created or written.
        """
        if self.version() != NO_TABLE:  # a log without an entry is what a crash right here leaves
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            DeltaTable.create(str(self.folder), Schema.from_arrow(SCHEMA), mode="ignore", name="faxes")
            self.make_durable()
        except (OSError, CommitFailedError, DeltaError) as error:
            if not DeltaTable.is_deltatable(str(self.folder)):
                raise LakeUnavailable(lake=str(self.folder), reason=str(error)) from error

    def version(self) -> int:
        """Newest version, from the names in the log alone: cheap enough to ask every second.

        Raises:
            LakeMissing: the folder existed before and is missing now, as on a disk that was unmounted.
        """
        version = self._snapshot.version
        if version == NO_TABLE:
            return max((int(path.stem) for path in self._entries()), default=NO_TABLE)
        if not self._log.is_dir():
            raise LakeMissing(lake=str(self.folder))
        while self._entry(version + 1).exists():
            version += 1
        return version

    def moved_at(self) -> dt.datetime | None:
        """Time of the newest version here, by a commit or a restore, in UTC; None before the first.

        Version 0 is the table without faxes. It is the entry's change time: a restored entry keeps the
        modification time of the commit.
        """
        version = self.version()
        if version < 1:
            return None
        return dt.datetime.fromtimestamp(self._entry(version).stat().st_ctime, dt.UTC)

    def snapshot(self) -> Snapshot:
        """Files of the newest version.

        Raises:
            LakeUnavailable: the log cannot be read.
        """
        with self._lock:
            if self.version() != self._snapshot.version:
                self._snapshot = self._read()
            return self._snapshot

    def has_transaction(self, app_id: str) -> bool:
        """Whether a commit with this application transaction has landed."""
        if self.version() == NO_TABLE:
            return False
        return self._open().transaction_version(app_id) is not None

    def append(
        self,
        files: Sequence[WrittenFile],
        app_id: str,
        facts: Mapping[str, Any],
        onto: Callable[[Snapshot], bool] | None = None,
    ) -> int:
        """Commit new files once; returns the version. A repeat with the same `app_id` changes nothing.

        Args:
            onto: Whether the files may follow this version; asked of the one that the commit follows.

        Raises:
            FilesMoved: `onto` said no; nothing was committed.
            LakeUnavailable: the commit failed; the files are still there and uncommitted.
        """
        return self._commit([_added(file, data_change=True) for file in files], app_id, facts, onto=onto)

    def replace(
        self,
        removed: Sequence[LakeFile],
        added: Sequence[WrittenFile],
        app_id: str,
        facts: Mapping[str, Any],
        *,
        data_change: bool = True,
    ) -> int:
        """Swap files in one commit; returns the version. Readers see the version before or the one after.

        Concurrent commits of others do not matter, unless one of `removed` is gone.

        Raises:
            FilesMoved: another process has replaced one of the files.
            LakeUnavailable: the commit failed.
        """
        now_ms = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = [
            RemoveAction(file.path, data_change, now_ms, file.bytes, {}) for file in removed
        ]
        actions += [_added(file, data_change=data_change) for file in added]
        return self._commit(actions, app_id, facts, frozenset(file.path for file in removed))

    def written(self, prefix: str) -> list[str]:
        """Names of the existing files `part-<prefix>-…`, committed or not."""
        return sorted(path.name for path in self.folder.glob(f"part-{prefix}-*.parquet"))

    def sweep(self, prefix: str) -> int:
        """Remove the files of a change that did not land; returns how many.

        The prefix has to be that of one commit alone: files of earlier versions look as unused as these.
        """
        known = {file.path for file in self.snapshot().files}
        orphans = [name for name in self.written(prefix) if name not in known]
        remove_files(self.folder, orphans)
        return len(orphans)

    def sweep_unlanded(self, kind: str) -> int:
        """Remove the files `part-<kind>-<transaction>-…` of every commit that did not land; returns how many.

        Only for a kind that nobody else is writing.
        """
        pattern = re.compile(rf"part-({re.escape(kind)}-\d{{8}}-\d{{6}}-[a-z2-7]{{6}})-.*")
        matches = (pattern.fullmatch(name) for name in self.written(kind))
        transactions = {match[1] for match in matches if match}
        return sum(self.sweep(name) for name in transactions if not self.has_transaction(name))

    def vacuum(self, kept_hours: int = KEPT_VERSIONS_HOURS) -> int:
        """Remove files that only versions older than `kept_hours` name; returns how many.

        This includes files that the log no longer names: a checkpoint drops what was removed a week before. A
        file younger than a day may still be being written.
        """
        removed = self._open().vacuum(
            kept_hours, dry_run=False, enforce_retention_duration=False, full=kept_hours >= FORGOTTEN_HOURS
        )
        return len(removed)

    def damaged_files(
        self, snapshot: Snapshot, share: float = 1.0
    ) -> Iterator[tuple[LakeFile, DataFileDamaged]]:
        """Files of a version whose size or checksum is wrong.

        Args:
            share: Share of the files whose checksums are compared, at random, at least one; sizes of all are
        """
        read = {file.path for file in random.sample(snapshot.files, math.ceil(share * len(snapshot.files)))}
        for file in snapshot.files:
            if (damage := file.damage(self.folder, read=file.path in read)) is not None:
                yield file, damage

    def damage(self) -> DataFileDamaged | None:
        """Fault of the newest version's first damaged file; None when all of them are right."""
        return next((damage for _, damage in self.damaged_files(self.snapshot())), None)

    def copy_to(
        self,
        target: Path,
        snapshot: Snapshot,
        progress: Callable[[int, int], None] | None = None,
        place: Callable[[str | Path, str | Path], None] = copied,
    ) -> None:
        """Copy one version into a new folder: its data files, its log up to it, and the change lists of runs.

        Files that only earlier versions use stay behind.

        Args:
            progress: Called with bytes copied and bytes in all.
            place: Copies or links a file that is never written again.
        """
        (target / "_delta_log").mkdir(parents=True)
        done = 0
        for file in snapshot.files:
            place(self.folder / file.path, target / file.path)
            done += file.bytes
            if progress is not None:
                progress(done, snapshot.bytes)
        for path in self._log.iterdir():
            version = path.name.partition(".")[0]
            if path.is_file() and version.isdigit() and int(version) <= snapshot.version:
                copied(path, target / "_delta_log" / path.name)
        if (self.folder / "_changes").is_dir():
            shutil.copytree(self.folder / "_changes", target / "_changes", copy_function=place)
        fsync_folder(target / "_delta_log")
        fsync_folder(target)

    def checkpoint(self) -> None:
        """Write a log checkpoint, so that the next reader opens the table faster."""
        self._open().create_checkpoint()
        for path in self._log.glob(f"{self.version():020d}.checkpoint*"):
            fsync_file(path)
        fsync_file(self._log / "_last_checkpoint")
        self.make_durable()

    def make_durable(self) -> None:
        """Flush every version so far to disk, so that it survives a power cut.

        The library leaves that to the system.

        This includes the versions of other processes: a later version is worth nothing without them. Data
        files are synced as they are closed.
        """
        newest = self.version()
        for version in range(self._durable + 1, newest + 1):
            # Absent where a checkpoint has taken its place: that one was synced.
            if self._entry(version).exists():
                fsync_file(self._entry(version))
        fsync_folder(self._log)
        fsync_folder(self.folder)
        self._durable = newest

    def _commit(
        self,
        actions: Sequence[AddAction | RemoveAction],
        app_id: str,
        facts: Mapping[str, Any],
        removed: frozenset[str] = frozenset(),
        onto: Callable[[Snapshot], bool] | None = None,
    ) -> int:
        """Commit onto the newest version, again when others were faster: they may have touched other files.

        The library takes any file that another process removed as one that this commit has read.
        """
        fsync_folder(self.folder)
        for attempt in range(COMMIT_TRIES):
            snapshot = self.snapshot()
            table = self._open(snapshot.version)
            if table.transaction_version(app_id) is not None:
                break
            if removed - {file.path for file in snapshot.files} or (onto is not None and not onto(snapshot)):
                raise FilesMoved(lake=str(self.folder))
            try:
                _add_columns(table)
                self._write(table, actions, app_id, facts, None if onto is None else 0)
                break
            except (CommitFailedError, DeltaError, OSError) as error:
                lost = isinstance(error, CommitFailedError) and _LOST.search(str(error)) is not None
                if not lost or attempt == COMMIT_TRIES - 1:
                    raise self._failure(error) from error
        self.make_durable()
        return self.version()

    def _write(
        self,
        table: DeltaTable,
        actions: Sequence[AddAction | RemoveAction],
        app_id: str,
        facts: Mapping[str, Any],
        retries: int | None,
    ) -> None:
        """Write one commit.

        Args:
            retries: How often the library may move it onto a newer version; None for its own default.
        """
        table.create_write_transaction(
            list(actions),
            "append",
            table.schema(),
            commit_properties=CommitProperties(
                custom_metadata=dict(facts),
                app_transactions=[Transaction(app_id, 1)],
                max_commit_retries=retries,
            ),
        )

    def _failure(self, error: Exception) -> FaxCloudError:
        if _FULL.search(str(error)):
            return DiskFull(needed=1 << 20, free=shutil.disk_usage(self.folder).free)
        return LakeUnavailable(lake=str(self.folder), reason=str(error).partition("\n")[0])

    def _open(self, version: int | None = None) -> DeltaTable:
        """Open a table object for one use: a commit moves it, and it is not safe for threads."""
        try:
            return DeltaTable(str(self.folder), version=version)
        except (TableNotFoundError, DeltaError, OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def _read(self) -> Snapshot:
        try:
            if self._table is None:
                if self.version() == NO_TABLE:
                    return Snapshot(NO_TABLE, ())
                self._table = self._open()
            else:
                self._table.update_incremental()
            rows = self._table.get_add_actions(flatten=True)
        except (DeltaError, OSError, ValueError) as error:
            raise self._unreadable(error) from error
        # The library takes an empty entry, which a power cut can leave, for a commit that changed nothing.
        if empty := [path.name for path in self._entries() if not path.stat().st_size]:
            raise LakeDamaged(lake=str(self.folder), reason=f"{empty[0]}: 0 bytes")
        # Not pa.table(): that imports pandas, a fifth of a second in every new process.
        columns: dict[str, list[Any]] = pa.RecordBatchReader.from_stream(rows).read_all().to_pydict()
        files = tuple(
            sorted((_lake_file(columns, row) for row in range(rows.num_rows)), key=lambda file: file.path)
        )
        return Snapshot(self._table.version(), files)

    def _unreadable(self, error: Exception) -> LakeUnavailable:
        """Error for an unreadable log: damage, unless permissions are missing; without Rust backtraces."""
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        denied = isinstance(error, OSError) or _DENIED.search(reason)
        return (LakeUnavailable if denied else LakeDamaged)(lake=str(self.folder), reason=reason)

    def _entries(self) -> list[Path]:
        return [path for path in self._log.glob("*.json") if path.stem.isdigit()]

    def _entry(self, version: int) -> Path:
        return self._log / f"{version:020d}.json"


def _add_columns(table: DeltaTable) -> None:
    """Add the columns of this version to a table of an earlier one, in a commit of its own."""
    known = {field.name for field in table.schema().fields}
    fields = Schema.from_arrow(SCHEMA).fields
    if missing := [field for field in fields if field.name not in known]:
        table.alter.add_columns(missing)


def _added(file: WrittenFile, *, data_change: bool) -> AddAction:
    return AddAction(file.path, file.bytes, {}, int(time.time() * 1000), data_change, file.statistics)


def _lake_file(columns: Mapping[str, list[Any]], row: int) -> LakeFile:
    def by_column(kind: str) -> dict[str, Any]:
        values = {name: columns.get(f"{kind}.{name}") for name in (*STATISTICS, ADDED)}
        return {
            name: _plain(column[row])
            for name, column in values.items()
            if column is not None and column[row] is not None
        }

    return LakeFile(
        path=columns["path"][row],
        rows=columns["num_records"][row],
        bytes=columns["size_bytes"][row],
        low=by_column("min"),
        high=by_column("max"),
        nulls=by_column("null_count"),
    )


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if hasattr(value, "isoformat") else value
