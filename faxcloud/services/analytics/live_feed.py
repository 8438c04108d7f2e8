"""Live feed: events as they happen, and the numbers whenever the lake has moved."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from faxcloud.domain.filters import Filters
from faxcloud.services.actors import Actor, acting
from faxcloud.services.analytics.summaries import Summaries
from faxcloud.services.scoping import Scope
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records.deliveries import timestamp_of
from faxcloud.store.records.events import StoredEvent, events_after, last_sequence
from faxcloud.store.records.keys import keys_version

EVENTS_AT_ONCE = 500

News = list[StoredEvent]


@dataclass(frozen=True, slots=True)
class Position:
    """Reading position of a client.

    Attributes:
        sequence: Number of the newest event.
        lake: Version of the lake.
        keys: Version of the keys: once it moves, permissions have to be checked anew.
    """

    sequence: int
    lake: int
    keys: int


class EventFeed:
    """Reads on from a position; cheap where nothing has happened."""

    def __init__(self, catalogue: Catalogue, summaries: Summaries) -> None:
        self._catalogue = catalogue
        self._summaries = summaries
        self._scope = Scope(catalogue)

    def position(self) -> Position:
        """Current position."""
        with self._catalogue.read() as conn:
            return Position(last_sequence(conn), self._summaries.version(), keys_version(conn))

    def after(self, position: Position) -> tuple[Position, News]:
        """Next position, and what has happened up to there."""
        with self._catalogue.read() as conn:
            events = events_after(conn, position.sequence, EVENTS_AT_ONCE)
            sequence = events[-1].sequence if events else position.sequence
            return Position(sequence, self._summaries.version(), keys_version(conn)), events

    def visible_events(self, actor: Actor, events: News) -> list[tuple[str, int]]:
        """Messages of those events that the actor may see, with their sequences."""
        with acting(actor):
            return [
                (_message(event.type, event.created_at, event.data, event.event_id), event.sequence)
                for event in events
                if self._scope.sees(event.report_id)
            ]

    def stats(self, actor: Actor) -> str:
        """Message with the numbers of everything that the actor may see."""
        with acting(actor):
            summary = self._summaries.summary(Filters())
        values = {"total": summary.values["faxes"], **summary.values, "data_version": summary.version}
        return _message("stats", utc_now(), values)


def ping() -> str:
    """Keep-alive message."""
    return _message("ping", utc_now(), {})


def _message(kind: str, at: dt.datetime, data: dict[str, Any], event_id: str | None = None) -> str:
    message: dict[str, Any] = {"type": kind, "timestamp": timestamp_of(at), "data": data}
    if event_id is not None:
        message["event_id"] = event_id
    return json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=float)
