"""Backups: copy the store while it is in use, and restore a backup."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from faxcloud.config import Settings
from faxcloud.errors import BackupInvalid, DataFileDamaged, FaxCloudError, StoreBusy
from faxcloud.i18n import N_
from faxcloud.services.actors import current_actor
from faxcloud.services.backups.folders import (
    CATALOGUE,
    LAKE,
    RULESETS,
    Progress,
    check_copy,
    complete_backup,
    manifest_of,
)
from faxcloud.services.backups.restore import Restored, Restores
from faxcloud.services.journal import Journal, Note, failure
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.backups.restoring import announced_restore
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.checksums import checksum_named
from faxcloud.store.durability import fsync_folder
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
        restores: Restores,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._lake = lake
        self._journal = journal
        self._restores = restores

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

    def restore(self, folder: Path, progress: Progress | None = None) -> Restored:
        """Restore a backup in place of what the store holds now, while everything goes on.

        Others see the store before or the store after. A crash in the middle leaves the one or the other: the
        next start completes or undoes it. What was there is kept as a backup, which takes hardly any room.

        Args:
            progress: Called with bytes copied and bytes in all.

        Raises:
            BackupInvalid: the folder is no complete backup; nothing was changed.
            StoreTooNew: a newer FaxCloud has written it; likewise.
            StoreBusy: imports, deletions or a rewriting went on for too long; likewise.
            NotAllowed: the actor may not.
        """
        current_actor().require("store.maintain")
        try:
            return self._restores.restore(folder, progress)
        except FaxCloudError as error:
            self._journal.write(failure("backup.restore", "", error))
            raise

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
        with self._catalogue.write() as conn:
            if announced_restore(conn):
                raise StoreBusy(reason=N_("a backup is being restored"))
            self._catalogue.copy_to(target / CATALOGUE)
            snapshot = self._lake.snapshot()
        digests = complete_backup(self._settings, self._lake, snapshot, target, progress)
        for file in snapshot.files:
            checksum = checksum_named(file.path)
            if checksum is not None and not digests[f"{LAKE}/{file.path}"].startswith(checksum):
                raise DataFileDamaged(file=file.path, reason=N_("its checksum is wrong"))
        return Backup(str(target), snapshot.rows, snapshot.version)


def store_exists(settings: Settings) -> bool:
    """Whether anything has been stored on this machine."""
    return _catalogue_file(settings).exists()


def restore(settings: Settings, folder: Path) -> Restored:
    """Restore a backup in place of a missing or unreadable store, by renaming both.

    Use `Backups.restore` for any other store: here the application must not run meanwhile. Build the services
    anew afterwards: that repairs work that was in progress when the backup was made.

    Raises:
        BackupInvalid: the folder is no complete backup; nothing was changed.
        StoreTooNew: a newer FaxCloud has written it; likewise.
    """
    source = folder.expanduser().absolute()
    manifest = manifest_of(source)
    lake, catalogue = Path(settings.lake_uri.removeprefix("file://")), _catalogue_file(settings)
    if source.resolve().is_relative_to(lake.resolve()):
        raise BackupInvalid(folder=str(source), reason=N_("it lies within the store that it would replace"))
    mark = sortable_id(utc_now())
    # Each beside what it replaces: a rename is whole or not at all, and does not reach another disk.
    kept, new_lake = settings.home / f"before-restore-{mark}", lake.with_name(f"{lake.name}-restoring-{mark}")
    new_catalogue = catalogue.with_name(f"{catalogue.name}-restoring-{mark}")
    old_lake = kept / LAKE if lake.parent == settings.home else lake.with_name(f"{lake.name}-{kept.name}")
    old_catalogue = kept if catalogue.parent == settings.home else catalogue.parent
    try:
        shutil.copytree(source / LAKE, new_lake)
        shutil.copy2(source / CATALOGUE, new_catalogue)
        check_copy(source, manifest, new_lake, new_catalogue)
        kept.mkdir(parents=True)
        moves = [
            (path, old_catalogue / f"{'' if old_catalogue == kept else kept.name + '-'}{path.name}")
            for path in (catalogue, *(Path(f"{catalogue}{suffix}") for suffix in ("-wal", "-shm")))
            if path.exists()
        ]
        moves += [(lake, old_lake)] if lake.exists() else []
        _move([*moves, (new_lake, lake), (new_catalogue, catalogue)])
        _restore_rulesets(settings, source, kept)
        for changed in {lake.parent, catalogue.parent, settings.home}:
            fsync_folder(changed)
    except OSError as error:
        raise BackupInvalid(folder=str(source), reason=str(error)) from error
    finally:
        shutil.rmtree(new_lake, ignore_errors=True)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{new_catalogue}{suffix}").unlink(missing_ok=True)
    restored = Restored(str(source), int(manifest["faxes"]), int(manifest["lake_version"]), str(kept))
    _note_restored(settings, restored)
    return restored


def _note_restored(settings: Settings, restored: Restored) -> None:
    """What was done since the backup was made stays in the audit log, this restore included."""
    trail = AuditTrail(settings.keys_folder, settings.logs_folder)
    with closing(open_catalogue(settings.catalogue_url)) as catalogue:
        with catalogue.write() as conn:
            carried_over = trail.carry_over(conn)
        details = {"faxes": restored.faxes, "lake_version": restored.lake_version, "events": carried_over}
        Journal(catalogue, trail).write(Note("backup.restore", details=details))


def _move(moves: list[tuple[Path, Path]]) -> None:
    """All of them or none."""
    done: list[tuple[Path, Path]] = []
    try:
        for old, new in moves:
            new.parent.mkdir(parents=True, exist_ok=True)
            old.replace(new)
            done.append((old, new))
    except OSError:
        for old, new in reversed(done):
            new.replace(old)
        raise


def _restore_rulesets(settings: Settings, source: Path, kept: Path) -> None:
    if settings.rulesets_folder.is_dir():
        settings.rulesets_folder.replace(kept / RULESETS)
    if (source / RULESETS).is_dir():
        shutil.copytree(source / RULESETS, settings.rulesets_folder)


def _catalogue_file(settings: Settings) -> Path:
    prefix = "sqlite:///"
    if not settings.catalogue_url.startswith(prefix):
        raise BackupInvalid(folder=str(settings.home), reason=N_("the catalogue is not an SQLite file"))
    return Path(settings.catalogue_url.removeprefix(prefix))
