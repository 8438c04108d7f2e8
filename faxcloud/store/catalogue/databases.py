"""SQLite and PostgreSQL engines for the catalogue: transactions, durability, errors."""

import atexit
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from faxcloud.errors import CatalogueDamaged, CatalogueUnavailable, NotWritable
from faxcloud.i18n import N_

WRITES = "faxcloud_writes"
"""Execution option of a connection: whether its transaction writes."""

BUSY_TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 10

# One number for all of FaxCloud's writers on a PostgreSQL database: "FAXC" in ASCII.
_WRITER_LOCK = 0x46415843

# These say that our own SQL is wrong, not that the database is in trouble.
_OUR_MISTAKES = (
    sa.exc.IntegrityError,
    sa.exc.ProgrammingError,
    sa.exc.DataError,
    sa.exc.NotSupportedError,
)


@contextmanager
def translated(url: sa.URL) -> Iterator[None]:
    """Translate database errors into CatalogueUnavailable; programming errors pass through."""
    # The database's name alone: a whole URL may hold a password.
    place = url.database
    try:
        yield
    except sa.exc.DBAPIError as error:
        if isinstance(error, _OUR_MISTAKES):
            raise
        raise _unavailable(place, error.orig) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _unavailable(place, error) from error
    except sa.exc.TimeoutError as error:
        raise CatalogueUnavailable(reason=f"{place}: all connections are in use") from error


def _unavailable(place: str | None, error: BaseException | None) -> CatalogueUnavailable:
    """Error for a database failure: damage where SQLite reports it.

    A text that is not UTF-8 is not quoted: it may be somebody's name.
    """
    if isinstance(error, UnicodeDecodeError) or "decode to UTF-8" in str(error):
        return CatalogueDamaged(reason=f"{place}: a text that is no UTF-8")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}:
        reason = N_("the disk is full") if code == sqlite3.SQLITE_FULL else N_("it is read-only")
        return NotWritable(store=place, reason=reason)
    damaged = code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return (CatalogueDamaged if damaged else CatalogueUnavailable)(reason=f"{place}: {error}")


def engine_for(url: str) -> sa.Engine:
    """Create an engine whose transactions read or write as the option `WRITES` says.

    Raises:
        CatalogueUnavailable: the URL cannot be used.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        # Not chained: the error quotes the URL, which may hold a password.
        raise CatalogueUnavailable(reason="its URL cannot be read") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(parsed)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql_engine(parsed)
    raise CatalogueUnavailable(
        reason=f"it is kept in SQLite or PostgreSQL, not in {parsed.get_backend_name()}"
    )


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
        raise CatalogueUnavailable(reason="it needs a file that processes can share")
    # Absolute, so that it stays the same file when the working directory changes.
    url = url.set(database=str(Path(str(url.database)).expanduser().absolute()))
    # Any number of connections: a slow download of rejects holds one, and files have no server to spare.
    engine = sa.create_engine(url, max_overflow=-1, connect_args={"timeout": BUSY_TIMEOUT_S})
    sa.event.listen(engine, "connect", _on_sqlite_connect)
    sa.event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def readonly_engine(file: Path) -> sa.Engine:
    """Read-only engine over a SQLite file whose folder cannot be written.

    SQLite cannot create its side files there.

    Nobody writes the file then: it is read directly, or as a copy elsewhere where its write-ahead log is not
    empty.

    Raises:
        OSError: there is no room for the copy.
    """
    wal = Path(f"{file}-wal")
    options = "immutable=1"
    if wal.exists() and wal.stat().st_size:
        folder = Path(tempfile.mkdtemp(prefix="faxcloud-catalogue-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for source in (file, wal):
            shutil.copyfile(source, folder / source.name)
        file, options = folder / file.name, "mode=rw"
    url = f"sqlite:///{file.as_uri()}?{options}&uri=true"
    engine = sa.create_engine(url, max_overflow=-1, connect_args={"timeout": BUSY_TIMEOUT_S})
    sa.event.listen(engine, "connect", _on_sqlite_connect)
    sa.event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    # The driver begins late and never for reads; we begin ourselves.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # NORMAL would lose acknowledged imports in a power cut.
    connection.execute("PRAGMA synchronous = FULL")
    # What is deleted is overwritten: a rejected record quotes names and numbers.
    connection.execute("PRAGMA secure_delete = ON")


def _on_sqlite_begin(conn: sa.Connection) -> None:
    if conn.get_execution_options().get(WRITES):
        conn.exec_driver_sql("PRAGMA query_only = OFF")
        # A read that turns into a write fails at once with "database is locked", whatever the timeout.
        conn.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        conn.exec_driver_sql("PRAGMA query_only = ON")
        conn.exec_driver_sql("BEGIN")


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    try:
        engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
        )
    except ModuleNotFoundError as error:
        raise CatalogueUnavailable(
            reason="PostgreSQL needs another library: pip install 'faxcloud[postgres]'"
        ) from error
    sa.event.listen(engine, "begin", _on_postgresql_begin)
    return engine


def _on_postgresql_begin(conn: sa.Connection) -> None:
    if conn.get_execution_options().get(WRITES):
        # One writer at a time as in SQLite, so that "is it there already?" is asked once for both.
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")


def prepare_file(file: Path) -> None:
    """Create the folder and switch SQLite's file to WAL, which the file remembers.

    Raises:
        CatalogueUnavailable: the folder cannot be created, or the file is locked or does not support WAL.
    """
    try:
        _make_folder(file.parent)
    except OSError as error:
        raise CatalogueUnavailable(reason=f"{file.parent}: {error.strerror}") from error
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while (mode := _wal_mode(file)) is None:
        if time.monotonic() > deadline:
            raise CatalogueUnavailable(reason=f"{file} is locked by another program")
        time.sleep(0.02)
    if mode != "wal":
        raise CatalogueUnavailable(
            reason=f"{file} is read-only or on a network drive; SQLite needs a local disk that can be written"
        )


def _wal_mode(file: Path) -> str | None:
    """Switch to WAL and return the journal mode.

    None while others hold the file: SQLite does not wait when it changes this mode.
    """
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
        try:
            mode: str = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return None
            raise
    return mode


def fold_wal(file: Path) -> bool:
    """Checkpoint SQLite's write-ahead log into the file and empty it; False while others read."""
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
        is_busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not is_busy


def _make_folder(folder: Path) -> None:
    """Create a folder durably: SQLite syncs its own files and their folder, but not the folders above."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "nt":
        return  # Windows cannot sync a folder
    for made in missing:
        handle = os.open(made.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
