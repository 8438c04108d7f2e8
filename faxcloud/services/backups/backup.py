"""Backup of the store while it is in use."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from faxcloud.config import Settings
from faxcloud.errors import BackupInvalid, DataFileDamaged, FaxCloudError
from faxcloud.i18n import N_
from faxcloud.services.actors import current_actor
from faxcloud.services.backups.folders import Progress, complete_backup
from faxcloud.services.journal import Journal, Note, failure
from faxcloud.store.backups.switch import CATALOGUE, LAKE
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.checksums import checksum_named
from faxcloud.store.lake.table import Lake
from faxcloud.store.permissions import restrict


@dataclass(frozen=True, slots=True)
class Backup:
    """Result of a backup: number of faxes, and the lake's version."""

    folder: str
    faxes: int
    lake_version: int


class Backups:
    """Consistent copies of catalogue, lake and own rulesets."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        lake: Lake,
        journal: Journal,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._lake = lake
        self._journal = journal

    def write(self, folder: Path, progress: Progress | None = None) -> Backup:
        """Write a backup of the store into a new or empty folder; imports and pages go on meanwhile.

        Args:
            progress: Called with bytes copied and bytes in all.

        Raises:
            BackupInvalid: the folder is not empty, lies in the store, or cannot be written.
            DataFileDamaged: a data file is not what was committed; no backup is left.
            NotAllowed: the actor may not.
        """
        current_actor().require("store.maintain")
        try:
            written = self._write(folder, progress)
        except FaxCloudError as error:
            self._journal.write(failure("backup.create", "", error))
            raise
        # Not the folder: its name may be somebody's.
        details = {"faxes": written.faxes, "lake_version": written.lake_version}
        self._journal.write(Note("backup.create", details=details))
        return written

    def _write(self, folder: Path, progress: Progress | None) -> Backup:
        target = folder.expanduser().absolute()
        if target.resolve().is_relative_to(self._lake.folder.resolve()):
            raise BackupInvalid(folder=str(target), reason=N_("it lies within the store that is backed up"))
        try:
            if target.exists() and any(target.iterdir()):
                raise BackupInvalid(folder=str(target), reason=N_("it is not empty"))
            target.mkdir(parents=True, exist_ok=True)
            restrict(target)
        except OSError as error:
            raise BackupInvalid(folder=str(target), reason=str(error)) from error
        try:
            return self._copy_into(target, progress)
        except BaseException as error:
            for path in target.iterdir():  # a part of a backup is worth nothing
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise BackupInvalid(folder=str(target), reason=str(error)) from error
            raise

    def _copy_into(self, target: Path, progress: Progress | None) -> Backup:
        self._lake.create()
        # While this transaction is open no import can be staged, so the lake gets no report that the copy
        # of the catalogue does not know; one that is `committing` there is finished by recovery.
        with self._catalogue.write():
            self._catalogue.copy_to(target / CATALOGUE)
            snapshot = self._lake.snapshot()
        digests = complete_backup(self._settings, self._lake, snapshot, target, progress)
        for file in snapshot.files:
            checksum = checksum_named(file.path)
            if checksum is not None and not digests[f"{LAKE}/{file.path}"].startswith(checksum):
                raise DataFileDamaged(file=file.path, reason=N_("its checksum is wrong"))
        return Backup(str(target), snapshot.rows, snapshot.version)
