"""Back the store up while it is in use, and put a backup back."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faxcloud.config import Settings
from faxcloud.errors import BackupInvalid, CatalogueUnavailable, FaxCloudError, LakeUnavailable
from faxcloud.services.journal import Journal, Note, failure
from faxcloud.store.abandoned import abandon_everything
from faxcloud.store.audit import AuditTrail
from faxcloud.store.catalogue import Catalogue, open_catalogue
from faxcloud.store.ids import sortable_id
from faxcloud.store.instants import utc_now
from faxcloud.store.lake import Lake
from faxcloud.store.parquet import fsync_file, fsync_folder

MANIFEST = "faxcloud-backup.json"
FORMAT = 1
CATALOGUE = "catalogue.sqlite"
LAKE = "lake"
RULESETS = "rulesets"


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written or put back: faxes, the lake's version; `kept` is where the store before it went."""

    folder: str
    faxes: int
    lake_version: int
    kept: str | None = None


class Backups:
    """Copies of catalogue, lake and own rulesets that belong together."""

    def __init__(self, settings: Settings, catalogue: Catalogue, lake: Lake, journal: Journal) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._lake = lake
        self._journal = journal

    def write(self, folder: Path, progress: Callable[[int, int], None] | None = None) -> Backup:
        """Copy the store into a new or empty folder; imports and pages go on meanwhile.

        Args:
            progress: Called with bytes copied and bytes in all.

        Raises:
            BackupInvalid: the folder is not empty, lies in the store, or cannot be written.
        """
        try:
            written = self._write(folder, progress)
        except FaxCloudError as error:
            self._journal.write(failure("backup.create", "", error))
            raise
        # Not the folder: its name may be somebody's.
        details = {"faxes": written.faxes, "lake_version": written.lake_version}
        self._journal.write(Note("backup.create", details=details))
        return written

    def _write(self, folder: Path, progress: Callable[[int, int], None] | None) -> Backup:
        target = folder.expanduser().absolute()
        if target.resolve().is_relative_to(self._lake.folder.resolve()):
            raise BackupInvalid(folder=str(target), reason="it lies within the store that is backed up")
        try:
            if target.exists() and any(target.iterdir()):
                raise BackupInvalid(folder=str(target), reason="it is not empty")
            target.mkdir(parents=True, exist_ok=True)
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

    def _copy_into(self, target: Path, progress: Callable[[int, int], None] | None) -> Backup:
        self._lake.create()
        # While this transaction is open no import can be staged, so the lake gets no report that the copy
        # of the catalogue does not know; one that is `committing` there is finished by recovery.
        with self._catalogue.write():
            self._catalogue.copy_to(target / CATALOGUE)
            snapshot = self._lake.snapshot()
        self._lake.copy_to(target / LAKE, snapshot, progress)
        if self._settings.rulesets_folder.is_dir():
            shutil.copytree(self._settings.rulesets_folder, target / RULESETS)
        manifest = {
            "format": FORMAT,
            "created_at": utc_now().isoformat(),
            "faxes": snapshot.rows,
            "lake_version": snapshot.version,
            "files": _digests(target),
        }
        (target / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
        fsync_file(target / MANIFEST)
        fsync_folder(target)
        return Backup(str(target), snapshot.rows, snapshot.version)


def restore(settings: Settings, folder: Path) -> Backup:
    """Put a backup in the place of the store; what was there is kept beside it, renamed.

    The application must not run meanwhile. Build the services anew afterwards: that repairs what was in the
    middle of something when the backup was made.

    Raises:
        BackupInvalid: the folder is no complete backup; nothing was changed.
        StoreTooNew: a newer FaxCloud has written it; likewise.
    """
    source = folder.expanduser().absolute()
    manifest = _manifest(source)
    lake, catalogue = Path(settings.lake_uri.removeprefix("file://")), _catalogue_file(settings)
    if source.resolve().is_relative_to(lake.resolve()):
        raise BackupInvalid(folder=str(source), reason="it lies within the store that it would replace")
    mark = sortable_id(utc_now())
    # Each beside what it replaces: a rename is whole or not at all, and does not reach another disk.
    kept, new_lake = settings.home / f"before-restore-{mark}", lake.with_name(f"{lake.name}-restoring-{mark}")
    new_catalogue = catalogue.with_name(f"{catalogue.name}-restoring-{mark}")
    old_lake = kept / LAKE if lake.parent == settings.home else lake.with_name(f"{lake.name}-{kept.name}")
    old_catalogue = kept if catalogue.parent == settings.home else catalogue.parent
    try:
        shutil.copytree(source / LAKE, new_lake)
        shutil.copy2(source / CATALOGUE, new_catalogue)
        _check_copy(source, manifest, new_lake, new_catalogue)
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
    restored = Backup(str(source), int(manifest["faxes"]), int(manifest["lake_version"]), str(kept))
    _note_restored(settings, restored)
    return restored


def _note_restored(settings: Settings, restored: Backup) -> None:
    """What was done since the backup was made stays in the audit log, this restore included."""
    trail = AuditTrail(settings.keys_folder, settings.logs_folder)
    with closing(open_catalogue(settings.catalogue_url)) as catalogue:
        with catalogue.write() as conn:
            carried_over = trail.carry_over(conn)
        details = {"faxes": restored.faxes, "lake_version": restored.lake_version, "events": carried_over}
        Journal(catalogue, trail).write(Note("backup.restore", details=details))


def _manifest(source: Path) -> Mapping[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise BackupInvalid(folder=str(source), reason=f"its format {manifest['format']} is unknown")
        digests, _ = dict(manifest["files"]), (int(manifest["faxes"]), int(manifest["lake_version"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupInvalid(folder=str(source), reason=f"{MANIFEST}: {error}") from error
    try:
        found = _digests(source)
    except OSError as error:
        raise BackupInvalid(folder=str(source), reason=str(error)) from error
    for name, digest in digests.items():
        if found.get(name) != digest:
            wrong = "is missing" if name not in found else "is damaged"
            raise BackupInvalid(folder=str(source), reason=f"{name} {wrong}")
    return manifest


def _check_copy(source: Path, manifest: Mapping[str, Any], lake: Path, catalogue: Path) -> None:
    """Open the copies, never the backup itself: SQLite writes into what it opens."""
    try:
        snapshot = Lake(lake).snapshot()
        opened = open_catalogue(f"sqlite:///{catalogue.as_posix()}")
        try:
            damaged = Lake(lake).damaged_files(snapshot) + opened.problems()
            with opened.write() as conn:
                abandon_everything(conn)
        finally:
            opened.close()
    except (LakeUnavailable, CatalogueUnavailable) as error:
        raise BackupInvalid(folder=str(source), reason=error.message) from error
    if damaged:
        raise BackupInvalid(folder=str(source), reason=damaged[0])
    if (snapshot.rows, snapshot.version) != (manifest["faxes"], manifest["lake_version"]):
        raise BackupInvalid(
            folder=str(source), reason=f"it has {snapshot.rows} faxes instead of {manifest['faxes']}"
        )


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


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file by its name below the folder, the manifest and SQLite's side files apart."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST and not path.name.endswith(("-wal", "-shm")):
            with path.open("rb") as file:
                name = path.relative_to(folder).as_posix()
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _catalogue_file(settings: Settings) -> Path:
    prefix = "sqlite:///"
    if not settings.catalogue_url.startswith(prefix):
        raise BackupInvalid(folder=str(settings.home), reason="the catalogue is no SQLite file")
    return Path(settings.catalogue_url.removeprefix(prefix))
