"""Retention: remove faxes, reports and audit events at the age that an administrator has chosen."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from faxcloud.domain.roles import not_allowed
from faxcloud.errors import ReportBusy, ReportNotFound, SettingInvalid
from faxcloud.i18n import N_
from faxcloud.services.actors import current_actor
from faxcloud.services.imports.reports import Reports
from faxcloud.services.journal import Journal, Note
from faxcloud.services.validation.lake_changes import ChangeJob, count_concerned, rewriting_taken
from faxcloud.services.validation.revalidation import LEASE_S, REWRITE_LEASE
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import HeldLease
from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.changes import change_lists
from faxcloud.store.changes.expiring import Expiry, add_expired
from faxcloud.store.changes.rewrite_job import Progress
from faxcloud.store.lake.table import Lake
from faxcloud.store.records.retention import (
    audit_events_before,
    blank_rejects_before,
    rejects_before,
    reports_before,
)

SHORTEST_DAYS = 30
"""Less would remove what the monthly export has just brought."""

LONGEST_DAYS = 36_500

NAMES = ("faxes_days", "reports_days", "audit_days")


class PrunableAudit(Protocol):
    """Interface of the audit log for retention."""

    def prune(self, before: dt.datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """Counts of what retention removed, or would remove.

    Attributes:
        faxes: Rows removed from the lake, without those of reports that are removed as a whole.
        faxes_by_report: The same, by report.
        reports: Reports removed as a whole, with their faxes and rejects.
        rejects: Rejected records whose text is blanked.
        changes: Rows of lists of what re-validations changed.
        files_removed: Data files that older versions alone used: those replaced today go in a week.
    """

    faxes: int
    faxes_by_report: Mapping[str, int]
    reports: int
    rejects: int
    changes: int
    audit_events: int
    files_removed: int
    dry_run: bool


@dataclass(frozen=True, slots=True)
class _Cuts:
    """The first instants that are kept; None keeps everything."""

    faxes: dt.datetime | None
    reports: dt.datetime | None
    audit: dt.datetime | None


class Retention:
    """Retention settings, and their application, which a timer runs once a day."""

    def __init__(
        self,
        catalogue: Catalogue,
        lake: Lake,
        reports: Reports,
        journal: Journal,
        audit: PrunableAudit,
        zone: zoneinfo.ZoneInfo,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._reports = reports
        self._journal = journal
        self._audit = audit
        self._zone = zone
        self._now = now

    def settings(self) -> dict[str, int | None]:
        """Retention periods in days.

        `faxes_days` counts from the fax, `reports_days` from the import; the third is `audit_days`.
        """
        with self._catalogue.read() as conn:
            found = {name: get_setting(conn, f"retention.{name}") for name in NAMES}
        return {name: days if isinstance(days, int) else None for name, days in found.items()}

    def change(self, **days: int | None) -> dict[str, int | None]:
        """Change the named periods; None keeps everything. Returns all of them.

        Raises:
            SettingInvalid: an unknown name, or days out of bounds.
            NotAllowed: the actor may not.
        """
        require_privacy()
        for name, value in days.items():
            if name not in NAMES or (value is not None and not SHORTEST_DAYS <= value <= LONGEST_DAYS):
                raise SettingInvalid(
                    setting=f"retention.{name}",
                    value=str(value),
                    expected=N_("{names}; {least} to {most} days, or none"),
                    names=NAMES,
                    least=SHORTEST_DAYS,
                    most=LONGEST_DAYS,
                )
        before = self.settings()
        with self._catalogue.write() as conn:
            for name, value in days.items():
                if before[name] != value:
                    put_setting(conn, f"retention.{name}", value)
                    details = {"from": before[name], "to": value}
                    self._journal.record(
                        conn, Note("setting.change", f"setting:retention.{name}", details=details)
                    )
        return self.settings()

    def preview(self) -> RetentionResult:
        """Preview of what `apply` would remove now; nothing is changed.

        Raises:
            NotAllowed: the actor may not.
        """
        require_privacy()
        cuts = self._cuts()
        gone = self._reports_due(cuts)
        expiry = self._expiry(cuts)
        rows = count_concerned(self._lake, expiry) if expiry else {}
        kept = {report_id: count for report_id, count in rows.items() if report_id not in set(gone)}
        with self._catalogue.read() as conn:
            rejected = rejects_before(conn, self._instant(cuts.faxes)) if cuts.faxes else 0
            events = audit_events_before(conn, self._instant(cuts.audit)) if cuts.audit else 0
        return RetentionResult(
            faxes=sum(kept.values()),
            faxes_by_report=kept,
            reports=len(gone),
            rejects=rejected,
            changes=change_lists.count_rows(self._lake.folder, expiry) if expiry else 0,
            audit_events=events,
            files_removed=0,
            dry_run=True,
        )

    def apply(self, progress: Progress | None = None) -> RetentionResult:
        """Remove what is too old. The next call completes an interrupted one; nothing is counted twice.

        Faxes leave the newest version at once. The files of older versions are removed a week later, when
        this is called again or the store is compacted, so that running queries go on. An erasure does not
        wait.

        Raises:
            StoreBusy: a re-validation, a compaction or an erasure is at work.
            NotAllowed: the actor may not.
        """
        require_privacy()
        cuts = self._cuts()
        with HeldLease(self._catalogue, REWRITE_LEASE, LEASE_S, rewriting_taken) as lease:
            reports = sum(self._delete(report_id) for report_id in self._reports_due(cuts))
            expiry = self._expiry(cuts)
            faxes: Counter[str] = Counter()
            changes = rejected = 0
            if expiry is not None and cuts.faxes is not None:
                job = ChangeJob(self._catalogue, self._lake, expiry, add_expired, lease)
                job.run(progress=progress)
                faxes = job.rows
                changes = change_lists.change_rows(self._lake.folder, expiry)
                with self._catalogue.write() as conn:
                    rejected = blank_rejects_before(conn, self._instant(cuts.faxes))
            self._lake.create()
            self._lake.checkpoint()
            removed = self._lake.vacuum()
        result = RetentionResult(
            faxes=faxes.total(),
            faxes_by_report=dict(faxes),
            reports=reports,
            rejects=rejected,
            changes=changes,
            audit_events=self._prune(cuts),
            files_removed=removed,
            dry_run=False,
        )
        details = {name: value for name, value in asdict(result).items() if isinstance(value, int)}
        self._journal.write(Note("privacy.retention", details=details))
        return result

    def _prune(self, cuts: _Cuts) -> int:
        if cuts.audit is None:
            return 0
        return self._audit.prune(self._instant(cuts.audit))

    def _delete(self, report_id: str) -> int:
        # Somebody else may be deleting it, or have done so.
        with suppress(ReportNotFound, ReportBusy):
            self._reports.delete(report_id)
            return 1
        return 0

    def _reports_due(self, cuts: _Cuts) -> list[str]:
        if cuts.reports is None:
            return []
        with self._catalogue.read() as conn:
            return reports_before(conn, self._instant(cuts.reports))

    def _expiry(self, cuts: _Cuts) -> Expiry | None:
        if cuts.faxes is None:
            return None
        with self._catalogue.read() as conn:
            return Expiry(cuts.faxes, reports_before(conn, self._instant(cuts.faxes)))

    def _cuts(self) -> _Cuts:
        """Midnights of the service's own days."""
        today = self._now().astimezone(self._zone).date()
        chosen: dict[str, Any] = {}
        for name, days in self.settings().items():
            first = None if days is None else today - dt.timedelta(days=days)
            chosen[name.removesuffix("_days")] = first and dt.datetime.combine(first, dt.time())
        return _Cuts(**chosen)

    def _instant(self, local: dt.datetime) -> dt.datetime:
        return local.replace(tzinfo=self._zone)


def require_privacy() -> None:
    """Require an actor who may see and change everything: one limited to some reports may not.

    Raises:
        NotAllowed: the actor may not.
    """
    actor = current_actor()
    actor.require("privacy.change")
    if actor.is_scoped:
        raise not_allowed(actor.role, "privacy.change")
