"""Health checks: each checks one part, with a state and its reason in one sentence.

A check is `healthy`; `warning` when an administrator should know but nothing is lost yet; `degraded` when
something does not work or will soon stop; `unhealthy` when the server cannot serve requests.
"""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import psutil

from faxcloud.config import Settings
from faxcloud.store.cache.cache import Cache
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.counts import Levels, levels
from faxcloud.store.lake.table import Lake
from faxcloud.store.probes import open_lake, write_heartbeat

State = Literal["healthy", "warning", "degraded", "unhealthy"]

MIB = 2**20
LOW_DISK_BYTES, FULL_DISK_BYTES = 2048 * MIB, 256 * MIB
"""Free space that a large import needs; below the second value not even a small one is safe."""

LOW_MEMORY_PERCENT = 95.0
CLOCK_S = 60.0
"""Clocks of machines with time synchronisation differ by less."""

BACKUP_DAYS = 8
"""A weekly backup, and a day for the one that runs late."""

OVERDUE_S = 300.0
"""A delivery is attempted within seconds of its time where anybody does."""


RECENT_S = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """Result of a check: `facts` are numbers and ids, for readers who may see them."""

    status: State
    detail: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Checks:
    """All checks by name. Safe for threads; each may wait for the part that it checks."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, lake: Lake, cache: Cache | None = None
    ) -> None:
        self._settings = settings
        self._lake = lake
        self._cache = cache
        self._began = (time.time(), time.monotonic())
        # One look asks for each several times.
        self._beat = _Recent(lambda: write_heartbeat(catalogue))
        self._levels = _Recent(lambda: _levels(catalogue))

    def all(self) -> dict[str, Callable[[], Found]]:
        """All checks in display order."""
        checks: dict[str, Callable[[], Found]] = {
            "catalogue": self.catalogue,
            "lake": self.lake,
            "disk": self.disk,
            "memory": self.memory,
            "clock": self.clock,
            "backup": self.backup,
            "leases": self.leases,
            "deliveries": self.deliveries,
        }
        if self._settings.redis_url is not None:
            checks["redis"] = self.redis
        return checks

    def catalogue(self) -> Found:
        """Catalogue check: writes a row and commits it."""
        began = time.perf_counter()
        self._beat.get()
        return Found("healthy", "It is writable.", {"seconds": round(time.perf_counter() - began, 4)})

    def lake(self) -> Found:
        """Lake check: reads the log and opens a file."""
        began = time.perf_counter()
        found = open_lake(self._lake)
        facts = {"version": found.version, "files": found.files, "bytes": found.bytes, "rows": found.rows}
        detail = "It is readable." if found.version >= 0 else "There is none yet: nothing was imported."
        return Found("healthy", detail, facts | {"seconds": round(time.perf_counter() - began, 4)})

    def disk(self) -> Found:
        """Disk space check: of the folders of the store and of the lake, the one with least room."""
        folders = {
            str(self._settings.home),
            *([str(self._lake.folder)] if self._lake.folder.exists() else []),
        }
        usages = [shutil.disk_usage(Path(folder)) for folder in folders]
        least = min(usages, key=lambda usage: usage.free)
        facts = {"free_bytes": least.free, "free_percent": round(100 * least.free / least.total, 1)}
        if least.free < FULL_DISK_BYTES:
            return Found("unhealthy", "The disk is full.", facts)
        if least.free < LOW_DISK_BYTES:
            return Found("degraded", "The disk is nearly full.", facts)
        return Found("healthy", "There is enough space.", facts)

    def memory(self) -> Found:
        """Memory check of the whole machine, since FaxCloud shares it."""
        memory = psutil.virtual_memory()
        facts = {"used_percent": memory.percent, "available_bytes": memory.available}
        if memory.percent > LOW_MEMORY_PERCENT:
            return Found("degraded", "The machine has hardly any memory left.", facts)
        return Found("healthy", "There is enough memory.", facts)

    def clock(self) -> Found:
        """Clock check against the catalogue's clock and earlier timestamps, which cannot lie ahead."""
        beat = self._beat.get()
        ahead = [
            at for at in (beat.before, self._levels.get().last_event_at, beat.server_at) if at is not None
        ]
        behind_s = max(((at - beat.at).total_seconds() for at in ahead), default=0.0)
        if beat.server_at is not None:  # a clock that is fast cannot be told by what is in the past
            behind_s = max(behind_s, (beat.at - beat.server_at).total_seconds())
        # The other way round is a machine that slept: its monotonic clock may have stood still.
        began_at, began = self._began
        set_back_s = (time.monotonic() - began) - (time.time() - began_at)
        wrong_s = max(behind_s, set_back_s, 0.0)
        facts = {"wrong_seconds": round(wrong_s, 1)}
        if wrong_s > CLOCK_S:
            return Found("degraded", "This machine's clock is behind earlier entries.", facts)
        return Found("healthy", "It is consistent with earlier entries.", facts)

    def backup(self) -> Found:
        """Backup age check: the last one made here.

        Other tools may back up PostgreSQL and disks, unknown to us.
        """
        last = self._levels.get().last_backup_at
        if last is None:
            return Found("warning", "No backup has been made with FaxCloud.", {"last_at": None})
        age_s = (dt.datetime.now(dt.UTC) - last).total_seconds()
        facts = {"last_at": last.isoformat(), "age_seconds": round(age_s)}
        if age_s > BACKUP_DAYS * 86_400:
            return Found("degraded", f"The last backup is older than {BACKUP_DAYS} days.", facts)
        return Found("healthy", "There is a recent one.", facts)

    def leases(self) -> Found:
        """Lease check: work that makes no progress."""
        found = self._levels.get()
        facts = {"abandoned": found.abandoned, "stuck": found.stuck}
        if found.stuck:
            return Found("degraded", "A process has claimed work but makes no progress.", facts)
        if found.abandoned:
            return Found("degraded", "Work was interrupted; the next start completes or undoes it.", facts)
        return Found("healthy", "No work was interrupted.", facts)

    def deliveries(self) -> Found:
        """Delivery check: whether due messages are being sent."""
        found = self._levels.get()
        facts = {"pending": found.deliveries.get("pending", 0), "overdue_seconds": round(found.overdue_s, 1)}
        if found.overdue_s > OVERDUE_S:
            return Found("degraded", "Webhook messages are not being delivered.", facts)
        return Found("healthy", "Nothing is overdue.", facts)

    def redis(self) -> Found:
        """Redis check: the one of the cache and the rate limits."""
        if self._cache is not None and self._cache.shared_answers() is False:
            return Found("degraded", "Redis does not answer; each server caches and counts on its own.")
        return Found("healthy", "It answers.")


class _Recent(Generic[T]):
    """Cache of a result for a second. Safe for threads; errors are not cached."""

    def __init__(self, find: Callable[[], T]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._found: tuple[float, T] | None = None

    def get(self) -> T:
        with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > RECENT_S:
                self._found = (time.monotonic(), self._find())
            return self._found[1]


def _levels(catalogue: Catalogue) -> Levels:
    with catalogue.read() as conn:
        return levels(conn)
