"""Switch to a restored store: a prepared folder replaces lake, catalogue and rulesets, despite crashes.

The folder is prepared under a name that ends with `.part`. Renaming it is the moment of the restore: before,
the store is the old one; afterwards `finish` completes the switch, at the next start if need be. Every step
of `finish` may be repeated.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from faxcloud.store.durability import fsync_folder
from faxcloud.store.lake.copy import put_in_place, replace_tree

CATALOGUE = "catalogue.sqlite"
LAKE = "lake"
RULESETS = "rulesets"
BEFORE = "before"
"""In a prepared folder: what becomes `Places.kept`."""

_PART = ".part"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a store has its lake, its SQLite catalogue and its own rulesets."""

    lake: Path
    catalogue: Path
    rulesets: Path

    def prepared(self, restore_id: str) -> Path:
        """Folder to prepare, on the lake's disk, so that data files need only be renamed."""
        return self.lake.with_name(f"{self.lake.name}-restoring-{restore_id}{_PART}")

    def kept(self, restore_id: str) -> Path:
        """Folder for the store before the restore."""
        return self.lake.with_name(f"before-restore-{restore_id}")


def places_of(lake_uri: str, catalogue_url: str, rulesets: Path) -> Places | None:
    """Places of a store; None where the catalogue is not an SQLite file."""
    prefix = "sqlite:///"
    if not catalogue_url.startswith(prefix):
        return None
    lake, catalogue = lake_uri.removeprefix("file://"), catalogue_url.removeprefix(prefix)
    return Places(Path(lake), Path(catalogue), rulesets)


def remove_leftovers(places: Places) -> None:
    """Remove folders of restores that were killed while they were prepared."""
    for folder in places.lake.parent.glob(f"{places.lake.name}-restoring-*{_PART}"):
        shutil.rmtree(folder)


def commit(prepared: Path) -> None:
    """Decide for the prepared folder. `finish` has to follow."""
    prepared.rename(prepared.with_suffix(""))
    fsync_folder(prepared.parent)


def finish(places: Places) -> None:
    """Complete a committed restore. The caller uses the store alone."""
    for folder in places.lake.parent.glob(f"{places.lake.name}-restoring-*"):
        if folder.suffix != _PART:
            _finish(places, folder)


def _finish(places: Places, folder: Path) -> None:
    kept = places.kept(folder.name.removeprefix(f"{places.lake.name}-restoring-"))
    if (folder / BEFORE).exists():
        (folder / BEFORE).rename(kept)
    if (folder / LAKE).exists():
        if places.lake.exists():
            # A backup has links to the data files already; a store that cannot be read is set aside whole.
            places.lake.rename(folder / "replaced" if (kept / LAKE).exists() else kept / LAKE)
        (folder / LAKE).rename(places.lake)
    _replace_catalogue(places.catalogue, folder / CATALOGUE, kept)
    replace_tree(folder / RULESETS, places.rulesets)
    for changed in {places.lake.parent, places.catalogue.parent, places.rulesets.parent, kept}:
        fsync_folder(changed)
    done = folder.with_name(folder.name + _PART)
    folder.rename(done)
    shutil.rmtree(done, ignore_errors=True)


def _replace_catalogue(catalogue: Path, new: Path, kept: Path) -> None:
    logs = [suffix for suffix in ("-wal", "-shm") if Path(f"{catalogue}{suffix}").exists()]
    for suffix in ("", *logs):
        old, aside = Path(f"{catalogue}{suffix}"), kept / f"{CATALOGUE}{suffix}"
        if old.exists() and not aside.exists():
            put_in_place(old, aside)
    for suffix in logs:  # a log of the old catalogue must not be applied to the new one
        Path(f"{catalogue}{suffix}").unlink(missing_ok=True)
    put_in_place(new, catalogue)
