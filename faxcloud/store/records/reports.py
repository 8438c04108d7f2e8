"""Records of reports: one per import, and the rejected records of its file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from faxcloud.errors import AlreadyImported, ReportBusy, ReportNotFound
from faxcloud.store.catalogue.data_versions import bump_data_version
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import api_keys, rejects, reports

if TYPE_CHECKING:
    from faxcloud.store.reading.rejects import Reject

ReportState = Literal["importing", "committing", "ready", "failed", "deleting"]

_UNFINISHED: tuple[ReportState, ...] = ("importing", "committing", "deleting")
# In these a report's rows are in the lake, or will be.
_KEPT: tuple[ReportState, ...] = ("committing", "ready")
_REJECTS_AT_ONCE = 2_000


@dataclass(frozen=True, kw_only=True)
class NewReport:
    """Report data known before the file is read. The period is as the user entered it, both days included."""

    file_name: str
    bytes: int
    owner: str
    imported_by: str = ""
    contract: str | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    is_sample: bool = False


@dataclass(frozen=True, kw_only=True)
class ReportFacts:
    """Report data found by reading the file; verdicts as on the day of the import.

    `violations` and `warnings` count rows per rule id. `replaced_values` counts U+FFFD put in for bytes that
    mean nothing. `duplicate` counts records left out as stored already, `duplicates_of` by the report that
    has them. `first_at` and `last_at` are the faxes' local times, without a zone.
    """

    encoding: str
    delimiter: str
    ruleset: str
    records: int
    imported: int
    rejected: int
    blank: int
    sent: int
    received: int
    unknown_mode: int
    pages: int
    pages_sent: int
    pages_received: int
    valid: int
    invalid: int
    violations: Mapping[str, int]
    warnings: Mapping[str, int]
    unknown_columns: Sequence[str] = ()
    replaced_values: int = 0
    seconds: float = 0.0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    duplicate: int = 0
    duplicates_of: Mapping[str, int] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    notices: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """Row of a report; `facts` is None until the file was read to its end.

    Of the imported rows, `expired` counts those that retention has removed since, `deduplicated` those
    removed as duplicates: the lake has the others (`stored`).
    """

    report_id: str
    state: ReportState
    file_name: str
    bytes: int
    sha256: str | None
    contract: str | None
    period_start: dt.date | None
    period_end: dt.date | None
    imported_by: str
    is_sample: bool
    owner: str
    heartbeat_at: dt.datetime
    created_at: dt.datetime
    finished_at: dt.datetime | None
    error_code: str | None
    error_message: str | None
    expired: int
    deduplicated: int
    facts: ReportFacts | None

    @property
    def stored(self) -> int:
        """Number of rows in the lake."""
        imported = 0 if self.facts is None else self.facts.imported
        return imported - self.expired - self.deduplicated


_FACTS = tuple(field.name for field in dataclasses.fields(ReportFacts))
_OWN = tuple(field.name for field in dataclasses.fields(Report) if field.name != "facts")


def begin_report(conn: sa.Connection, new: NewReport) -> str:
    """Insert a report in state `importing`; returns its id."""
    now = utc_now()
    report_id = sortable_id(now)
    values = dataclasses.asdict(new)
    conn.execute(
        reports.insert().values(
            report_id=report_id, state="importing", created_at=now, heartbeat_at=now, **values
        )
    )
    return report_id


def reports_of_size(conn: sa.Connection, size_bytes: int) -> list[Report]:
    """Reports of the same size, oldest first: only where there are any is hashing beforehand worth it."""
    return _select(conn, reports.c.bytes == size_bytes, reports.c.state.in_(_KEPT))


def stage_report(
    conn: sa.Connection,
    report_id: str,
    sha256: str,
    facts: ReportFacts,
    rejected: Iterable[Reject],
    force: bool = False,
) -> None:
    """Store the facts of a file and its rejects, before the lake's commit.

    Raises:
        AlreadyImported: another report has the same bytes, and `force` is not set.
        ReportBusy: the report is not `importing`.
    """
    report = _in_state(conn, report_id, "importing")
    if not force:
        _refuse_same_bytes(conn, report, sha256)
    _update(
        conn, report_id, state="committing", sha256=sha256, heartbeat_at=utc_now(), **_facts_values(facts)
    )
    rows = (_reject_row(report_id, reject) for reject in rejected)
    while batch := list(itertools.islice(rows, _REJECTS_AT_ONCE)):
        conn.execute(rejects.insert(), batch)


def stage_again(conn: sa.Connection, report_id: str, facts: ReportFacts) -> None:
    """Replace the facts of a staged report, whose rows changed before the lake's commit.

    Raises:
        ReportBusy: the report is not `committing`.
    """
    _in_state(conn, report_id, "committing")
    _update(conn, report_id, heartbeat_at=utc_now(), **_facts_values(facts))


def _facts_values(facts: ReportFacts) -> dict[str, object]:
    values = {name: getattr(facts, name) for name in _FACTS}
    values["unknown_columns"] = list(facts.unknown_columns)
    values["notices"] = list(facts.notices)
    return values | {
        name: dict(values[name]) for name in ("violations", "warnings", "duplicates_of", "reading")
    }


def finish_report(conn: sa.Connection, report_id: str, seconds: float | None = None) -> bool:
    """Mark a report as `ready`: the lake has the rows.

    False for one that is ready already, which stays unchanged.

    Args:
        seconds: Duration of the whole import, in place of that up to `stage_report`.

    Raises:
        ReportBusy: the report is neither `committing` nor `ready`.
    """
    if _in_state(conn, report_id, *_KEPT).state == "ready":
        return False
    took = {} if seconds is None else {"seconds": seconds}
    _update(conn, report_id, state="ready", finished_at=utc_now(), **took)
    bump_data_version(conn, "reports")
    return True


def fail_report(conn: sa.Connection, report_id: str, code: str, message: str) -> None:
    """Mark a report as `failed`: the lake has none of its rows.

    It stays in the history, its rejects are deleted.

    Raises:
        ReportBusy: the report is ready or being deleted.
    """
    _in_state(conn, report_id, "importing", "committing", "failed")
    conn.execute(rejects.delete().where(rejects.c.report_id == report_id))
    _update(
        conn,
        report_id,
        state="failed",
        finished_at=utc_now(),
        error_code=code,
        error_message=_storable(message),
    )
    bump_data_version(conn, "reports")


def edit_report(
    conn: sa.Connection,
    report_id: str,
    contract: str | None,
    period_start: dt.date | None,
    period_end: dt.date | None,
) -> None:
    """Change contract and period of a report; who may see it changes with the contract.

    Raises:
        ReportBusy: the report is being imported or deleted.
    """
    _in_state(conn, report_id, "ready", "failed")
    _update(conn, report_id, contract=contract, period_start=period_start, period_end=period_end)
    bump_data_version(conn, "reports")


def mark_deleting(conn: sa.Connection, report_id: str, owner: str) -> None:
    """Mark a report as `deleting`, before its rows leave the lake; `owner` deletes it.

    Raises:
        ReportBusy: the report is still being imported.
    """
    _in_state(conn, report_id, "ready", "failed", "deleting")
    _update(conn, report_id, state="deleting", owner=owner, heartbeat_at=utc_now())
    bump_data_version(conn, "reports")


def adopt_report(conn: sa.Connection, report: Report, owner: str) -> bool:
    """Take over a report of a dead process; False when another one was faster, or the report is gone."""
    mine = sa.and_(
        reports.c.report_id == report.report_id,
        reports.c.state == report.state,
        reports.c.owner == report.owner,
    )
    adopted = reports.update().where(mine).values(owner=owner, heartbeat_at=utc_now())
    return conn.execute(adopted).rowcount == 1


def delete_report(conn: sa.Connection, report_id: str) -> None:
    """Delete a report and its rejects, in any state.

    Raises:
        ReportNotFound: there is none of that id.
    """
    if conn.execute(reports.delete().where(reports.c.report_id == report_id)).rowcount == 0:
        raise ReportNotFound(report_id=report_id)
    bump_data_version(conn, "reports")


def get_report(conn: sa.Connection, report_id: str) -> Report:
    """Report by id.

    Raises:
        ReportNotFound: there is none of that id.
    """
    for report in _select(conn, reports.c.report_id == report_id):
        return report
    raise ReportNotFound(report_id=report_id)


def list_reports(conn: sa.Connection) -> list[Report]:
    """All reports, in any state, newest first."""
    return _select(conn)[::-1]


def rename_contract(conn: sa.Connection, contract: str, renamed: str) -> None:
    """Rename a contract in all its reports, and in the keys that are limited to it."""
    conn.execute(reports.update().where(reports.c.contract == contract).values(contract=renamed))
    bump_data_version(conn, "reports")
    for key_id, contracts in conn.execute(sa.select(api_keys.c.key_id, api_keys.c.contracts)).all():
        if contract in (contracts or ()):
            names = [renamed if name == contract else name for name in contracts]
            conn.execute(api_keys.update().where(api_keys.c.key_id == key_id).values(contracts=names))
            bump_data_version(conn, "keys")


def reports_of_contracts(conn: sa.Connection, contracts: Sequence[str]) -> set[str]:
    """Ids of the reports under these contracts, in any state."""
    return set(conn.scalars(sa.select(reports.c.report_id).where(reports.c.contract.in_(contracts))))


def deleting_reports(conn: sa.Connection) -> set[str]:
    """Ids of the reports whose rows are about to leave the lake."""
    return set(conn.scalars(sa.select(reports.c.report_id).where(reports.c.state == "deleting")))


def file_names(conn: sa.Connection, report_ids: Iterable[str]) -> dict[str, str]:
    """File names of reports by id; those that do not exist are left out."""
    query = sa.select(reports.c.report_id, reports.c.file_name).where(
        reports.c.report_id.in_(list(report_ids))
    )
    return {row.report_id: row.file_name for row in conn.execute(query)}


def unfinished_reports(conn: sa.Connection) -> list[Report]:
    """Unfinished reports, oldest first; `owners.is_alive` finds the orphaned ones."""
    return _select(conn, reports.c.state.in_(_UNFINISHED))


def heartbeat_report(conn: sa.Connection, report_id: str) -> None:
    """Store that the owner still works on it."""
    _update(conn, report_id, heartbeat_at=utc_now())


def iter_rejects(conn: sa.Connection, report_id: str) -> Iterator[Reject]:
    """Rejects of a report by line, streamed; `conn` stays open until the last one."""
    from faxcloud.store.reading.rejects import Reject  # late: its package loads the readers of files

    query = (
        sa.select(rejects.c.line, rejects.c.reason, rejects.c.text)
        .where(rejects.c.report_id == report_id)
        .order_by(rejects.c.line)
    )
    for line, reason, text in conn.execute(query, execution_options={"yield_per": _REJECTS_AT_ONCE}):
        yield Reject(line, reason, text)


def _refuse_same_bytes(conn: sa.Connection, report: Report, sha256: str) -> None:
    for other in _select(conn, reports.c.sha256 == sha256, reports.c.state.in_(_KEPT)):
        raise AlreadyImported(file=report.file_name, imported_at=other.created_at, report_id=other.report_id)


def _in_state(conn: sa.Connection, report_id: str, *states: ReportState) -> Report:
    report = get_report(conn, report_id)
    if report.state not in states:
        raise ReportBusy(report_id=report_id, state=report.state)
    return report


def _select(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Report]:
    query = sa.select(reports).where(*conditions).order_by(reports.c.created_at, reports.c.report_id)
    return [_report(row) for row in conn.execute(query).mappings()]


def _report(row: sa.RowMapping) -> Report:
    facts = None
    if row["records"] is not None:
        facts = ReportFacts(
            **{name: row[name] for name in _FACTS}
            | {name: row[name] or {} for name in ("duplicates_of", "reading")}
            | {"notices": row["notices"] or ()}
        )
    return Report(facts=facts, **{name: row[name] for name in _OWN})


def _update(conn: sa.Connection, report_id: str, **values: object) -> None:
    updated = conn.execute(reports.update().where(reports.c.report_id == report_id).values(**values))
    if updated.rowcount == 0:
        raise ReportNotFound(report_id=report_id)


def _reject_row(report_id: str, reject: Reject) -> dict[str, object]:
    return {
        "report_id": report_id,
        "line": reject.line,
        "reason": reject.reason,
        "text": _storable(reject.text),
    }


def _storable(text: str) -> str:
    """PostgreSQL stores no U+0000; its picture U+2400 says that there was one."""
    return text.replace("\x00", "\N{SYMBOL FOR NULL}")
