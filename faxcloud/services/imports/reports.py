"""Reports service: import history, details, rejects, contract and period, deletion."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from faxcloud.domain.metrics import compliance_rate
from faxcloud.errors import OutOfScope, ReportEditInvalid
from faxcloud.i18n import N_
from faxcloud.services.actors import current_actor
from faxcloud.services.imports.duplicates import containing
from faxcloud.services.journal import Journal, Note
from faxcloud.services.scoping import Scope
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.data_versions import data_version
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import this_process
from faxcloud.store.changes import change_lists
from faxcloud.store.changes.rewrite_job import RewriteJob
from faxcloud.store.changes.rewriting import holds_rows, rewrite_without
from faxcloud.store.disk_reserve import is_nearly_full, make_reserve, spend_reserve
from faxcloud.store.lake.parquet import WrittenFile
from faxcloud.store.lake.table import Lake, LakeFile
from faxcloud.store.records import reports

LONGEST_CONTRACT = 200

DELETE_TRIES = 20
"""How often a deletion starts over when a re-validation rewrites the same files at the same moment."""


class Reports:
    """Reports of imports, from catalogue and lake. Counts are those of the day of the import."""

    def __init__(self, catalogue: Catalogue, lake: Lake, journal: Journal) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._scope = Scope(catalogue)
        self._journal = journal

    def list(self) -> list[dict[str, Any]]:
        """All reports, newest first, failed and running imports included."""
        allowed = self._scope.reports()
        with self._catalogue.read() as conn:
            listed = reports.list_reports(conn)
        return [report_row(report) for report in listed if allowed is None or report.report_id in allowed]

    def show(self, report_id: str) -> dict[str, Any]:
        """One report in full; `duplicates_of` are the reports that have the records left out of it.

        Raises:
            ReportNotFound: there is none of that id.
        """
        self._scope.require(report_id)
        with self._catalogue.read() as conn:
            report = reports.get_report(conn, report_id)
        counts = {} if report.facts is None else report.facts.duplicates_of
        return {**report_row(report), "duplicates_of": containing(self._catalogue, counts)}

    def version(self) -> int:
        """Version that moves whenever a report is added, fails or is deleted."""
        with self._catalogue.read() as conn:
            return data_version(conn, "reports")

    def rejects(self, report_id: str) -> Iterator[dict[str, Any]]:
        """Rejected records by line, streamed: `line`, `reason` (a code), `text`.

        Raises:
            ReportNotFound: there is none of that id.
        """
        current_actor().require("rejects.read")
        self.show(report_id)  # here rather than when the first one is taken: a download has begun by then
        return self._journal.exported("rejects", self._rejects(report_id), f"report:{report_id}")

    def _rejects(self, report_id: str) -> Generator[dict[str, Any]]:
        with self._catalogue.read() as conn:
            for reject in reports.iter_rejects(conn, report_id):
                yield asdict(reject)

    def edit(
        self, report_id: str, *, contract: str | None, start: dt.date | None, end: dt.date | None
    ) -> dict[str, Any]:
        """Change contract and period of a report, both days included; returns the report.

        Args:
            contract: None or blank for none.

        Raises:
            ReportEditInvalid: an invalid contract or period.
            ReportNotFound: there is none of that id.
            ReportBusy: it is being imported or deleted.
            NotAllowed: the actor may not change reports.
            OutOfScope: the contract is outside the actor's scope; its readers would see the report.
        """
        actor = current_actor()
        actor.require("reports.change")
        self._scope.require(report_id)
        contract = (contract or "").strip() or None
        _check_edit(contract, start, end)
        with self._catalogue.write() as conn:
            report = reports.get_report(conn, report_id)
            if contract != report.contract and actor.is_scoped and contract not in (actor.contracts or ()):
                raise OutOfScope
            before = {"contract": report.contract, "start": report.period_start, "end": report.period_end}
            after = {"contract": contract, "start": start, "end": end}
            if before != after:
                reports.edit_report(conn, report_id, contract, start, end)
                details = {
                    "changed": [name for name in after if before[name] != after[name]],
                    # Of the contract not even the old value: it may bear a name.
                    "period": [str(start), str(end)],
                    "period_before": [str(report.period_start), str(report.period_end)],
                }
                self._journal.record(conn, Note("report.edit", f"report:{report_id}", details=details))
        return self.show(report_id)

    def delete(self, report_id: str) -> dict[str, Any]:
        """Delete a report with its rows and rejects; returns the report. A running import is cancelled.

        Earlier versions of the lake keep the rows until `database compact` removes them after a week. On a
        disk that is nearly full they are removed at once.

        Raises:
            ReportNotFound: there is none of that id.
            ReportBusy: its rows are just being stored.
            NotAllowed: the actor may not delete reports.
        """
        current_actor().require("reports.delete")
        self._scope.require(report_id)
        spend_reserve(self._lake.folder.parent)
        with self._catalogue.write() as conn:
            report = reports.get_report(conn, report_id)
            if report.state == "importing":  # whoever imports it notices, and removes its files
                reports.delete_report(conn, report_id)
                self._journal.record(conn, Note("report.cancel", f"report:{report_id}"))
                return report_row(report)
            reports.mark_deleting(conn, report_id, this_process())
        remove_rows(self._lake, report_id)
        change_lists.forget_report(self._lake.folder, report_id)
        with self._catalogue.write() as conn:
            reports.delete_report(conn, report_id)
            deleted = 0 if report.facts is None else report.facts.imported
            details = {"faxes": deleted, "is_sample": report.is_sample}
            self._journal.record(conn, Note("report.delete", f"report:{report_id}", details=details))
        if self._lake.folder.exists() and is_nearly_full(self._lake.folder):
            self._lake.vacuum(0)
            make_reserve(self._lake.folder.parent)
        return report_row(report)

    def has_sample(self) -> bool:
        """Whether sample data is among the reports."""
        return bool(self._samples())

    def remove_sample(self) -> int:
        """Delete all reports of sample data; returns how many."""
        samples = self._samples()
        for report_id in samples:
            self.delete(report_id)
        return len(samples)

    def _samples(self) -> Sequence[str]:
        with self._catalogue.read() as conn:
            listed = reports.list_reports(conn)
        samples = [report.report_id for report in listed if report.is_sample and report.state == "ready"]
        return [report_id for report_id in samples if self._scope.sees(report_id)]


def _check_edit(contract: str | None, start: dt.date | None, end: dt.date | None) -> None:
    if contract is not None and (len(contract) > LONGEST_CONTRACT or not contract.isprintable()):
        raise ReportEditInvalid(
            name="contract",
            value=contract[:LONGEST_CONTRACT],
            expected=N_("at most {limit} printable characters"),
            limit=LONGEST_CONTRACT,
        )
    if start is not None and end is not None and end < start:
        raise ReportEditInvalid(
            name="end", value=end.isoformat(), expected=N_("a day not before the first one")
        )


def remove_rows(lake: Lake, report_id: str) -> None:
    """Remove a report's rows from the lake; nothing happens when it has none.

    Raises:
        FilesMoved: other processes rewrote the same files `DELETE_TRIES` times meanwhile.
    """
    _DeletionJob(lake, report_id).run()


class _DeletionJob(RewriteJob):
    def __init__(self, lake: Lake, report_id: str) -> None:
        super().__init__(lake, tries=DELETE_TRIES, in_one=True)
        self._report_id = report_id

    def concerns(self, file: LakeFile) -> bool:
        """Whether a file may hold rows of the report."""
        return file.may_hold(self._report_id)

    def process(self, group: Sequence[LakeFile]) -> None:
        """Remove the report's files, and rewrite those that it shares with others."""
        report_id = self._report_id
        files = [file for file in group if holds_rows(self._lake.folder, file, report_id)]
        if files:
            self.commit(
                files,
                # Its own id each time: files of an attempt that lost are swept by it.
                f"{deletion_of(report_id)}-{sortable_id(utc_now())}",
                {"kind": "delete", "report_id": report_id},
                emptied=[file for file in files if file.holds_only(report_id)],
            )

    def write_file(self, file: LakeFile, prefix: str) -> list[WrittenFile]:
        """Write a file anew without the report's rows."""
        return rewrite_without(self._lake.folder, file, self._report_id, prefix)


def deletion_of(report_id: str) -> str:
    """Prefix of the files and transactions of a report's deletion."""
    return f"delete-{report_id}"


def report_row(report: reports.Report) -> dict[str, Any]:
    """Row of a report, as `reports list --json` and the pages show it.

    Counts are None until its file was read.
    """
    row: dict[str, Any] = {
        "report_id": report.report_id,
        "file": report.file_name,
        "state": report.state,
        "imported_at": report.created_at,
        "finished_at": report.finished_at,
        "imported_by": report.imported_by,
        "is_sample": report.is_sample,
        "contract": report.contract,
        "start": report.period_start,
        "end": report.period_end,
        "bytes": report.bytes,
        "sha256": report.sha256,
        "error_code": report.error_code,
        "error_message": report.error_message,
        "expired": report.expired,
        "deduplicated": report.deduplicated,
    }
    facts: dict[str, Any] = dict.fromkeys(field for field in reports.ReportFacts.__dataclass_fields__)
    if report.facts is not None:
        facts |= asdict(report.facts)
    del facts["duplicates_of"]  # what of it the actor may see: `Reports.show`
    rate = None if report.facts is None else compliance_rate(report.facts.valid, report.facts.imported)
    return row | facts | {"compliance_rate": rate}
