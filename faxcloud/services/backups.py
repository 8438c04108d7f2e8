"""Back the store up while it is in use, and put a backup back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faxcloud.config import Settings
from faxcloud.errors import BackupInvalid, CatalogueUnavailable, LakeUnavailable
from faxcloud.store.catalogue import Catalogue, open_catalogue
from faxcloud.store.ids import sortable_id
from faxcloud.store.instants import utc_now
from faxcloud.store.lake import Lake

MANIFEST = "faxcloud-backup.json"
FORMAT = 1
CATALOGUE = "catalogue.sqlite"
LAKE = "lake"


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written or put back: faxes and the lake's version; `kept` is where the store before it went."""

    folder: str
    faxes: int
    lake_version: int
    kept: str | None = None


class Backups:
    """Copies of catalogue and lake that belong together."""

    def __init__(self, settings: Settings, catalogue: Catalogue, lake: Lake) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._lake = lake

    def write(self, folder: Path, progress: Callable[[int, int], None] | None = None) -> Backup:
        """Copy the store into a new or empty folder; imports and pages go on meanwhile.

        Args:
            progress: Called with bytes copied and bytes in all.

        Raises:
            BackupInvalid: the folder is not empty, or cannot be written.
        """
        target = folder.expanduser().absolute()
        try:
            if target.exists() and any(target.iterdir()):
                raise BackupInvalid(folder=str(target), reason="it is not empty")
            target.mkdir(parents=True, exist_ok=True)
            self._lake.create()
            # While this transaction is open no import can be staged, so the lake gets no report that the copy
            # of the catalogue does not know; one that is `committing` there is finished by recovery.
            with self._catalogue.write():
                self._catalogue.copy_to(target / CATALOGUE)
                snapshot = self._lake.snapshot()
            self._lake.copy_to(target / LAKE, snapshot, progress)
            manifest = {
                "format": FORMAT,
                "created_at": utc_now().isoformat(),
                "faxes": snapshot.rows,
                "lake_version": snapshot.version,
            }
            (target / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
        except OSError as error:
            raise BackupInvalid(folder=str(target), reason=str(error)) from error
        return Backup(str(target), snapshot.rows, snapshot.version)


def restore(settings: Settings, folder: Path) -> Backup:
    """Put a backup in the place of the store; what was there is kept beside it, renamed.

    The application must not run meanwhile. Build the services anew afterwards: that repairs what was in the
    middle of something when the backup was made.

    Raises:
        BackupInvalid: the folder is no complete backup; nothing was changed.
    """
    source = folder.expanduser().absolute()
    manifest = _verified(source)
    lake, catalogue = Path(settings.lake_uri), _catalogue_file(settings)
    kept = settings.home / f"before-restore-{sortable_id(utc_now())}"
    incoming = settings.home / f"restoring-{kept.name}"
    try:
        shutil.copytree(source / LAKE, incoming / LAKE)
        shutil.copy2(source / CATALOGUE, incoming / CATALOGUE)
        kept.mkdir(parents=True)
        for path in (catalogue, *(Path(f"{catalogue}{suffix}") for suffix in ("-wal", "-shm"))):
            if path.exists():
                path.replace(kept / path.name)
        if lake.exists():
            lake.replace(kept / LAKE)
        lake.parent.mkdir(parents=True, exist_ok=True)
        (incoming / LAKE).replace(lake)
        (incoming / CATALOGUE).replace(catalogue)
    except OSError as error:
        raise BackupInvalid(folder=str(source), reason=str(error)) from error
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    return Backup(str(source), int(manifest["faxes"]), int(manifest["lake_version"]), str(kept))


def _verified(source: Path) -> dict[str, int]:
    """The manifest of a backup whose lake and catalogue are both there and readable."""
    try:
        manifest: dict[str, int] = json.loads((source / MANIFEST).read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise BackupInvalid(folder=str(source), reason=f"its format {manifest['format']} is unknown")
        faxes, version = int(manifest["faxes"]), int(manifest["lake_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupInvalid(folder=str(source), reason=f"{MANIFEST}: {error}") from error
    try:
        lake = Lake(source / LAKE)
        snapshot = lake.snapshot()
        damaged = lake.damaged_files(snapshot)
        catalogue = open_catalogue(f"sqlite:///{(source / CATALOGUE).as_posix()}")
        damaged += catalogue.problems()
        catalogue.close()
    except (LakeUnavailable, CatalogueUnavailable) as error:
        raise BackupInvalid(folder=str(source), reason=error.message) from error
    if damaged:
        raise BackupInvalid(folder=str(source), reason=damaged[0])
    if (snapshot.rows, snapshot.version) != (faxes, version):
        raise BackupInvalid(folder=str(source), reason=f"it has {snapshot.rows} faxes instead of {faxes}")
    return manifest


def _catalogue_file(settings: Settings) -> Path:
    prefix = "sqlite:///"
    if not settings.catalogue_url.startswith(prefix):
        raise BackupInvalid(folder=str(settings.home), reason="the catalogue is no SQLite file")
    return Path(settings.catalogue_url.removeprefix(prefix))
