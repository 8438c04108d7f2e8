"""Store maintenance: recovery after a crash, compaction, integrity check."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from faxcloud.errors import DataFileDamaged, FaxCloudError, FilesMoved, StoreBusy
from faxcloud.i18n import Translator, translator
from faxcloud.services.actors import SYSTEM, acting, current_actor
from faxcloud.services.imports.outcome import finish_report, record_failure
from faxcloud.services.imports.reports import deletion_of, remove_rows
from faxcloud.services.journal import Journal, Note, failure, failure_event
from faxcloud.services.maintenance.encryption_keys import unreadable_sentences
from faxcloud.services.validation.lake_changes import rewriting_taken
from faxcloud.services.validation.revalidation import ACTION as VALIDATION
from faxcloud.services.validation.revalidation import LEASE_S, REWRITE_LEASE, Validation
from faxcloud.services.validation.runs import discard_all_unlanded
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.catalogue.owners import is_alive, this_process
from faxcloud.store.changes import change_lists
from faxcloud.store.changes.duplicates import shared_records
from faxcloud.store.changes.expiring import EXPIRY, add_expired
from faxcloud.store.changes.file_counts import rows_per_report
from faxcloud.store.changes.rewrite_job import RewriteJob
from faxcloud.store.changes.rewriting import rewrite_together
from faxcloud.store.changes.two_phase import intended, settle
from faxcloud.store.checksums import checksum_named
from faxcloud.store.lake.parquet import WrittenFile
from faxcloud.store.lake.table import KEPT_VERSIONS_HOURS, Lake, LakeFile
from faxcloud.store.queries.engine import Engine
from faxcloud.store.records import reports, runs

SMALL_FILE_ROWS = 250_000
"""Files below this are joined; at a million rows a file is full."""

SMALL_FILES = 64
"""So many small files slow every query down; an import that makes it more joins them."""


ENGLISH = translator("en")

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Compaction:
    """Result of a compaction: small files before, files after, and removed files of old versions."""

    files_before: int
    files_after: int
    removed_files: int


class _CompactionJob(RewriteJob):
    def write(self, files: Sequence[LakeFile], prefix: str) -> list[WrittenFile]:
        """Merge files into as few as possible."""
        return rewrite_together(self._lake.folder, files, prefix)


class Maintenance:
    """Maintenance by an administrator, and recovery at every start."""

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        engine: Engine,
        validation: Validation,
        journal: Journal,
    ) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._engine = engine
        self._validation = validation
        self._journal = journal

    def recover(self) -> list[str]:
        """Recovery: finish or undo the work of dead processes.

        Returns the ids of the reports and runs concerned.

        It is harmless while other processes work: their work is left alone. Its actor in the audit log is
        FaxCloud itself, whoever happened to start next.
        """
        with acting(SYSTEM):
            return self._recover()

    def _recover(self) -> list[str]:
        now = utc_now()
        with self._catalogue.read() as conn:
            left = [
                r
                for r in reports.unfinished_reports(conn)
                if not is_alive(r.owner, r.heartbeat_at, LEASE_S, now)
            ]
            dead = [
                r for r in runs.unfinished_runs(conn) if not is_alive(r.owner, r.heartbeat_at, LEASE_S, now)
            ]
        for report in left:
            with self._catalogue.write() as conn:
                adopted = reports.adopt_report(conn, report, this_process())
            if adopted:  # several processes may start at once
                self._recover_report(report)
        for run in dead:
            discard_all_unlanded(self._lake, run.run_id)
            with self._catalogue.write() as conn:
                runs.fail_run(conn, run.run_id, "the process ended", "interrupted")
                self._journal.record(
                    conn,
                    failure(VALIDATION, f"run:{run.run_id}", "interrupted", {"report_id": run.report_id}),
                    failure_event(VALIDATION, "interrupted", run.report_id),
                )
        self._settle_expiry()
        return [report.report_id for report in left] + [run.run_id for run in dead]

    def compact(self, kept_hours: int = KEPT_VERSIONS_HOURS) -> Compaction:
        """Merge small files into large ones, and remove files that only versions older than `kept_hours` use.

        Raises:
            ValidationRunning: a re-validation is at work.
            NotAllowed: the actor may not.
        """
        current_actor().require("store.maintain")
        return self._compact(kept_hours)

    def _compact(self, kept_hours: int = KEPT_VERSIONS_HOURS) -> Compaction:
        self._lake.create()
        with HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, self._validation.running) as lease:
            self._lake.sweep_unlanded("compact")  # the lease is held: whoever wrote these is gone
            before, after = self._join_small_files(lease)
            self._lake.checkpoint()
            done = Compaction(before, after, self._lake.vacuum(kept_hours))
        self._journal.write(Note("database.compact", details=asdict(done)))
        return done

    def compact_if_needed(self) -> None:
        """Merge small files once there are many; not while something else rewrites files."""
        small = sum(file.rows < SMALL_FILE_ROWS for file in self._lake.snapshot().files)
        if small < SMALL_FILES:
            return
        try:
            self._compact()
        except FaxCloudError as error:
            # The import that asked for it has long succeeded; the next one asks again.
            _LOG.info("small files were not joined: %s", error.message)

    def check(self, share: float = 1.0, t: Translator = ENGLISH) -> list[str]:
        """Integrity check: problems of the store in sentences.

        Empty when every file and every count is right.

        Others may work meanwhile: what counts is a report that was ready before and after the lake was read.

        Args:
            share: Share of data files, at random, whose checksums are compared. Below 1 the rows are not
                counted: the check is quick, and a week of such checks finds what a full one would.
            t: Translator for the sentences.

        Raises:
            NotAllowed: the actor may not.
        """
        current_actor().require("store.maintain")
        problems = [t("catalogue: {problem}", problem=problem) for problem in self._catalogue.problems()]
        problems += unreadable_sentences(self._catalogue, t)
        before = self._reports()
        snapshot = self._lake.snapshot()
        problems += [
            self._damaged_file(file, error, before.values(), t)
            for file, error in self._lake.damaged_files(snapshot, share)
        ]
        if problems or share < 1:
            return problems
        with self._catalogue.read() as conn:
            announced = [intended(conn, kind) for kind in (EXPIRY,)]
        removing: Counter[str] = sum((Counter(each.rows) for each in announced if each), Counter())
        after = self._reports()
        stored = rows_per_report(self._engine, [file.path for file in snapshot.files])
        for report_id, report in before.items():
            later = after.get(report_id)
            if report.state == "ready" == getattr(later, "state", None) and later is not None:
                # The same, unless rows are being removed: then it was somewhere in between.
                most, least = report.stored, later.stored - removing[report_id]
                found = stored.get(report_id, 0)
                if not least <= found <= most:
                    problems.append(
                        t(
                            "import {report}: {found} faxes instead of {expected}",
                            report=report_id,
                            found=found,
                            expected=most,
                        )
                    )
        known = {
            report.report_id for report in (*before.values(), *after.values()) if report.state != "failed"
        }
        problems += [
            t("fax storage: faxes of an unknown import {report}", report=name)
            for name in stored
            if name not in known
        ]
        return problems

    def duplicates(self) -> list[dict[str, Any]]:
        """Reports that share records: `older`, `newer`, their file names, and `faxes` that are counted twice.

        Raises:
            NotAllowed: the actor may not.
        """
        current_actor().require("store.maintain")
        found = shared_records(self._engine, self._lake.snapshot().files)
        with self._catalogue.read() as conn:
            names = reports.file_names(conn, {pair[side] for pair in found for side in ("older", "newer")})
        return [
            {
                **pair,
                "older_file": names.get(pair["older"], ""),
                "newer_file": names.get(pair["newer"], ""),
            }
            for pair in found
        ]

    def files_without_checksum(self) -> int:
        """Data files without a checksum, from an earlier version of FaxCloud.

        The next compaction adds checksums.
        """
        return sum(checksum_named(file.path) is None for file in self._lake.snapshot().files)

    def _damaged_file(
        self, file: LakeFile, error: DataFileDamaged, known: Iterable[reports.Report], t: Translator
    ) -> str:
        """What is wrong with a data file, the reports in it, and how to heal it."""
        names = [
            f"{report.report_id} ({report.file_name})" for report in known if file.may_hold(report.report_id)
        ]
        heal = t(
            "Restore a backup with `faxcloud database restore DIR`, or delete these imports and "
            "import their files again."
        )
        # Of a file of several reports the log knows the first and the last one.
        which = (
            t("Import in it: {reports}.", reports=", ".join(names))
            if len(names) == 1
            else t("Imports that may be in it: {reports}.", reports=", ".join(names) or t("unknown"))
        )
        return f"{error.render(t)[0]} {which} {heal}"

    def _settle_expiry(self) -> None:
        """Count what a retention that died had removed; not while one is at work."""
        with self._catalogue.read() as conn:
            announced = intended(conn, EXPIRY)
        if announced is None:
            return
        with (
            suppress(StoreBusy),
            HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, rewriting_taken),
        ):
            settle(self._catalogue, self._lake, EXPIRY, add_expired)

    def _reports(self) -> dict[str, reports.Report]:
        with self._catalogue.read() as conn:
            return {report.report_id: report for report in reports.list_reports(conn)}

    def _join_small_files(self, lease: HeldLease) -> tuple[int, int]:
        snapshot = self._lake.snapshot()
        # Files of earlier versions of FaxCloud get their checksums here.
        unnamed = [file for file in snapshot.files if checksum_named(file.path) is None]
        small = [file for file in snapshot.files if file.rows < SMALL_FILE_ROWS or file in unnamed]
        if len(small) < 2 and not unnamed:
            return len(small), len(small)
        prefix, facts = f"compact-{sortable_id(utc_now())}", {"kind": "compaction"}
        try:
            written = _CompactionJob(self._lake, lease).commit(small, prefix, facts, data_change=False)
        except FilesMoved:
            return len(small), len(small)  # the next compaction joins them
        return len(small), len(written)

    def _recover_report(self, report: reports.Report) -> None:
        if report.state == "deleting":
            self._lake.sweep_unlanded(deletion_of(report.report_id))
            remove_rows(self._lake, report.report_id)
            change_lists.forget_report(self._lake.folder, report.report_id)
            with self._catalogue.write() as conn:
                reports.delete_report(conn, report.report_id)
                self._journal.record(conn, Note("report.delete", f"report:{report.report_id}"))
        elif report.state == "committing" and self._lake.has_transaction(report.report_id):
            self._lake.make_durable()  # it may have died just before doing so itself
            with self._catalogue.write() as conn:
                finish_report(conn, self._journal, report.report_id)
        else:
            self._lake.sweep(report.report_id)
            with self._catalogue.write() as conn:
                reports.fail_report(
                    conn, report.report_id, "import.interrupted", "The process ended during the import."
                )
                record_failure(conn, self._journal, report.report_id, "import.interrupted")
