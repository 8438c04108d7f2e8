"""Records of re-validation runs."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from faxcloud.errors import RunNotFound
from faxcloud.store.catalogue.data_versions import bump_data_version
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import validation_runs

RunState = Literal["running", "done", "failed", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """Run data known at the start. `rulesets_before` counts rows per `id@hash` that validated them so far."""

    ruleset: str
    owner: str
    report_id: str | None = None
    dry_run: bool = False
    rulesets_before: Mapping[str, int] | None = None
    files_total: int | None = None
    lake_version_before: int | None = None


@dataclass(frozen=True, kw_only=True)
class RunCounts:
    """Progress of a run: rows, and files of the lake."""

    scanned: int = 0
    changed: int = 0
    newly_invalid: int = 0
    newly_valid: int = 0
    files_total: int = 0
    files_done: int = 0
    files_rewritten: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """Row of a run; `violations_…` count rows per rule id."""

    run_id: str
    state: RunState
    ruleset: str
    rulesets_before: dict[str, int] | None
    report_id: str | None
    dry_run: bool
    owner: str
    heartbeat_at: dt.datetime
    started_at: dt.datetime
    finished_at: dt.datetime | None
    scanned: int
    changed: int
    newly_invalid: int
    newly_valid: int
    files_total: int
    files_done: int
    files_rewritten: int
    violations_before: dict[str, int] | None
    violations_after: dict[str, int] | None
    lake_version_before: int | None
    lake_version_after: int | None
    seconds: float | None
    error: str | None


def begin_run(conn: sa.Connection, new: NewRun) -> str:
    """Insert a run in state `running`; returns its id. The lease makes sure that only one runs."""
    now = utc_now()
    run_id = sortable_id(now)
    values: dict[str, object] = dataclasses.asdict(RunCounts()) | dataclasses.asdict(new)
    values["files_total"] = new.files_total or 0
    conn.execute(
        validation_runs.insert().values(
            run_id=run_id, state="running", started_at=now, heartbeat_at=now, **values
        )
    )
    return run_id


def progress_run(conn: sa.Connection, run_id: str, counts: RunCounts) -> None:
    """Store the progress of a run; this is its heartbeat as well.

    Raises:
        RunNotFound: there is none of that id.
    """
    _update(conn, run_id, heartbeat_at=utc_now(), **dataclasses.asdict(counts))


def finish_run(
    conn: sa.Connection,
    run_id: str,
    counts: RunCounts,
    *,
    violations_before: Mapping[str, int],
    violations_after: Mapping[str, int],
    lake_version_after: int,
    seconds: float,
) -> None:
    """Mark a run as `done`.

    Raises:
        RunNotFound: there is none of that id.
    """
    now = utc_now()
    _update(
        conn,
        run_id,
        state="done",
        heartbeat_at=now,
        finished_at=now,
        violations_before=dict(violations_before),
        violations_after=dict(violations_after),
        lake_version_after=lake_version_after,
        seconds=seconds,
        **dataclasses.asdict(counts),
    )
    bump_data_version(conn, "runs")


def fail_run(
    conn: sa.Connection, run_id: str, error: str, state: Literal["failed", "interrupted"] = "failed"
) -> None:
    """Mark a run as ended early; `interrupted` is for one whose process is gone. Its counts stay.

    Raises:
        RunNotFound: there is none of that id.
    """
    _update(conn, run_id, state=state, finished_at=utc_now(), error=error)
    bump_data_version(conn, "runs")


def get_run(conn: sa.Connection, run_id: str) -> Run:
    """Run by id.

    Raises:
        RunNotFound: there is none of that id.
    """
    for run in _select(conn, validation_runs.c.run_id == run_id):
        return run
    raise RunNotFound(run=run_id)


def list_runs(conn: sa.Connection) -> list[Run]:
    """All runs, newest first."""
    return _select(conn)[::-1]


def unfinished_runs(conn: sa.Connection) -> list[Run]:
    """Runs in state `running`, oldest first; `owners.is_alive` finds the orphaned ones."""
    return _select(conn, validation_runs.c.state == "running")


def _select(conn: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Run]:
    order = (validation_runs.c.started_at, validation_runs.c.run_id)
    query = sa.select(validation_runs).where(*conditions).order_by(*order)
    return [Run(**row) for row in conn.execute(query).mappings()]


def _update(conn: sa.Connection, run_id: str, **values: object) -> None:
    changed = validation_runs.update().where(validation_runs.c.run_id == run_id).values(**values)
    if conn.execute(changed).rowcount == 0:
        raise RunNotFound(run=run_id)
