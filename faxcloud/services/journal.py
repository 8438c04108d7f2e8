"""Journal: audit log and event outbox, written in the transaction that they describe."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal

from faxcloud.errors import (
    AccessError,
    FaxCloudError,
    ImportRefused,
    QueryError,
    RulesError,
    ValidationError,
)
from faxcloud.services.actors import Actor, acting, current_actor
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.records.events import emit

Outcome = Literal["done", "refused", "failed"]

_REPORT_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z2-7]{6}", re.ASCII)
"""See `store.catalogue.ids.sortable_id`."""

_REFUSALS = (ImportRefused, RulesError, ValidationError, QueryError, AccessError)


@dataclass(frozen=True, slots=True)
class Event:
    """Event for stream and webhooks, without phone numbers and names."""

    type: Literal["upload_complete", "error", "validation_complete", "export_complete", "alert"]
    data: Mapping[str, Any]
    report_id: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Audit log entry, without its actor.

    Attributes:
        action: `<noun>.<verb>`, such as `report.import`.
        resource: `<noun>:<id>`; empty where there is none.
        details: Counts, ids and choices; no phone number, no name.
    """

    action: str
    resource: str = ""
    outcome: Outcome = "done"
    details: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """Writes audit entries and events on behalf of the current actor."""

    def __init__(self, catalogue: Catalogue, trail: AuditTrail) -> None:
        self._catalogue = catalogue
        self._trail = trail

    def record(self, conn: Connection, note: Note, event: Event | None = None) -> None:
        """Write in the caller's transaction: the entry is stored if and only if the change is."""
        actor = current_actor()
        if event is not None:
            emit(conn, event.type, event.data, event.report_id)
        self._trail.append(
            conn,
            actor=actor.name,
            address=actor.address,
            action=note.action,
            resource=_named(note.resource),
            outcome=note.outcome,
            details=note.details,
        )

    def write(self, note: Note, event: Event | None = None) -> None:
        """Write in its own transaction, for what changes nothing else: an export, a sign-in, a refusal."""
        with self._catalogue.write() as conn:
            self.record(conn, note, event)

    def exported(
        self, noun: str, rows: Generator[dict[str, Any]], resource: str = "", counted: str = "rows"
    ) -> Iterator[dict[str, Any]]:
        """The rows of an export, which is noted before its first row and after its last one.

        By whom it was asked for: rows are taken elsewhere. Where the first note cannot be written, no row is
        given. Whoever took some of the rows is in the log too, with the outcome `failed`.
        """
        return self._exported(noun, rows, resource, counted, current_actor())

    def _exported(
        self, noun: str, rows: Generator[dict[str, Any]], resource: str, counted: str, actor: Actor
    ) -> Iterator[dict[str, Any]]:
        with acting(actor):
            self.write(Note(f"{noun}.export_begin", resource))
        count = 0
        outcome: Outcome = "failed"
        try:
            with closing(rows):
                for row in rows:
                    yield row
                    count += 1
            outcome = "done"
        finally:
            with acting(actor):
                self.write(Note(f"{noun}.export", resource, outcome, {counted: count}))


def _named(resource: str) -> str:
    """A resource as the log keeps it for good: where a caller asked for a report, only what may be its id."""
    kind, _, name = resource.partition(":")
    return "report:unknown" if kind == "report" and not _REPORT_ID.fullmatch(name) else resource


def failure(
    action: str, resource: str, error: BaseException | str, details: Mapping[str, Any] | None = None
) -> Note:
    """Audit entry of a failed action: `refused` when the request was wrong.

    The error's code alone: its message may quote a file's name or a row.
    """
    outcome: Outcome = "refused" if isinstance(error, _REFUSALS) else "failed"
    return Note(action, resource, outcome, {**(details or {}), "error": code_of(error)})


def failure_event(action: str, error: BaseException | str, report_id: str | None = None) -> Event:
    """Event `error` of a failed action."""
    return Event("error", {"operation": action, "code": code_of(error), "report_id": report_id}, report_id)


def code_of(error: BaseException | str) -> str:
    """Stable code of an error; of a foreign one, whether somebody stopped the work."""
    if isinstance(error, str):
        return error
    if isinstance(error, FaxCloudError):
        return error.code
    return "internal" if isinstance(error, Exception) else "interrupted"
