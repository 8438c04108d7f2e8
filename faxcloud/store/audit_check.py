"""Whether the audit log is what was written: catalogue, file, head and key compared with each other."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from faxcloud.store.audit import AuditEvent, AuditTrail, Checkpoint, event_of, events, last_event
from faxcloud.store.audit_log import Head, Trouble, sequence_of

MOST_PROBLEMS = 50
"""So many sentences; somebody who replaced a million events is found out by the first."""

_BREAKS = {
    "missing": "The head of the chain was missing when event {sequence} was the last.",
    "edited": "The head of the chain had been edited when event {sequence} was the last.",
    "replaced": "Event {sequence}, the last one at a time, was removed from the catalogue or replaced.",
}


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What was found.

    Attributes:
        events: How many there are.
        first: The number of the first; those before it went with retention. 0 when there is none.
        last: The number of the last.
        head: Its hash: noted elsewhere, it shows later that nothing up to it has changed.
        problems: Sentences; empty when all is as it was written.
    """

    events: int
    first: int
    last: int
    head: str
    problems: list[str]


@dataclass(slots=True)
class _Problems:
    """Sentences, those about events that follow each other joined into one."""

    sentences: list[str] = field(default_factory=list)
    _about: str = ""
    _first: int = 0
    _last: int = 0

    def add(self, sentence: str) -> None:
        self.flush()
        self.sentences.append(sentence)

    def of(self, about: str, sequence: int) -> None:
        """One about an event; `about` has the field `{events}`."""
        if about != self._about or sequence != self._last + 1:
            self.flush()
            self._about, self._first = about, sequence
        self._last = sequence

    def flush(self) -> None:
        if self._about:
            one = self._first == self._last
            named = f"Event {self._first}" if one else f"Events {self._first} to {self._last}"
            self.sentences.append(self._about.format(events=named, are="is" if one else "are"))
            self._about = ""

    def listed(self) -> list[str]:
        self.flush()
        more = len(self.sentences) - MOST_PROBLEMS
        return self.sentences[:MOST_PROBLEMS] + ([f"And {more} more."] if more > 0 else [])


def check(conn: sa.Connection, trail: AuditTrail) -> AuditCheck:
    """Read all of it; others may write meanwhile. `conn` has read nothing yet."""
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
        _gap(problems, expected, event.sequence - 1)
    elif event.sequence < expected:
        problems.of("{events} {are} from before the beginning of the chain.", event.sequence)
    elif not hmac.compare_digest(event.hash.encode(), event.hash_after(previous, key).encode()):
        problems.of("{events} {are} not what was written, or signed with another key.", event.sequence)


class _Lines:
    """The file's lines beside the catalogue's events, both in order."""

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


def _gap(problems: _Problems, first: int, last: int) -> None:
    named = f"Event {first} is" if first == last else f"Events {first} to {last} are"
    problems.add(f"{named} missing in the catalogue.")


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
