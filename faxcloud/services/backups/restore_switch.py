"""Switch of lake and catalogue to a staged backup, while others work: announce, switch, finish.

The lake's commit and the catalogue's transaction cannot be one. So the switch is announced first. After a
crash the next start undoes it when the commit has not landed, and completes it when it has.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from faxcloud.config import Settings
from faxcloud.errors import LakeUnavailable, StoreBusy
from faxcloud.i18n import N_
from faxcloud.services.backups.folders import CATALOGUE, LAKE, RULESETS, complete_backup
from faxcloud.services.journal import Journal, Note
from faxcloud.services.validation.lake_changes import rewriting_taken
from faxcloud.services.validation.revalidation import LEASE_S, REWRITE_LEASE
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.backups.restoring import Restoring, announce_restore, announced_restore, replace_rows
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.catalogue.encrypted_columns import encrypt_plain_secrets
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.changes import change_lists
from faxcloud.store.checksums import sha256_of
from faxcloud.store.durability import fsync_folder
from faxcloud.store.lake.copy import linked, replace_tree
from faxcloud.store.lake.parquet import remove_files, written_file
from faxcloud.store.lake.table import Lake, LakeFile
from faxcloud.store.records import reports

WAIT_S = 30.0
"""How long a restore waits for imports and deletions to come to an end; new ones begin all the time."""


class Switch:
    """Replaces the store by a staged backup. The caller holds the lease on rewriting."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, lake: Lake, journal: Journal, trail: AuditTrail
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._lake = lake
        self._journal = journal
        self._trail = trail

    def staging(self, mark: str) -> Path:
        """Staging folder: on the lake's disk, so that files need only be renamed."""
        return self._lake.folder.with_name(f"{self._lake.folder.name}-restoring-{mark}")

    def kept(self, mark: str) -> Path:
        """Folder for the previous store: on the same disk, so that it takes hardly any room."""
        return self._lake.folder.with_name(f"before-restore-{mark}")

    def settle(self) -> None:
        """Complete or undo the switch of a dead process; nothing while somebody works on it."""
        with self._catalogue.read() as conn:
            announced = announced_restore(conn)
        if announced is None:
            return
        with (
            suppress(StoreBusy),
            HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, rewriting_taken),
        ):
            self._settle()

    def tidy(self) -> None:
        """Settle, and remove the leftovers of restores that never reached the switch."""
        self._settle()
        for folder in self._lake.folder.parent.glob(f"{self._lake.folder.name}-restoring-*"):
            shutil.rmtree(folder)

    def put_in_place(self, mark: str, lease: HeldLease) -> None:
        """Replace the store by the backup in `staging(mark)`.

        Raises:
            StoreBusy: imports or deletions went on for too long; nothing was changed.
            LakeUnavailable, CatalogueUnavailable: likewise, unless the lake's commit has landed:
                then the next start completes what could not be completed now.
        """
        wanted = self._wanted(mark)
        added = [file.path for file in wanted if not (self._lake.folder / file.path).exists()]
        with self._catalogue.write() as conn:
            announce_restore(conn, Restoring(mark, added))
        try:
            self._move_files(mark, wanted)
            self._switch_when_quiet(Restoring(mark, added), lease, self._digests())
        except BaseException as error:
            self._settle()
            if isinstance(error, OSError):
                raise LakeUnavailable(lake=str(self._lake.folder), reason=str(error)) from error
            raise
        self._settle()

    def _settle(self) -> None:
        with self._catalogue.read() as conn:
            announced = announced_restore(conn)
        if announced is None:
            return
        if announced.is_switched:
            self._finish(announced)
        elif self._lake.has_transaction(announced.transaction):
            self._lake.make_durable()  # whoever made it may have died just before doing so
            self._switch(announced, {})
            self._finish(announced)
        else:
            self._undo(announced)

    def _wanted(self, mark: str) -> Sequence[LakeFile]:
        return Lake(self.staging(mark) / LAKE).snapshot().files

    def _digests(self) -> dict[str, str]:
        """Of the present files, for their backup: taken beforehand, so that other writers need not wait."""
        paths = [self._lake.folder / file.path for file in self._lake.snapshot().files]
        return {f"{LAKE}/{path.name}": sha256_of(path) for path in paths if path.exists()}

    def _move_files(self, mark: str, wanted: Sequence[LakeFile]) -> None:
        """A file of the same name has the same rows, unless it is damaged: then it is replaced."""
        for file in wanted:
            staged, here = self.staging(mark) / LAKE / file.path, self._lake.folder / file.path
            if not here.exists() or (not here.samefile(staged) and sha256_of(here) != sha256_of(staged)):
                staged.replace(here)
        fsync_folder(self._lake.folder)

    def _switch_when_quiet(self, restoring: Restoring, lease: HeldLease, digests: Mapping[str, str]) -> None:
        until = time.monotonic() + WAIT_S
        while True:
            if lease.lost:
                raise LakeUnavailable(lake=str(self._lake.folder), reason="another process took over")
            try:
                self._switch(restoring, digests)
            except StoreBusy:
                if time.monotonic() > until:
                    raise
            else:
                return
            lease.wait_until_lost(0.2)

    def _switch(self, restoring: Restoring, digests: Mapping[str, str]) -> None:
        """Nobody begins an import or a deletion while this transaction is open, or has begun one before."""
        copy = open_catalogue(f"sqlite:///{(self.staging(restoring.mark) / CATALOGUE).as_posix()}")
        with closing(copy), copy.read() as backup, self._catalogue.write() as conn:
            if reports.unfinished_reports(conn):
                raise StoreBusy(reason=N_("an import or a deletion is running"))
            self._commit(restoring, digests)
            replace_rows(conn, backup)
            encrypt_plain_secrets(conn)  # an earlier version may have written the backup
            carried_over = self._trail.take_over(conn, backup)
            announce_restore(conn, replace(restoring, is_switched=True))
            snapshot = self._lake.snapshot()
            details = {"faxes": snapshot.rows, "lake_version": snapshot.version, "events": carried_over}
            self._journal.record(conn, Note("backup.restore", details=details))

    def _commit(self, restoring: Restoring, digests: Mapping[str, str]) -> None:
        """The lake's part; also again, where others have committed since a process died right after it."""
        snapshot = self._lake.snapshot()
        wanted = {file.path for file in self._wanted(restoring.mark)}
        present = {file.path: file for file in snapshot.files}
        landed = self._lake.has_transaction(restoring.transaction)
        if landed and wanted == present.keys():
            return
        self._keep(restoring.mark, digests)
        transaction = f"{restoring.transaction}-{sortable_id(utc_now())}" if landed else restoring.transaction
        self._lake.replace(
            [file for name, file in present.items() if name not in wanted],
            [written_file(self._lake.folder / name) for name in sorted(wanted - present.keys())],
            transaction,
            {"kind": "restore"},
        )

    def _keep(self, mark: str, digests: Mapping[str, str]) -> None:
        target = self.kept(mark)
        if target.exists():
            target = self.kept(f"{mark}-{sortable_id(utc_now())}")
        target.mkdir(parents=True, mode=0o700)
        self._catalogue.copy_to(target / CATALOGUE)
        # Put back some day, it must not take up the restore that it was made by.
        copy = open_catalogue(f"sqlite:///{(target / CATALOGUE).as_posix()}")
        with closing(copy), copy.write() as conn:
            announce_restore(conn, None)
        complete_backup(
            self._settings, self._lake, self._lake.snapshot(), target, place=linked, known=digests
        )
        fsync_folder(target.parent)

    def _undo(self, restoring: Restoring) -> None:
        present = {file.path for file in self._lake.snapshot().files}
        remove_files(self._lake.folder, [name for name in restoring.added if name not in present])
        shutil.rmtree(self.kept(restoring.mark), ignore_errors=True)
        self._end(restoring)

    def _finish(self, restoring: Restoring) -> None:
        """What lies beside lake and catalogue: the lists of changes, the user's own rulesets."""
        staging = self.staging(restoring.mark)
        replace_tree(staging / LAKE / change_lists.FOLDER, self._lake.folder / change_lists.FOLDER)
        replace_tree(staging / RULESETS, self._settings.rulesets_folder)
        self._end(restoring)

    def _end(self, restoring: Restoring) -> None:
        with self._catalogue.write() as conn:
            announce_restore(conn, None)
        shutil.rmtree(self.staging(restoring.mark), ignore_errors=True)
