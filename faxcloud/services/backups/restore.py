"""Online restore of a backup."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faxcloud.config import Settings
from faxcloud.errors import BackupInvalid
from faxcloud.i18n import N_
from faxcloud.services.backups.folders import Progress, manifest_of
from faxcloud.services.backups.restore_staging import stage
from faxcloud.services.backups.restore_switch import Switch
from faxcloud.services.validation.lake_changes import rewriting_taken
from faxcloud.services.validation.revalidation import LEASE_S, REWRITE_LEASE
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.changes.erasing import ERASURE
from faxcloud.store.changes.two_phase import settle
from faxcloud.store.lake.table import Lake
from faxcloud.store.records.certificates import count_erased, erasures_after

PATIENCE_S = 5.0
"""Time to wait for a compaction: imports start short ones all the time, which must not refuse a restore."""


@dataclass(frozen=True, slots=True)
class Restored:
    """Result of a restore.

    Attributes:
        kept: Folder of the store before it, itself a backup.
        erasures_since: Erasures after the backup: they have to be repeated.
        problems: What is wrong with the store now, in sentences.
    """

    folder: str
    faxes: int
    lake_version: int
    kept: str
    erasures_since: int = 0
    problems: tuple[str, ...] = ()


class Restores:
    """Restores backups, one at a time."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        lake: Lake,
        switch: Switch,
        recover: Callable[[], object],
        check: Callable[[], list[str]],
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._lake = lake
        self._switch = switch
        self._recover = recover
        self._check = check

    def restore(self, folder: Path, progress: Progress | None = None) -> Restored:
        """Restore a backup, as `Backups.restore`, which checks the permission."""
        source = folder.expanduser().absolute()
        if self._catalogue.file is None:
            raise BackupInvalid(folder=str(source), reason=N_("the catalogue is not an SQLite file"))
        if source.resolve().is_relative_to(self._lake.folder.resolve()):
            raise BackupInvalid(
                folder=str(source), reason=N_("it lies within the store that it would replace")
            )
        manifest = manifest_of(source)
        self._lake.create()
        self._recover()
        mark = sortable_id(utc_now())
        lease = HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, rewriting_taken, patience_s=PATIENCE_S)
        with lease:
            self._switch.tidy()
            settle(self._catalogue, self._lake, ERASURE, count_erased)  # nobody can do so afterwards
            with self._catalogue.read() as conn:
                erased = erasures_after(conn, dt.datetime.fromisoformat(manifest["created_at"]))
            self._stage(source, manifest, mark, progress)
            self._switch.put_in_place(mark, lease)
        snapshot = self._lake.snapshot()
        kept = str(self._switch.kept(mark))
        problems = tuple(self._check())
        return Restored(str(source), snapshot.rows, snapshot.version, kept, erased, problems)

    def _stage(self, source: Path, manifest: Mapping[str, Any], mark: str, progress: Progress | None) -> None:
        staging = self._switch.staging(mark)
        try:
            stage(self._settings, self._lake, source, manifest, staging, progress)
        except BaseException as error:
            shutil.rmtree(staging, ignore_errors=True)
            if isinstance(error, OSError):
                raise BackupInvalid(folder=str(source), reason=str(error)) from error
            raise
