"""Data protection: find and erase a subject's faxes, with a certificate; pseudonymised exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from faxcloud.config import Settings
from faxcloud.domain.erasing import Subject
from faxcloud.domain.filters import Filters
from faxcloud.errors import StoreBusy
from faxcloud.i18n import N_
from faxcloud.services.actors import current_actor
from faxcloud.services.exports.formats import Format
from faxcloud.services.exports.writer import Exports
from faxcloud.services.journal import Journal, Note
from faxcloud.services.privacy.certificates import Certificates, ErasureSearch
from faxcloud.services.privacy.personal_references import count_choices, erase_choices
from faxcloud.services.privacy.retention import require_privacy
from faxcloud.services.validation.lake_changes import ChangeJob, count_concerned, rewriting_taken
from faxcloud.services.validation.revalidation import LEASE_S, REWRITE_LEASE
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.changes import change_lists
from faxcloud.store.changes.erasing import Erasure
from faxcloud.store.changes.rewrite_job import Progress
from faxcloud.store.changes.row_changes import count_rows
from faxcloud.store.lake.cleanup import data_files, forget_statistics, quotes_in_log, remove_unreferenced
from faxcloud.store.lake.table import Lake
from faxcloud.store.records import reports
from faxcloud.store.records.certificates import add_to_tally, count_erased, tally
from faxcloud.store.records.reject_texts import blank_rejects, per_report, rejects_quoting

TRIES = 10
"""How often an erasure starts over because an import has brought the same subject meanwhile."""


class Privacy:
    """Data protection service: find, erase, certify, pseudonymise."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        lake: Lake,
        journal: Journal,
        pseudonymised: Exports,
        recover: Callable[[], object],
        clear_caches: Callable[[], object],
    ) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._journal = journal
        self._exports = pseudonymised
        self._recover = recover
        self._clear_caches = clear_caches
        self._certificates = Certificates(settings, catalogue)

    def find(self, *, number: str | None = None, person: str | None = None) -> dict[str, Any]:
        """Preview of an erasure; writes nothing.

        It counts `faxes` and `rejects` by report, `changes` in lists, and `choices` (views, mails, links,
        alerts).

        Args:
            number: In any spelling; it is searched for as called and as sending number, however exported.
            person: A user name or an e-mail address, as exported but for case and spaces.

        Raises:
            FilterInvalid: neither or both are given, or it is nobody's number.
            NotAllowed: the actor may not.
        """
        require_privacy()
        subject = Subject.of(number=number, person=person)
        erasure = Erasure(subject)
        faxes = count_concerned(self._lake, erasure)
        with self._catalogue.read() as conn:
            quoted = rejects_quoting(conn, subject.is_quoted_in)
            choices = count_choices(conn, subject)
        return {
            "subject": self._certificates.mark(subject),
            "faxes_total": faxes.total(),
            "faxes": dict(sorted(faxes.items())),
            "rejects": per_report(quoted),
            "changes": change_lists.count_rows(self._lake.folder, erasure),
            "choices": choices,
        }

    def erase(
        self, *, number: str | None = None, person: str | None = None, progress: Progress | None = None
    ) -> dict[str, Any]:
        """Anonymise everything that is stored about a number or a person, for good; returns the certificate.

        Faxes stay counted, with the same verdicts. Earlier versions of the lake go at once: a query that has
        begun on one may fail. What a crash interrupts, the same call completes; the certificate tells of all.

        Raises:
            FilterInvalid: as `find`.
            StoreBusy: an import, a deletion or another rewriting is at work.
            DiskFull, LakeUnavailable: it could not be completed; it can be repeated, nothing is half-done.
            NotAllowed: the actor may not.
        """
        require_privacy()
        subject = Subject.of(number=number, person=person)
        mark = self._certificates.mark(subject)["pseudonym"]
        self._recover()
        with HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, rewriting_taken) as lease:
            self._refuse_writers()
            for _ in range(TRIES):
                self._erase_once(subject, mark, lease, progress)
                remains = self._look_again(subject)
                if remains.is_clean:
                    return self._certified(subject, mark, remains)
        raise StoreBusy(reason=N_("imports keep adding what is being erased"))

    def certificates(self) -> list[dict[str, Any]]:
        """All certificates, newest first.

        Raises:
            NotAllowed: the actor may not.
        """
        require_privacy()
        return self._certificates.all()

    def verify_certificate(self, certificate: Mapping[str, Any]) -> bool:
        """Whether this installation wrote a certificate, and nobody has changed it since."""
        return self._certificates.is_genuine(certificate)

    def pseudonymised(
        self,
        filters: Filters,
        format: Format,  # noqa: A002 - the contract's word
        target: Path | BinaryIO,
        *,
        progress: Progress | None = None,
        **style: Any,
    ) -> int:
        """Write a selection with keyed pseudonyms for numbers, names and ids; returns the number of rows.

        Args:
            style: As `Exports.write` takes it.

        Raises:
            FilterInvalid, ExportFailed: as `Exports.write`.
            NotAllowed: the actor may not.
        """
        current_actor().require("rows.export")
        rows = self._exports.write(filters, format, target, progress=progress, **style)
        self._journal.write(Note("privacy.export", details={"format": format, "rows": rows}))
        return rows

    def stream_pseudonymised(self, filters: Filters, format: Format, **style: Any) -> Iterator[bytes]:  # noqa: A002
        """Stream the pseudonymised selection; as `Exports.stream`."""
        current_actor().require("rows.export")
        self._journal.write(Note("privacy.export", details={"format": format}))
        return self._exports.stream(filters, format, **style)

    def _erase_once(self, subject: Subject, mark: str, lease: HeldLease, progress: Progress | None) -> None:
        erasure = Erasure(subject)
        job = ChangeJob(self._catalogue, self._lake, erasure, count_erased, lease, tally=mark)
        job.run(progress=progress)
        changes = change_lists.change_rows(self._lake.folder, erasure)
        with self._catalogue.write() as conn:
            blanked = blank_rejects(conn, rejects_quoting(conn, subject.is_quoted_in))
            choices = erase_choices(conn, subject)
            add_to_tally(
                conn,
                mark,
                files_rewritten=job.files_rewritten,
                changes=changes,
                rejects=blanked,
                choices=choices,
            )
        if self._lake.version() >= 0:
            removed = remove_unreferenced(self._lake, self._being_written)
            forgotten = forget_statistics(self._lake)
            with self._catalogue.write() as conn:
                add_to_tally(conn, mark, files_removed=removed, log_files_cleaned=forgotten)
        self._catalogue.fold_log()
        self._clear_caches()

    def _look_again(self, subject: Subject) -> ErasureSearch:
        """Verify an erasure: read all files in the folder, of any version, not only those of the log."""
        erasure = Erasure(subject)
        present = data_files(self._lake)
        spared = self._being_written()
        present = [name for name in present if not name.startswith(spared)]
        snapshot = self._lake.snapshot()
        known = {file.path for file in snapshot.files}
        counts = {name: count_rows(self._lake.folder, name, erasure).total() for name in {*present, *known}}
        with self._catalogue.read() as conn:
            quoted = rejects_quoting(conn, subject.is_quoted_in)
            choices = count_choices(conn, subject)
        return ErasureSearch(
            lake_version=snapshot.version,
            faxes_in_version=sum(counts[name] for name in known),
            faxes_in_files=sum(counts.values()),
            files_read=len(counts),
            rejects=len(quoted),
            changes=change_lists.count_rows(self._lake.folder, erasure),
            log_entries=quotes_in_log(self._lake, subject.is_meant_by),
            choices=choices,
        )

    def _certified(self, subject: Subject, mark: str, remains: ErasureSearch) -> dict[str, Any]:
        with self._catalogue.write() as conn:
            certificate = self._certificates.write(conn, subject, tally(conn, mark), remains)
            counts = {
                name: certificate[name]
                for name in (
                    "faxes_total",
                    "rejects",
                    "changes",
                    "choices",
                    "files_rewritten",
                    "files_removed",
                )
            }
            resource = f"erasure:{certificate['erasure_id']}"
            self._journal.record(conn, Note("privacy.erase", resource, details=counts))
        return certificate

    def _refuse_writers(self) -> None:
        with self._catalogue.read() as conn:
            if reports.unfinished_reports(conn):
                raise StoreBusy(reason=N_("an import or a deletion is running"))

    def _being_written(self) -> tuple[str, ...]:
        """File name prefixes of uncommitted imports and deletions."""
        with self._catalogue.read() as conn:
            unfinished = [report.report_id for report in reports.unfinished_reports(conn)]
        return tuple(f"part-{kind}{report}-" for report in unfinished for kind in ("", "delete-"))
