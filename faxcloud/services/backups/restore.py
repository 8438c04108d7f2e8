"""Restore of a backup in place of the store, while nothing else uses it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faxcloud.config import Settings
from faxcloud.errors import BackupInvalid, FaxCloudError
from faxcloud.i18n import N_
from faxcloud.services.actors import current_actor
from faxcloud.services.backups.folders import Progress, check_copy, complete_backup, manifest_of
from faxcloud.services.journal import Journal, Note, failure
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.backups.restoring import replace_rows
from faxcloud.store.backups.switch import (
    BEFORE,
    CATALOGUE,
    LAKE,
    RULESETS,
    Places,
    commit,
    finish,
    places_of,
    remove_leftovers,
)
from faxcloud.store.catalogue.connection import Catalogue, Connection, after_commit, open_catalogue
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.changes.erasing import ERASURE
from faxcloud.store.changes.two_phase import settle
from faxcloud.store.checksums import sha256_of
from faxcloud.store.encryption import Encryption
from faxcloud.store.in_use import take_store
from faxcloud.store.lake.copy import copied, linked
from faxcloud.store.lake.table import Lake
from faxcloud.store.records.certificates import count_erased, erasures_after


@dataclass(frozen=True, slots=True)
class Restored:
    """Result of a restore.

    Attributes:
        kept: Folder of the store before it, itself a backup unless that store could not be read.
        erasures_since: Erasures after the backup: they have to be repeated.
        problems: What is wrong with the store now, in sentences.
    """

    folder: str
    faxes: int
    lake_version: int
    kept: str
    erasures_since: int = 0
    problems: tuple[str, ...] = ()


def restore(
    settings: Settings, folder: Path, progress: Progress | None = None, *, set_aside: bool = False
) -> Restored:
    """Restore a backup. Killed at any moment, the store is the one before or the backup's at the next start.

    Build the services afterwards: that finishes or undoes the work in progress when the backup was made.

    Args:
        progress: Called with bytes copied and bytes in all.
        set_aside: The store cannot be opened: move it away as it is.

    Raises:
        StoreInUse: another process uses the store; nothing was changed.
        BackupInvalid: the folder is no complete backup; likewise.
        StoreTooNew: a newer FaxCloud has written it; likewise.
        NotAllowed: the actor may not.
    """
    current_actor().require("store.maintain")
    source, places = folder.expanduser().absolute(), _places(settings)
    if places is None:
        raise BackupInvalid(folder=str(source), reason=N_("the catalogue is not an SQLite file"))
    if source.resolve().is_relative_to(places.lake.resolve()):
        raise BackupInvalid(folder=str(source), reason=N_("it lies within the store that it would replace"))
    with closing(take_store(settings.home)):
        finish(places)
        remove_leftovers(places)
        restore_id = sortable_id(utc_now())
        prepared = places.prepared(restore_id)
        try:
            if set_aside or not places.catalogue.exists():
                restored = _prepare(settings, places, source, prepared, progress, None)
            else:
                encryption = Encryption(settings.keys_folder)
                with closing(open_catalogue(settings.catalogue_url, encryption)) as present:
                    restored = _prepare_noted(settings, places, source, prepared, progress, present)
        except BaseException:
            shutil.rmtree(prepared, ignore_errors=True)
            raise
        commit(prepared)
        finish(places)
    return restored


def store_exists(settings: Settings) -> bool:
    """Whether anything has been stored on this machine."""
    places = _places(settings)
    return places is None or places.catalogue.exists()


def _places(settings: Settings) -> Places | None:
    return places_of(settings.lake_uri, settings.catalogue_url, settings.rulesets_folder)


def _prepare_noted(
    settings: Settings,
    places: Places,
    source: Path,
    prepared: Path,
    progress: Progress | None,
    present: Catalogue,
) -> Restored:
    try:
        return _prepare(settings, places, source, prepared, progress, present)
    except FaxCloudError as error:
        trail = AuditTrail(settings.keys_folder, settings.logs_folder)
        Journal(present, trail).write(failure("backup.restore", "", error))
        raise


def _prepare(
    settings: Settings,
    places: Places,
    source: Path,
    prepared: Path,
    progress: Progress | None,
    present: Catalogue | None,
) -> Restored:
    """Prepare the folder that replaces the store.

    Args:
        present: Catalogue of the store, whose keys, erasures and audit log go on; None when it is set aside.
    """
    manifest = manifest_of(source)
    kept = places.kept(prepared.stem.rpartition("restoring-")[2])
    try:
        _copy(source, manifest, places.lake, prepared, progress)
        check_copy(source, manifest, prepared / LAKE, prepared / CATALOGUE)
        (prepared / BEFORE).mkdir(mode=0o700)
        erased = 0
        if present is None:
            if settings.rulesets_folder.is_dir():
                shutil.copytree(settings.rulesets_folder, prepared / BEFORE / RULESETS)
            _continue_log(settings, manifest, prepared)
        else:
            lake = Lake(places.lake)
            lake.create()
            settle(present, lake, ERASURE, count_erased)  # nobody can do so afterwards
            with present.read() as conn:
                erased = erasures_after(conn, dt.datetime.fromisoformat(manifest["created_at"]))
            present.copy_to(prepared / BEFORE / CATALOGUE)
            complete_backup(settings, lake, lake.snapshot(), prepared / BEFORE, place=linked)
            _merge(settings, manifest, prepared, present)
    except OSError as error:
        raise BackupInvalid(folder=str(source), reason=str(error)) from error
    return Restored(str(source), int(manifest["faxes"]), int(manifest["lake_version"]), str(kept), erased)


def _copy(
    source: Path, manifest: Mapping[str, Any], lake: Path, target: Path, progress: Progress | None
) -> None:
    """Copy a backup; a data file that the store has too, and whole, is linked: most are."""
    files: Mapping[str, str] = manifest["files"]
    total = sum((source / name).stat().st_size for name in files)
    done = 0
    for name, digest in files.items():
        put = target / name
        put.parent.mkdir(parents=True, exist_ok=True)
        here = lake / put.name
        is_data = put.suffix == ".parquet" and put.parent.name == LAKE
        if is_data and here.exists() and sha256_of(here) == digest:
            linked(here, put)
        else:
            copied(source / name, put)
        done += put.stat().st_size
        if progress is not None:
            progress(done, total)


def _continue_log(settings: Settings, manifest: Mapping[str, Any], prepared: Path) -> None:
    """Append to the backup's audit log what was done since, by the log file."""
    trail = AuditTrail(settings.keys_folder, settings.logs_folder)
    with closing(open_catalogue(f"sqlite:///{(prepared / CATALOGUE).as_posix()}")) as catalogue:
        with catalogue.write() as conn:
            _note(Journal(catalogue, trail), conn, manifest, trail.carry_over(conn))
        catalogue.fold_log()


