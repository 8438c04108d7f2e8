"""Staging of a restore: copy a backup beside the store, and finish or undo the work in progress in it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from faxcloud.config import Settings
from faxcloud.services.backups.folders import CATALOGUE, LAKE, RULESETS, Progress, check_copy
from faxcloud.services.journal import Journal
from faxcloud.services.maintenance.store_maintenance import Maintenance
from faxcloud.services.validation.revalidation import Validation
from faxcloud.services.validation.rulesets import Rulesets
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.connection import open_catalogue
from faxcloud.store.changes.erasing import ERASURE
from faxcloud.store.changes.two_phase import settle
from faxcloud.store.checksums import sha256_of
from faxcloud.store.lake.copy import copied, linked
from faxcloud.store.lake.table import Lake
from faxcloud.store.queries.engine import open_engine
from faxcloud.store.records.certificates import count_erased


def stage(
    settings: Settings,
    live: Lake,
    source: Path,
    manifest: Mapping[str, Any],
    target: Path,
    progress: Progress | None = None,
) -> None:
    """Copy a backup into a new folder on the lake's disk, and run recovery on the copy.

    Raises:
        BackupInvalid: it is not what its manifest says.
        StoreTooNew: a newer FaxCloud has written it.
        OSError: there is no room, or a file cannot be read.
    """
    files: Mapping[str, str] = manifest["files"]
    total = sum((source / name).stat().st_size for name in files)
    done = 0
    for name, digest in files.items():
        put = target / name
        put.parent.mkdir(parents=True, exist_ok=True)
        _place(source / name, live.folder / put.name, digest, put)
        done += put.stat().st_size
        if progress is not None:
            progress(done, total)
    check_copy(source, manifest, target / LAKE, target / CATALOGUE)
    _recover(settings, target)


def _place(source: Path, here: Path, digest: str, target: Path) -> None:
    """Another name of the store's own file where that is the same and whole: most are."""
    is_data = target.suffix == ".parquet" and target.parent.name == LAKE
    if is_data and here.exists() and sha256_of(here) == digest:
        linked(here, target)
    else:
        copied(source, target)


def _recover(settings: Settings, folder: Path) -> None:
    """As the next start after a crash would: by the backup's own log, which the store's has left behind.

    What recovery writes into the copy's audit log is signed with a key of its own: it is not taken over.
    """
    lake = Lake(folder / LAKE)
    catalogue = open_catalogue(f"sqlite:///{(folder / CATALOGUE).as_posix()}")
    with closing(catalogue), closing(open_engine(lake.folder, settings.memory_limit)) as engine:
        journal = Journal(catalogue, AuditTrail(folder / "keys", folder / "logs"))
        rulesets = Rulesets(folder / RULESETS, catalogue, journal)
        validation = Validation(catalogue, lake, engine, rulesets, journal, settings.zone)
        Maintenance(catalogue, lake, engine, validation, journal).recover()
        settle(catalogue, lake, ERASURE, count_erased)
