"""Catalogue database: open, migrate, read and write in transactions."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from faxcloud.errors import CatalogueDamaged, CatalogueUnavailable, NotWritable, StoreTooNew
from faxcloud.store.catalogue import migrations
from faxcloud.store.catalogue.databases import (
    WRITES,
    engine_for,
    fold_wal,
    prepare_file,
    readonly_engine,
    translated,
)
from faxcloud.store.catalogue.encrypted_columns import ENCRYPTION
from faxcloud.store.catalogue.tables import reports
from faxcloud.store.disk_reserve import why_not_writable
from faxcloud.store.encryption import Encryption

Connection = sa.Connection
"""What `read` and `write` yield, for annotations in the layers above."""

_AFTER_COMMIT = "faxcloud_after_commit"


class Catalogue:
    """Open catalogue; get one from `open_catalogue`. Threads may share it."""

    def __init__(
        self,
        engine: sa.Engine,
        file: Path | None = None,
        not_writable: str | None = None,
        encryption: Encryption | None = None,
    ) -> None:
        self._engine = engine
        self._encryption = encryption
        self.file = file
        """SQLite's file; None on PostgreSQL."""
        self.not_writable = not_writable
        """Why it can only be read, marked for translation; None when it can be written."""

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Read transaction with one consistent state; it waits for nothing, and nothing waits for it.

        Raises:
            CatalogueUnavailable: the database cannot be read.
        """
        with self._connection(write=False) as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Write transaction: it commits at the end and rolls back after an exception; one at a time.

        Raises:
            CatalogueUnavailable: the database cannot be written, or another writer held it for 30 seconds.
            NotWritable: the disk is full or read-only.
        """
        if self.not_writable is not None:
            raise NotWritable(store=str(self.file), reason=self.not_writable)
        with self._connection(write=True) as conn:
            yield conn

    @property
    def is_empty(self) -> bool:
        """Whether there is no report, in any state."""
        with self.read() as conn:
            return conn.scalar(sa.select(reports.c.report_id).limit(1)) is None

    @property
    def has_imports(self) -> bool:
        """Whether a report is ready, so that the lake has its faxes."""
        with self.read() as conn:
            return (
                conn.scalar(sa.select(reports.c.report_id).where(reports.c.state == "ready").limit(1))
                is not None
            )

    def problems(self) -> list[str]:
        """Integrity check by the database itself; empty when all is well. It reads every page."""
        if not self._is_sqlite:
            return []  # PostgreSQL has no such command; its own tools check it
        with self.read() as conn:
            damaged = [str(row[0]) for row in conn.exec_driver_sql("PRAGMA integrity_check")]
            orphans = conn.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [line for line in damaged if line != "ok"] + [f"orphan in {row[0]}" for row in orphans]

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy of SQLite's file while others read and write.

        Raises:
            CatalogueUnavailable: the catalogue is PostgreSQL, which is backed up with its own tools, or the
                copy cannot be written.
        """
        if not self._is_sqlite:
            raise CatalogueUnavailable(reason="PostgreSQL is backed up with pg_dump")
        with self._connection(write=False) as conn:
            try:
                copy = sqlite3.connect(target)
                try:
                    source = conn.connection.driver_connection
                    cast(sqlite3.Connection, source).backup(copy)
                finally:
                    copy.close()
            except sqlite3.Error as error:
                raise CatalogueUnavailable(reason=f"{target}: {error}") from error

    def fold_log(self) -> bool:
        """Checkpoint SQLite's log so that it holds no earlier state of a row; False while readers need it.

        PostgreSQL does so by itself, in its own time (autovacuum).
        """
        if self.file is None:
            return False
        with translated(self._engine.url):
            return fold_wal(self.file)

    def close(self) -> None:
        """Close the pooled connections."""
        self._engine.dispose()

    @property
    def _is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def _connection(self, *, write: bool) -> Iterator[sa.Connection]:
        options: dict[str, Any] = {WRITES: write, ENCRYPTION: self._encryption}
        if not self._is_sqlite and not write:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with translated(self._engine.url), self._engine.connect() as conn:
            transaction = conn.execution_options(**options).begin()
            try:
                yield conn
                if write:
                    transaction.commit()
                    _run_after_commit(conn)
            finally:
                conn.info.pop(_AFTER_COMMIT, None)
                if transaction.is_active:
                    transaction.rollback()


def after_commit(conn: sa.Connection, key: str, work: Callable[[], None]) -> None:
    """Run a function once the transaction has committed; never when it is rolled back.

    A later function with the same key replaces an earlier one. A crash in between loses it: use it only for
    work that is caught up later.
    """
    conn.info.setdefault(_AFTER_COMMIT, {})[key] = work


def _run_after_commit(conn: sa.Connection) -> None:
    for work in conn.info.pop(_AFTER_COMMIT, {}).values():
        work()


def open_catalogue(url: str, encryption: Encryption | None = None) -> Catalogue:
    """Open a catalogue, creating or migrating it where needed; safe when several processes do so at once.

    A catalogue on a full or read-only disk is opened for reading alone.

    Args:
        encryption: Keys of the encrypted columns; not needed where webhooks and channels are only copied.

    Raises:
        CatalogueUnavailable: the URL, the file or the server cannot be used.
        StoreTooNew: a newer FaxCloud has migrated it; nothing was changed.
    """
    engine = engine_for(url)
    file = Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else None
    try:
        with translated(engine.url):
            if file is not None:
                prepare_file(file)
            catalogue = Catalogue(engine, file, encryption=encryption)
            _migrate(catalogue)
    except CatalogueUnavailable as error:
        engine.dispose()
        if isinstance(error, CatalogueDamaged) or file is None or not file.is_file():
            raise
        if (reason := why_not_writable(file.parent)) is None:
            raise
        return _opened_for_reading(file, reason, encryption)
    except BaseException:
        engine.dispose()
        raise
    return catalogue


def _opened_for_reading(file: Path, reason: str, encryption: Encryption | None) -> Catalogue:
    try:
        engine = readonly_engine(file)
    except OSError as error:
        raise NotWritable(store=str(file), reason=reason) from error
    catalogue = Catalogue(engine, file, reason, encryption)
    try:
        _migrate(catalogue)
    except BaseException:
        engine.dispose()
        raise
    return catalogue


def _migrate(catalogue: Catalogue) -> None:
    with catalogue.read() as conn:
        found = migrations.stamped_revision(conn)
        if found == migrations.HEAD:
            return
        if found is None and catalogue.file and (strange := sa.inspect(conn).get_table_names()):
            raise CatalogueUnavailable(
                reason=f"{catalogue.file} belongs to another application: it has a table {strange[0]}"
            )
    with catalogue.write() as conn:
        # Asked again: another process may have migrated while this one waited for its turn.
        found = migrations.stamped_revision(conn)
        if found is not None and found not in migrations.known_revisions():
            raise StoreTooNew(found=found)
        if found != migrations.HEAD:
            migrations.upgrade(conn)
