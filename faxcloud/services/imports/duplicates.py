"""Duplicate check of an import: records that are stored already are left out, or the file is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from faxcloud.domain.columns import Handling
from faxcloud.errors import DuplicatesElsewhere, DuplicatesStored, LedgerMismatch
from faxcloud.services.scoping import Scope
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.changes.duplicates import find_duplicates, lake_span, new_span, rewrite_unique
from faxcloud.store.changes.import_pipeline import Intake, disk_watched
from faxcloud.store.lake.parquet import WrittenFile, remove_files
from faxcloud.store.lake.table import Lake, LakeFile, Snapshot
from faxcloud.store.queries.engine import Engine
from faxcloud.store.records import reports

NAMED_REPORTS = 5
"""How many reports a refusal names, those with the most records first."""


class DuplicateCheck:
    """Duplicate check of one import, repeated until its commit follows the version that was checked."""

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        engine: Engine,
        intake: Intake,
        report_id: str,
        file: str,
        handling: Handling,
    ) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._engine = engine
        self._intake = intake
        self._report_id = report_id
        self._file = file
        self._handling = handling
        self._all = tuple(intake.files)
        self._imported = intake.imported
        self._span = new_span(self._all)
        self._checked: frozenset[str] = frozenset()
        self._times = 0

    def apply(self) -> None:
        """Leave out of the intake what the newest version has; a repeat starts from all its records.

        Raises:
            DuplicatesStored, DuplicatesElsewhere: the file is to be refused for it.
            LakeUnavailable, DiskFull: a file cannot be read or written.
        """
        if self._handling == "keep" or not self._all:
            return
        stored = self._overlapping(self._lake.snapshot())
        self._checked = frozenset(file.path for file in stored)
        self._times += 1
        with self._catalogue.read() as conn:
            leaving = reports.deleting_reports(conn)
        found = find_duplicates(self._engine, self._all, stored, leaving)
        duplicate = found.reports.total()
        if duplicate and self._handling == "refuse":
            raise self._refusal(found.reports)
        numbered = list(enumerate(self._all))
        prefix = f"{self._report_id}-unique{self._times}"

        def without(item: tuple[int, WrittenFile]) -> list[WrittenFile]:
            number, file = item
            if file.path not in found.rows:
                return [file]
            return rewrite_unique(self._lake.folder, file, found.rows[file.path], f"{prefix}-{number}")

        rewritten = sum(file.bytes for file in self._all if file.path in found.rows)
        with disk_watched(self._lake.folder, 8 * rewritten), ThreadPoolExecutor(2, "duplicates") as pool:
            files = [file for some in pool.map(without, numbered) for file in some]
        if sum(file.rows for file in files) != self._imported - duplicate:
            raise LedgerMismatch(
                file=self._file,
                records=self._intake.records,
                imported=sum(file.rows for file in files),
                rejected=self._intake.rejected,
                blank=self._intake.blank,
                duplicate=duplicate,
            )
        self._intake.files = files
        self._intake.imported = self._imported - duplicate
        self._intake.duplicate = duplicate
        self._intake.duplicates_of = dict(found.reports.most_common())

    def allows(self, snapshot: Snapshot) -> bool:
        """Whether the check holds for a version: no file of the same days was added or replaced since."""
        if self._handling == "keep" or not self._all:
            return True
        return self._checked == {file.path for file in self._overlapping(snapshot)}

    def discard_leftovers(self) -> None:
        """Remove the files that were written anew, after the commit."""
        committed = {file.path for file in self._intake.files}
        leftovers = set(self._lake.written(self._report_id)) - committed if self._times else set()
        remove_files(self._lake.folder, leftovers)

    def _overlapping(self, snapshot: Snapshot) -> list[LakeFile]:
        return [file for file in snapshot.files if self._span.overlap(lake_span(file)) is not None]

    def _refusal(self, counts: Mapping[str, int]) -> DuplicatesStored | DuplicatesElsewhere:
        count = sum(counts.values())
        named = [each for each in containing(self._catalogue, counts) if each["report_id"]]
        if not named:
            return DuplicatesElsewhere(file=self._file, count=count)
        texts = [f"{each['file']} ({each['report_id']}: {each['records']})" for each in named[:NAMED_REPORTS]]
        texts += ["…"] if len(texts) < len(counts) else []
        return DuplicatesStored(file=self._file, count=count, reports=", ".join(texts))


def containing(catalogue: Catalogue, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Reports that have the duplicates, most first: `report_id`, `file`, `records`.

    Reports that the actor may not see are one entry without id and file; a deleted report has no file.
    """
    if not counts:
        return []
    allowed = Scope(catalogue).reports()
    with catalogue.read() as conn:
        names = reports.file_names(conn, counts)
    return named(counts, names, counts if allowed is None else allowed)


def named(
    counts: Mapping[str, int], names: Mapping[str, str], allowed: Iterable[str]
) -> list[dict[str, Any]]:
    """Entries of `containing`, by the names of reports and the ids that the actor may see."""
    seen = set(allowed)
    entries: list[dict[str, Any]] = [
        {"report_id": report_id, "file": names.get(report_id), "records": count}
        for report_id, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if report_id in seen
    ]
    hidden = sum(count for report_id, count in counts.items() if report_id not in seen)
    return entries + ([{"report_id": None, "file": None, "records": hidden}] if hidden else [])
