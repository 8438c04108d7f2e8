"""Audit log service: search, export, verification and pruning."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, TypedDict, Unpack

from faxcloud.domain.filter_values import CONTROL
from faxcloud.domain.filters import LAST_PAGE, MOST_PER_PAGE
from faxcloud.errors import AuditUnreadable, FilterInvalid
from faxcloud.i18n import N_
from faxcloud.presentation.csv_files import csv_chunks
from faxcloud.services.actors import current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.audit.check import check
from faxcloud.store.audit.search import AuditFilters, actions, count_events, find_events
from faxcloud.store.catalogue.connection import Catalogue

OUTCOMES = ("done", "refused", "failed")
LONGEST_TEXT = 200
COLUMNS = ("sequence", "at", "actor", "address", "action", "resource", "outcome", "details", "hash")

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Page of events, newest first; see `services.analytics.search.Page`."""

    total: int
    page: int
    per_page: int
    pages: int
    results: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of a verification; see `store.audit.check.AuditCheck`."""

    ok: bool
    events: int
    first: int
    last: int
    head: str
    problems: list[str]


class AuditSearch(TypedDict, total=False):
    """Search filters; all given ones apply at once. `start` and `end` are days, both included.

    Attributes:
        action: Such as `report.import`, or `report` for all that was done to reports.
        q: Part of any text.
    """

    action: str | None
    actor: str | None
    resource: str | None
    outcome: str | None
    start: dt.date | None
    end: dt.date | None
    q: str | None


class Audit:
    """Queries on the audit log.

    Args:
        zone: Time zone of the days `start` and `end`.
    """

    def __init__(self, catalogue: Catalogue, trail: AuditTrail, journal: Journal, zone: dt.tzinfo) -> None:
        self._catalogue = catalogue
        self._trail = trail
        self._journal = journal
        self._zone = zone

    def log(self, limit: int = 50, *, page: int = 1, **search: Unpack[AuditSearch]) -> AuditPage:
        """Page of events, newest first, with `limit` events each.

        Raises:
            NotAllowed: the actor may not read it.
            FilterInvalid: a value cannot be used.
        """
        filters = self._filters(search)
        for name, value, most in (("limit", limit, MOST_PER_PAGE), ("page", page, LAST_PAGE)):
            if not 1 <= value <= most:
                raise FilterInvalid(name=name, value=str(value), expected=f"1 – {most}")
        with self._catalogue.read() as conn:
            total = count_events(conn, filters)
            found = list(find_events(conn, filters, limit, (page - 1) * limit))
        return AuditPage(total, page, limit, -(-total // limit), [asdict(event) for event in found])

    def actions(self) -> list[str]:
        """Distinct actions in the log, for a select box.

        Raises:
            NotAllowed: the actor may not read it.
        """
        current_actor().require("audit.read")
        with self._catalogue.read() as conn:
            return actions(conn)

    def export(self, **search: Unpack[AuditSearch]) -> Iterator[dict[str, Any]]:
        """Stream every event that `log` would find, newest first.

        The export itself is audited once it has ended.

        Raises:
            NotAllowed, FilterInvalid: likewise, before the first one.
        """
        return self._journal.exported("audit", self._events(self._filters(search)), counted="events")

    def stream_csv(self, **search: Unpack[AuditSearch]) -> Iterator[bytes]:
        """Stream the events as a CSV file; details as JSON in one cell."""
        return _csv(self.export(**search))

    def stream_json(self, **search: Unpack[AuditSearch]) -> Iterator[bytes]:
        """Stream the events as one JSON array."""
        return _json(self.export(**search))

    def verify(self) -> Verification:
        """Verify the whole log: whether anything was edited, removed, added or cut off.

        Raises:
            NotAllowed: the actor may not read it.
            AuditUnreadable: a file cannot be read or brought up to date.
        """
        current_actor().require("audit.read")
        self.catch_up()
        try:
            with self._catalogue.read() as conn:
                found = check(conn, self._trail)
        except OSError as error:
            raise AuditUnreadable(reason=str(error)) from error
        return Verification(
            not found.problems, found.events, found.first, found.last, found.head, found.problems
        )

    def catch_up(self) -> None:
        """Write the events to the file that a crash kept from it.

        Raises:
            AuditUnreadable: it cannot be written.
        """
        try:
            with self._catalogue.read() as conn:
                self._trail.catch_up(conn)
        except OSError as error:
            raise AuditUnreadable(reason=str(error)) from error

    def prune(self, before: dt.datetime) -> int:
        """Delete events older than an instant; returns how many. The rest can still be verified.

        Raises:
            AuditUnreadable: the file cannot be written.
        """
        self.catch_up()
        with self._catalogue.write() as conn:
            removed = self._trail.forget_before(conn, before)
            if removed:
                details = {"events": removed, "before": before.isoformat()}
                self._journal.record(conn, Note("audit.prune", details=details))
        return removed

    def _filters(self, search: AuditSearch) -> AuditFilters:
        current_actor().require("audit.read")
        if (outcome := search.get("outcome")) and outcome not in OUTCOMES:
            raise FilterInvalid(name="outcome", value=outcome[:20], expected=", ".join(OUTCOMES))
        for name in ("action", "actor", "resource", "q"):
            text = str(search.get(name) or "")
            if len(text) > LONGEST_TEXT or CONTROL.search(text):
                expected = N_("a text of at most {limit} characters")
                raise FilterInvalid(name=name, value="…", expected=expected, limit=LONGEST_TEXT)
        start, end = search.get("start"), search.get("end")
        return AuditFilters(
            action=search.get("action") or None,
            actor=search.get("actor") or None,
            resource=search.get("resource") or None,
            outcome=outcome or None,
            q=search.get("q") or None,
            start=None if start is None else self._midnight(start),
            end=None if end in (None, dt.date.max) else self._midnight(end + dt.timedelta(days=1)),
        )

    def _midnight(self, day: dt.date) -> dt.datetime:
        try:
            return dt.datetime.combine(day, dt.time(), self._zone).astimezone(dt.UTC)
        except OverflowError:  # the zone's offset leads out of the calendar
            return dt.datetime.combine(day, dt.time(), dt.UTC)

    def _events(self, filters: AuditFilters) -> Generator[dict[str, Any]]:
        with self._catalogue.read() as conn:
            for event in find_events(conn, filters):
                yield asdict(event)


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    with _closed_early(rows):
        cells = (row | {"details": json.dumps(row["details"])} for row in rows)
        yield from csv_chunks(COLUMNS, (list(row.values()) for row in cells))


def _json(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    separator = "["
    with _closed_early(rows):
        for row in rows:
            yield f"{separator}\n{json.dumps(row | {'at': row['at'].isoformat()})}".encode()
            separator = ","
    yield b"\n]\n" if separator == "," else b"[]\n"


@contextmanager
def _closed_early(rows: Iterator[object]) -> Iterator[None]:
    try:
        yield
    finally:
        if isinstance(rows, Generator):
            rows.close()