def _merge(settings: Settings, manifest: Mapping[str, Any], prepared: Path, present: Catalogue) -> None:
    """Put the backup's rows into a copy of the present catalogue."""
    trail = AuditTrail(settings.keys_folder, settings.logs_folder)
    merged = prepared / "merged.sqlite"
    present.copy_to(merged)
    with (
        closing(open_catalogue(f"sqlite:///{merged.as_posix()}")) as catalogue,
        closing(open_catalogue(f"sqlite:///{(prepared / CATALOGUE).as_posix()}")) as copy,
    ):
        with copy.read() as backup, catalogue.write() as conn:
            replace_rows(conn, backup)
            _note(Journal(catalogue, trail), conn, manifest, trail.take_over(conn, backup))
        catalogue.fold_log()
    for suffix in ("-wal", "-shm"):
        (prepared / f"{CATALOGUE}{suffix}").unlink(missing_ok=True)
    merged.replace(prepared / CATALOGUE)


def _note(journal: Journal, conn: Connection, manifest: Mapping[str, Any], events: int) -> None:
    details = {"faxes": manifest["faxes"], "lake_version": manifest["lake_version"], "events": events}
    journal.record(conn, Note("backup.restore", details=details))
    # The log file follows once the restore has happened: it writes then what it lacks.
    after_commit(conn, "audit", lambda: None)
