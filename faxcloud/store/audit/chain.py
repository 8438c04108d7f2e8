"""Audit log hash chain: each event is signed together with the one before it.

It proves that nobody who can write the catalogue or the log file edited, removed, added or moved an event, as
long as they lack the key (`HOME/keys/audit`). It cannot prove that somebody with the key did not write
another history into all three places, or that nobody restored catalogue, log and head together to an earlier
moment. Copies of the log that are stored elsewhere show that.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from faxcloud.errors import CatalogueUnavailable
from faxcloud.store.audit.log_file import MOST_BREAKS, AuditLog, ChainBreak, Head, parsed, signature
from faxcloud.store.catalogue.connection import after_commit
from faxcloud.store.catalogue.databases import WRITES
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.catalogue.tables import audit_events
from faxcloud.store.keyfiles import secret_of

CHECKPOINT_SETTING = "audit_checkpoint"
LONGEST_TEXT = 300
_AT_ONCE = 1_000

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class AuditEvent:
    """One audit event: a row of the table and a line of the file."""

    sequence: int
    at: dt.datetime
    actor: str
    address: str
    action: str
    resource: str
    outcome: str
    details: dict[str, Any]
    hash: str = ""

    def line(self) -> str:
        """The event's line in the file; the signature covers it, without the hash."""
        return json.dumps({**asdict(self), "at": self.at.isoformat()}, sort_keys=True)

    def hash_after(self, previous: str, key: bytes) -> str:
        """Expected hash, given that of the event before it."""
        values = {**asdict(self), "at": self.at.astimezone(dt.UTC).isoformat(timespec="microseconds")}
        del values["hash"]
        return signature(key, f"event|{previous}|{json.dumps(values, sort_keys=True)}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Start of the chain: the last event that retention removed, or none (0)."""

    sequence: int = 0
    hash: str = ""
    is_signed: bool = True


class AuditTrail:
    """Writer of the chain; read events with `events`, verify them with `audit_check`."""

    def __init__(self, keys_folder: Path, logs_folder: Path) -> None:
        self._keys_folder = keys_folder
        self.log = AuditLog(logs_folder / "audit.log", keys_folder / "audit.head", self.sign)

    @cached_property
    def key(self) -> bytes:
        """Signing key of this installation.

        Raises:
            CatalogueUnavailable: the key can be neither read nor created; without it nothing may be changed.
        """
        try:
            return secret_of(self._keys_folder, "audit")
        except (OSError, ValueError) as error:
            raise CatalogueUnavailable(reason=f"{self._keys_folder / 'audit'}: {error}") from error

    def sign(self, text: str) -> str:
        """Sign a text with the installation's key."""
        return signature(self.key, text)

    def append(
        self,
        conn: sa.Connection,
        *,
        actor: str,
        address: str,
        action: str,
        resource: str,
        outcome: str,
        details: Mapping[str, Any],
    ) -> int:
        """Append an event in the caller's transaction, of which there is one at a time; returns its number.

        The file's line follows the commit; a line that a crash prevents is written with the next event.
        """
        sequence, previous = last_event(conn, self.checkpoint(conn))
        if sequence == 0:
            self._begin()
        event = AuditEvent(
            sequence=sequence + 1,
            at=utc_now(),
            actor=_text(actor),
            address=_text(address),
            action=_text(action),
            resource=_text(resource),
            outcome=outcome,
            details=json.loads(json.dumps(dict(details), allow_nan=False, default=str)),
        )
        signed = {**asdict(event), "hash": event.hash_after(previous, self.key)}
        conn.execute(audit_events.insert().values(**signed))
        after_commit(conn, "audit", lambda: self._follow(conn))
        return event.sequence

    def catch_up(self, conn: sa.Connection) -> None:
        """Write the events that the file lacks, and move the head; `conn` reads.

        Raises:
            OSError: a file cannot be written.
        """
        with self.log.locked():
            head = self.log.head()
            checkpoint = self.checkpoint(conn)
            last = last_event(conn, checkpoint)
            if isinstance(head, Head) and (head.sequence, head.hash) == last:
                return
            if head == "missing" and last[0] == 0:
                return  # nothing was ever written
            if not isinstance(head, Head):
                self._write(
                    self._unwritten(conn, last[0]), self.log.size(), last, (ChainBreak(last[0], head),)
                )
            elif self._has(conn, head, checkpoint):
                self._write(events(conn, head.sequence, last[0]), head.bytes, last, head.breaks)
            else:
                breaks = (*head.breaks, ChainBreak(head.sequence, "replaced"))[:MOST_BREAKS]
                self._write(self._unwritten(conn, last[0]), self.log.size(), last, breaks)

    def checkpoint(self, conn: sa.Connection) -> Checkpoint:
        """Current checkpoint: where the chain begins."""
        found = get_setting(conn, CHECKPOINT_SETTING)
        if not isinstance(found, dict):
            return Checkpoint()
        sequence, hash_ = found.get("sequence"), str(found.get("hash"))
        if not isinstance(sequence, int):
            return Checkpoint(is_signed=False)
        return Checkpoint(
            sequence, hash_, is_signed=found.get("signature") == self.sign(f"checkpoint|{sequence}|{hash_}")
        )

    def forget_before(self, conn: sa.Connection, before: dt.datetime) -> int:
        """Prune the events older than an instant; returns how many. The chain begins after them.

        The last event stays, whatever its age.
        """
        kept = sa.select(sa.func.min(audit_events.c.sequence)).where(audit_events.c.at >= before)
        last = sa.select(sa.func.max(audit_events.c.sequence))
        first_kept = conn.scalar(kept) or conn.scalar(last) or 0
        gone = audit_events.c.sequence < first_kept
        newest = (
            sa.select(audit_events.c.sequence, audit_events.c.hash)
            .where(gone)
            .order_by(audit_events.c.sequence.desc())
        )
        if (row := conn.execute(newest.limit(1)).first()) is None:
            return 0
        self._put_checkpoint(conn, row.sequence, row.hash)
        removed = conn.execute(audit_events.delete().where(gone)).rowcount
        after_commit(conn, "audit prune", lambda: self._shorten(row.sequence))
        return removed

    def carry_over(self, conn: sa.Connection, found: Iterable[AuditEvent] | None = None) -> int:
        """Append the file's events beyond the catalogue's after a restore, where they continue it.

        A backup must not undo the record of what was done since it was made.

        Args:
            found: Read them from here rather than from the file.
        """
        sequence, previous = last_event(conn, self.checkpoint(conn))
        added = 0
        if found is None:
            found = (event for _, line in self.log.lines() if (event := event_of(line)) is not None)
        for event in found:
            if event.sequence != sequence + 1:
                continue
            if event.hash != event.hash_after(previous, self.key):
                continue
            conn.execute(audit_events.insert().values(**asdict(event)))
            sequence, previous, added = event.sequence, event.hash, added + 1
        return added

    def take_over(self, conn: sa.Connection, backup: sa.Connection) -> int:
        """Append the events of a backup's catalogue beyond this chain; returns how many.

        Nothing is appended when the chain is another installation's, or the backup's ends before this one.
        """
        begins = self.checkpoint(backup)
        is_new = last_event(conn, self.checkpoint(conn)) == (0, "")
        if is_new and begins.sequence and begins.is_signed:
            self._put_checkpoint(conn, begins.sequence, begins.hash)
        added = self.carry_over(conn, events(backup))
        return added + self.carry_over(conn) if is_new else added

    def _put_checkpoint(self, conn: sa.Connection, sequence: int, hash_: str) -> None:
        signed = self.sign(f"checkpoint|{sequence}|{hash_}")
        put_setting(conn, CHECKPOINT_SETTING, {"sequence": sequence, "hash": hash_, "signature": signed})

    def _begin(self) -> None:
        """Create a head before the first event. Where there are events and no head, the head was removed."""
        try:
            with self.log.locked():
                if self.log.head() == "missing":
                    self.log.put_head(Head(0, "", self.log.size()))
        except OSError as error:
            raise CatalogueUnavailable(reason=f"{self._keys_folder}: {error}") from error

    def _follow(self, conn: sa.Connection) -> None:
        try:
            with conn.execution_options(**{WRITES: False}).begin():
                self.catch_up(conn)
        except (OSError, ValueError, TypeError, sa.exc.SQLAlchemyError) as error:
            # The change is committed and must not look failed; the next event writes this line to the file.
            _LOG.warning("audit.log could not be written: %s", error)

    def _shorten(self, sequence: int) -> None:
        try:
            with self.log.locked():
                self.log.drop_until(sequence)
                head = self.log.head()
                if isinstance(head, Head):
                    breaks = tuple(one for one in head.breaks if one.sequence > sequence)
                    self.log.put_head(Head(head.sequence, head.hash, self.log.size(), breaks))
        except OSError as error:
            _LOG.warning("audit.log could not be shortened: %s", error)

    def _has(self, conn: sa.Connection, head: Head, checkpoint: Checkpoint) -> bool:
        if head.sequence <= checkpoint.sequence:
            return checkpoint.is_signed  # retention has removed it
        query = sa.select(audit_events.c.hash).where(audit_events.c.sequence == head.sequence)
        return bool(conn.scalar(query) == head.hash)

    def _write(
        self, found: Iterator[AuditEvent], written: int, last: tuple[int, str], breaks: tuple[ChainBreak, ...]
    ) -> None:
        pending: list[str] = []
        for event in found:
            pending.append(event.line() + "\n")
            if len(pending) == _AT_ONCE:
                written = self.log.append("".join(pending).encode(), written)
                pending.clear()
        written = self.log.append("".join(pending).encode(), written)
        self.log.put_head(Head(*last, written, breaks))

    def _unwritten(self, conn: sa.Connection, until: int) -> Iterator[AuditEvent]:
        known = {(event.sequence, event.hash) for _, line in self.log.lines() if (event := event_of(line))}
        return (event for event in events(conn, until=until) if (event.sequence, event.hash) not in known)


def last_event(conn: sa.Connection, checkpoint: Checkpoint) -> tuple[int, str]:
    """Number and hash of the last event, or of the checkpoint when there is none after it."""
    newest = (
        sa.select(audit_events.c.sequence, audit_events.c.hash)
        .order_by(audit_events.c.sequence.desc())
        .limit(1)
    )
    row = conn.execute(newest).first()
    return (checkpoint.sequence, checkpoint.hash) if row is None else (row.sequence, row.hash)


def events(conn: sa.Connection, after: int | None = None, until: int | None = None) -> Iterator[AuditEvent]:
    """Events between two numbers, in order, streamed.

    It gives those after the first number and up to the second; `conn` stays open until the last.
    """
    query = sa.select(audit_events).order_by(audit_events.c.sequence)
    if after is not None:
        query = query.where(audit_events.c.sequence > after)
    if until is not None:
        query = query.where(audit_events.c.sequence <= until)
    with conn.execute(query, execution_options={"yield_per": _AT_ONCE}) as found:
        for row in found.mappings():
            yield AuditEvent(**row)


def event_of(line: str) -> AuditEvent | None:
    """Parse a line of the file as an event; None where it is not one."""
    values = parsed(line)
    try:
        return (
            None
            if values is None
            else AuditEvent(**{**values, "at": dt.datetime.fromisoformat(values["at"])})
        )
    except (TypeError, ValueError, KeyError):
        return None


def _text(value: str) -> str:
    """Text without characters that a database or file cannot hold: addresses and ids come from outside."""
    whole = value.replace("\x00", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()
    return whole if len(whole) <= LONGEST_TEXT else whole[: LONGEST_TEXT - 1] + "…"
