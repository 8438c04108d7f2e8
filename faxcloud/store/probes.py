"""Health probes of the store: write a row to the catalogue, open a file of the lake."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow.parquet as pq
import sqlalchemy as sa
from pyarrow import ArrowException

from faxcloud.errors import LakeUnavailable
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import settings
from faxcloud.store.lake.table import Lake

HEARTBEAT = "health.heartbeat"
"""The row that a probe writes. It is committed: only that finds a disk that is full or read-only."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Heartbeat row of the catalogue.

    Attributes:
        at: Time of this machine, as written.
        before: Time that the previous probe wrote, perhaps another server's; None for the first.
        server_at: PostgreSQL's own time; None on SQLite, which has this machine's.
    """

    at: dt.datetime
    before: dt.datetime | None
    server_at: dt.datetime | None


def write_heartbeat(catalogue: Catalogue) -> Heartbeat:
    """Write the row and commit it.

    Raises:
        CatalogueUnavailable: the catalogue cannot be written.
    """
    row = settings.c.key == HEARTBEAT
    with catalogue.write() as conn:
        now = utc_now()
        before = conn.scalar(sa.select(settings.c.value).where(row))
        if before is None:
            conn.execute(settings.insert().values(key=HEARTBEAT, value=now.isoformat()))
        else:
            conn.execute(settings.update().where(row).values(value=now.isoformat()))
        server_at = conn.scalar(sa.select(sa.func.clock_timestamp())) if catalogue.file is None else None
    return Heartbeat(now, None if before is None else dt.datetime.fromisoformat(str(before)), server_at)


@dataclass(frozen=True, slots=True)
class LakeProbe:
    """Result of a lake probe; version -1 before the first import."""

    version: int
    files: int
    bytes: int
    rows: int


def open_lake(lake: Lake) -> LakeProbe:
    """Read the log, and the footer of the last file.

    Raises:
        LakeUnavailable: the log or the file cannot be read, or holds other rows than the log says.
    """
    snapshot = lake.snapshot()
    if snapshot.files:
        last = snapshot.files[-1]  # by name, which begins with when it was written
        try:
            found = pq.read_metadata(lake.folder / last.path).num_rows
        except (OSError, ArrowException) as error:
            raise (
                last.damage(lake.folder) or LakeUnavailable(lake=str(lake.folder), reason=str(error))
            ) from error
        if found != last.rows:
            reason = f"{last.path} holds {found} rows instead of {last.rows}"
            raise LakeUnavailable(lake=str(lake.folder), reason=reason)
    return LakeProbe(snapshot.version, len(snapshot.files), snapshot.bytes, snapshot.rows)
