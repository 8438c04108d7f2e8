"""Backup folder format: catalogue, lake, own rulesets, and a manifest with every file's digest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from faxcloud.config import Settings
from faxcloud.errors import BackupInvalid, CatalogueUnavailable, LakeUnavailable
from faxcloud.store.backups.switch import LAKE, RULESETS
from faxcloud.store.catalogue.abandoned import abandon_everything
from faxcloud.store.catalogue.connection import open_catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.checksums import sha256_of
from faxcloud.store.durability import fsync_folder, replacing
from faxcloud.store.lake.copy import copied
from faxcloud.store.lake.table import Lake, Snapshot

MANIFEST = "faxcloud-backup.json"
FORMAT = 1

Progress = Callable[[int, int], None]
"""Called with bytes copied and bytes in all."""


def complete_backup(
    settings: Settings,
    lake: Lake,
    snapshot: Snapshot,
    target: Path,
    progress: Progress | None = None,
    place: Callable[[str | Path, str | Path], None] = copied,
    known: Mapping[str, str] | None = None,
) -> Mapping[str, str]:
    """Complete a backup folder that holds the catalogue's copy already.

    Args:
        place: As `Lake.copy_to` takes it.
        known: Digests that need not be computed again, by name below the folder.

    Returns:
        The digests of all files, by name below the folder.
    """
    lake.copy_to(target / LAKE, snapshot, progress, place)
    if settings.rulesets_folder.is_dir():
        shutil.copytree(settings.rulesets_folder, target / RULESETS)
    found = digests(target, known or {})
    manifest = {
        "format": FORMAT,
        "created_at": utc_now().isoformat(),
        "faxes": snapshot.rows,
        "lake_version": snapshot.version,
        "files": found,
    }
    with replacing(target / MANIFEST) as part:
        part.write_text(json.dumps(manifest, indent=1), "utf-8")
    fsync_folder(target)
    return found


def manifest_of(source: Path) -> Mapping[str, Any]:
    """Verify a backup and return its manifest.

    Raises:
        BackupInvalid: a file is missing or was changed.
    """
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise BackupInvalid(folder=str(source), reason=f"its format {manifest['format']} is unknown")
        written, _ = dict(manifest["files"]), (int(manifest["faxes"]), int(manifest["lake_version"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupInvalid(folder=str(source), reason=f"{MANIFEST}: {error}") from error
    try:
        found = digests(source)
    except OSError as error:
        raise BackupInvalid(folder=str(source), reason=str(error)) from error
    for name, digest in written.items():
        if found.get(name) != digest:
            wrong = "is missing" if name not in found else "is damaged"
            raise BackupInvalid(folder=str(source), reason=f"{name} {wrong}")
    return manifest


def check_copy(source: Path, manifest: Mapping[str, Any], lake: Path, catalogue: Path) -> None:
    """Open and check copies of a backup, never the backup itself: SQLite writes into what it opens.

    Work that the copy shows as in progress is orphaned: nobody continues it.

    Raises:
        BackupInvalid: the copies do not match the manifest.
        StoreTooNew: a newer FaxCloud has written them.
    """
    try:
        snapshot = Lake(lake).snapshot()
        opened = open_catalogue(f"sqlite:///{catalogue.as_posix()}")
        try:
            damaged = [error.message for _, error in Lake(lake).damaged_files(snapshot)] + opened.problems()
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


def digests(folder: Path, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """SHA-256 of each file by its name below the folder, except the manifest and SQLite's side files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST and not path.name.endswith(("-wal", "-shm")):
            name = path.relative_to(folder).as_posix()
            found[name] = (known or {}).get(name) or sha256_of(path)
    return found
