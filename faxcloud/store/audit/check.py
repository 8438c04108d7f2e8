"""Audit log verification: compare catalogue, file, head and key with each other."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from faxcloud.store.audit.chain import AuditEvent, AuditTrail, Checkpoint, event_of, events, last_event
from faxcloud.store.audit.log_file import Head, Trouble, sequence_of

MOST_PROBLEMS = 50
"""Maximum number of sentences; the first one already reveals a million replaced events."""

_BREAKS = {
    "missing": "The head of the chain was missing when event {sequence} was the last.",
    "edited": "The head of the chain had been edited when event {sequence} was the last.",
    "replaced": "Event {sequence}, the last one at a time, was removed from the catalogue or replaced.",
}


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Result of a verification.

    Attributes:
        events: Number of events.
        first: Number of the first event; retention removed those before it. 0 when there is none.
        last: Number of the last event.
        head: Hash of the last event: noted elsewhere, it proves later that nothing up to it has changed.
        problems: Sentences; empty when nothing was changed.
    """

    events: int
    first: int
    last: int
    head: str
    problems: list[str]


@dataclass(slots=True)
class _Run:
    """Consecutive events with the same problem."""

    about: str
    first: int
    last: int

    def __str__(self) -> str:
        one = self.first == self.last
        named = f"Event {self.first}" if one else f"Events {self.first} to {self.last}"
        return self.about.format(events=named, are="is" if one else "are")


class _Problems:
    """Problem sentences; the same problem of consecutive events is one sentence."""

    def __init__(self) -> None:
        self._found: list[str | _Run] = []
        self._runs: dict[str, _Run] = {}
        self._more = 0

    def add(self, sentence: str | _Run) -> None:
        if len(self._found) < MOST_PROBLEMS:
            self._found.append(sentence)
        else:
            self._more += 1

    def of(self, about: str, sequence: int) -> None:
        """One about an event; `about` has the fields `{events}` and `{are}`."""
        run = self._runs.get(about)
        if run is not None and run.last == sequence - 1:
            run.last = sequence
        else:
            self._runs[about] = run = _Run(about, sequence, sequence)
            self.add(run)

    def listed(self) -> list[str]:
        return [str(one) for one in self._found] + ([f"And {self._more} more."] if self._more else [])


def check(conn: sa.Connection, trail: AuditTrail) -> AuditCheck:
    """Verify the whole log; others may write meanwhile. `conn` has read nothing yet."""
    problems = _Problems()
    with trail.log.locked():
        checkpoint = trail.checkpoint(conn)  # from here on `conn` sees one state
        last, hash_ = last_event(conn, checkpoint)
        head, size = trail.log.head(), trail.log.size()
    if not checkpoint.is_signed:
        problems.add("The catalogue's note of where the chain begins was edited.")
    _check_head(head, last, checkpoint, problems)
    lines = _Lines(_lines(trail, size, checkpoint, problems), problems)
    count = first = 0
    expected, previous = checkpoint.sequence + 1, checkpoint.hash
    try:
        for event in events(conn, until=last):
            count, first = count + 1, first or event.sequence
            _check_event(event, expected, previous, trail.key, problems)
            lines.compare(event, must=not isinstance(head, Head) or event.sequence <= head.sequence)
            if isinstance(head, Head) and event.sequence == head.sequence and event.hash != head.hash:
                problems.add(f"The head of the chain was another event {event.sequence}.")
            expected, previous = event.sequence + 1, event.hash
    except (ValueError, TypeError):  # what is no time, or no JSON, in a column that holds such
        problems.add(f"Events from {expected} on cannot be read: their rows were edited.")
    lines.finish()
    return AuditCheck(count, first, last, hash_, problems.listed())


def _check_event(event: AuditEvent, expected: int, previous: str, key: bytes, problems: _Problems) -> None:
    if event.sequence > expected:  # what it was signed with is gone; that much is said
        problems.add(_Run("{events} {are} missing in the catalogue.", expected, event.sequence - 1))
    elif event.sequence < expected:
        problems.of("{events} {are} from before the beginning of the chain.", event.sequence)
    elif not hmac.compare_digest(event.hash.encode(), event.hash_after(previous, key).encode()):
        problems.of("{events} {are} not what was written, or signed with another key.", event.sequence)


class _Lines:
    """Lines of the file beside the catalogue's events, both in order."""

    def __init__(self, lines: Iterator[tuple[int, str]], problems: _Problems) -> None:
        self._lines = lines
        self._problems = problems
        self._next = next(lines, None)

    def compare(self, event: AuditEvent, *, must: bool) -> None:
        """With the line of an event, which `must` be there."""
        self._skip(event.sequence)
        if self._next is not None and self._next[0] == event.sequence:
            if self._next[1] != event.line():
                self._problems.of(
                    "{events} {are} another in audit.log than in the catalogue.", event.sequence
                )
            self._next = next(self._lines, None)
        elif must:
            self._problems.of("{events} {are} missing in audit.log.", event.sequence)

    def finish(self) -> None:
        """After the last event."""
        self._skip(None)

    def _skip(self, until: int | None) -> None:
        while self._next is not None and (until is None or self._next[0] < until):
            self._problems.of("{events} {are} in audit.log and not in the catalogue.", self._next[0])
            self._next = next(self._lines, None)


def _check_head(head: Head | Trouble, last: int, checkpoint: Checkpoint, problems: _Problems) -> None:
    if isinstance(head, Head):
        for one in head.breaks:
            problems.add(_BREAKS[one.trouble].format(sequence=one.sequence))
        if head.sequence > last:
            problems.add(f"The catalogue ends at event {last}; the last that was written is {head.sequence}.")
        elif head.sequence == checkpoint.sequence and head.hash != checkpoint.hash:
            problems.add("The chain does not begin where the head says.")
    elif head == "edited":
        problems.add("The head of the chain was edited.")
    elif last:
        problems.add("The head of the chain is missing.")


def _lines(
    trail: AuditTrail, size: int, checkpoint: Checkpoint, problems: _Problems
) -> Iterator[tuple[int, str]]:
    """The file's lines by number; what is none of ours, or in another place, is a problem."""
    before = 0
    for number, line in trail.log.lines(size):
        sequence = sequence_of(line)
        if sequence is None or event_of(line) is None:
            problems.add(f"Line {number} of audit.log is no event.")
        elif sequence <= before:
            problems.add(f"Line {number} of audit.log is event {sequence}, which stood there before.")
        elif sequence > checkpoint.sequence:  # else a crash kept retention from shortening the file
            before = sequence
            yield sequence, line
