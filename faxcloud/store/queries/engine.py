"""DuckDB query engine over the lake: one in-memory database, restricted to the lake's folder.

Each query has a cursor of its own.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from faxcloud.errors import LakeUnavailable, QueryTooSlow
from faxcloud.i18n import N_
from faxcloud.store.queries.query_counts import QueryCounts, QueryStats
from faxcloud.store.queries.watchdog import Watchdog

SECONDS_ALLOWED = 30.0
"""Query timeout in seconds; DuckDB itself has no statement timeout."""

CLOSING_S = 10.0
"""How long an interrupted query may take to notice."""

ROWS_PER_BATCH = 16_384

# Set before the folder is named: no extension, no file and no Python variable is found by its mere name.
_CLOSED = {
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "python_scan_all_frames": "false",
}


_UNREADABLE = (duckdb.IOException, duckdb.HTTPException, duckdb.SerializationException)


class Engine:
    """Query engine. Safe for threads: each query has a cursor of its own, and DuckDB releases the GIL."""

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        folder: Path,
        seconds: float,
        damage: Callable[[], LakeUnavailable | None],
    ) -> None:
        self._database = database
        self._watchdog = Watchdog(seconds)
        self._counts = QueryCounts()
        self._lock = threading.Lock()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._closed = False
        self._damage = damage
        self.folder = folder
        """The lake's folder with links resolved, as DuckDB compares it."""

    def rows(
        self, sql: str, values: Mapping[str, Any] | None = None, **tables: pa.Table
    ) -> list[dict[str, Any]]:
        """Run a query; returns every row as a dict, in the order of the query.

        Raises:
            QueryTooSlow: it took longer than the engine allows.
            LakeUnavailable: a file is missing or cannot be read.
            DataFileDamaged: a file is not what was committed.
        """
        with self._cursor() as cursor, self._watched(cursor):
            _register(cursor, tables)
            cursor.execute(sql, dict(values) if values else None)  # not `sql`, which plans twice
            names = [name for name, *_ in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def table(self, sql: str, values: Mapping[str, Any] | None = None, **tables: pa.Table) -> pa.Table:
        """Run a query; returns one Arrow table. Raises as `rows` does."""
        with self._cursor() as cursor, self._watched(cursor):
            return _run(cursor, sql, values, tables).to_arrow_table()

    @contextmanager
    def batches(
        self, sql: str, values: Mapping[str, Any] | None = None, rows_per_batch: int = ROWS_PER_BATCH
    ) -> Iterator[Iterator[pa.RecordBatch]]:
        """Stream a query's result in order, as fast as it is read; memory does not grow with the rows.

        There is no time limit: a slow reader is not at fault. Leaving the block ends the query.
        """
        with self._counts.stream(), self._cursor() as cursor, self._translated():
            try:
                yield iter(_run(cursor, sql, values, {}).to_arrow_reader(rows_per_batch))
            finally:
                cursor.interrupt()

    def stats(self) -> QueryStats:
        """Query statistics since the start."""
        return self._counts.stats()

    def close(self) -> None:
        """Free its memory; running queries are interrupted.

        Raises:
            LakeUnavailable: one of them did not end.
        """
        self._watchdog.close()
        until = time.monotonic() + CLOSING_S
        # Close DuckDB only now: its close and a query that is about to begin would deadlock.
        while self._interrupt():
            if time.monotonic() > until:
                raise LakeUnavailable(lake=str(self.folder), reason=N_("a query does not end"))
            time.sleep(CLOSING_S / 1_000)
        self._database.close()

    def _interrupt(self) -> int:
        """Interrupt running queries and refuse new ones; returns how many have not ended yet."""
        with self._lock:
            self._closed = True
            for cursor in self._cursors:
                cursor.interrupt()  # of no effect on one that only begins: hence again and again
            return len(self._cursors)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            if self._closed:
                raise duckdb.ConnectionException("the engine is closed")
            cursor = self._database.cursor()
            self._cursors.append(cursor)
        try:
            yield cursor
        finally:
            with self._lock:
                self._cursors = [other for other in self._cursors if other is not cursor]
                cursor.close()

    @contextmanager
    def _watched(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        try:
            watched = self._watchdog.watching(cursor.interrupt)
            with self._counts.query(), watched, self._translated():
                yield
        except duckdb.InterruptException as error:
            raise QueryTooSlow(seconds=round(self._watchdog.seconds)) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Error for a failed query that names the damaged file: DuckDB's own message may be anything."""
        try:
            yield
        except (duckdb.InterruptException, duckdb.ConnectionException):
            raise
        except (duckdb.Error, pa.ArrowException, UnicodeDecodeError) as error:
            if (damage := self._damage()) is not None:
                raise damage from error
            if isinstance(error, _UNREADABLE):
                raise LakeUnavailable(lake=str(self.folder), reason=str(error).splitlines()[0]) from error
            raise


def _run(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    values: Mapping[str, Any] | None,
    tables: Mapping[str, pa.Table],
) -> duckdb.DuckDBPyRelation:
    _register(cursor, tables)
    return cursor.sql(sql, params=dict(values) if values else None)


def _register(cursor: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> None:
    for name, table in tables.items():
        cursor.register(name, table)  # a view of this cursor alone: others use the same name


def open_engine(
    folder: Path,
    memory_limit: str | None = None,
    threads: int | None = None,
    seconds: float = SECONDS_ALLOWED,
    *,
    keeps_order: bool = True,
    damage: Callable[[], LakeUnavailable | None] = lambda: None,
) -> Engine:
    """Open an in-memory database that can read `folder` and nothing else.

    The folder need not exist yet. What was tried against the lock stands in tests/store/test_engine.py;
    DuckDB may still write below the folder, which no query of this package does.

    Args:
        memory_limit: As DuckDB reads it, such as 2GB; its own default (80 % of the machine) when not given.
        keeps_order: Rows without ORDER BY come in the order of storage. Without this option, a
            search that stops after so many hits runs on all threads.
        threads: As many as the machine has processors when not given.
        damage: Finds a damaged file after a query has failed.
    """
    database = duckdb.connect(":memory:", config=dict(_CLOSED))
    settings: dict[str, str] = {"parquet_metadata_cache": "true"}  # a file of the lake never changes
    settings["temp_directory"] = _quoted(str(_spill_folder()))
    settings["preserve_insertion_order"] = str(keeps_order).lower()
    if memory_limit is not None:
        settings["memory_limit"] = _quoted(memory_limit)
    if threads is not None:
        settings["threads"] = str(threads)
    resolved = folder.resolve()
    settings["allowed_directories"] = f"[{_quoted(str(resolved))}]"
    settings["enable_external_access"] = "false"
    settings["lock_configuration"] = "true"  # the last one: nothing can be opened again
    for name, value in settings.items():
        database.execute(f"SET {name} = {value}")
    return Engine(database, resolved, seconds, damage)


def _spill_folder() -> Path:
    """Where queries put what memory cannot hold: rows, so nobody else may read them.

    One for all processes of a user: DuckDB removes there what a process that died has left.
    """
    shared = Path(tempfile.gettempdir())
    if sys.platform == "win32":
        return shared / "faxcloud-duckdb"  # a user's own already
    folder = shared / f"faxcloud-duckdb-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):  # somebody was quicker
        return Path(tempfile.mkdtemp(prefix="faxcloud-duckdb-"))
    return folder


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def file_list(folder: Path, paths: Sequence[str]) -> str:
    """Data files of a version as a DuckDB list of texts."""
    return "[" + ", ".join(_quoted(str(folder / path)) for path in paths) + "]"
