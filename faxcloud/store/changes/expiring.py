"""Retention in the lake: find expired faxes, and count how many each report has lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pac
import sqlalchemy as sa

from faxcloud.store.catalogue.data_versions import bump_data_version
from faxcloud.store.catalogue.tables import reports
from faxcloud.store.changes.two_phase import Intention
from faxcloud.store.lake.table import LakeFile

EXPIRY = "expire"


@dataclass(frozen=True, slots=True)
class Expiry:
    """Removes rows older than a day; a `row_changes.RowChange`.

    Attributes:
        before: First local instant that is not expired.
        undated_reports: Reports old enough for their rows without a date to go.
    """

    before: dt.datetime
    undated_reports: Sequence[str]
    kind: str = EXPIRY
    columns: Sequence[str] = ("sent_at",)
    removes: bool = True

    def may_concern(self, file: LakeFile) -> bool:
        """Whether a file may hold expired rows, by its earliest instant and its rows without one."""
        earliest = file.low.get("sent_at")
        if file.nulls.get("sent_at", 1) and any(file.may_hold(report) for report in self.undated_reports):
            return True
        # To the second, since a log may round its statistics.
        return earliest is None or earliest[:19] < self.before.isoformat()

    def concerned(self, rows: pa.Table) -> pa.Array:
        """See `RowChange`."""
        sent_at = rows.column("sent_at").combine_chunks()
        report_ids = rows.column("report_id").combine_chunks()
        too_old = pac.fill_null(pac.less(sent_at, pa.scalar(self.before, sent_at.type)), False)
        reports_due = pa.array(self.undated_reports, pa.string())
        undated = pac.and_(pac.is_null(sent_at), pac.is_in(report_ids.cast(pa.string()), reports_due))
        return pac.or_(too_old, undated)

    def changed(self, rows: pa.Table, concerned: pa.Array) -> pa.Table:
        """See `RowChange`."""
        return rows.filter(pac.invert(concerned))


def add_expired(conn: sa.Connection, landed: Intention) -> None:
    """Count rows of reports as expired; a report that no longer exists needs no count."""
    for report_id, count in landed.rows.items():
        mine = reports.update().where(reports.c.report_id == report_id)
        conn.execute(mine.values(expired=reports.c.expired + count))
    bump_data_version(conn, "reports")
