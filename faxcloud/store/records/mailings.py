"""Records of scheduled mails, and of each mail to each recipient."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from faxcloud.errors import MailingNotFound
from faxcloud.store.catalogue.tables import mailings, mails
from faxcloud.store.records.outbox import OutboxTable

MailState = Literal["pending", "sent", "failed", "skipped"]
"""A `skipped` one was due while no server ran, and a later one was due by the time one did."""

STATES: tuple[MailState, ...] = ("pending", "sent", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class StoredMailing:
    """Row of a scheduled mail; `definition` holds domain/mailings' definition and its owner."""

    mailing_id: str
    name: str
    definition: Mapping[str, Any]
    is_enabled: bool
    created_at: dt.datetime
    created_by: str
    updated_at: dt.datetime
    next_due_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient.

    Attributes:
        period_start, period_end: First and last day that it covers.
        attempts: Number of attempts that began.
        error: Of the last attempt: a code of services/mailings/smtp.py, a space, and what the server said.
    """

    mail_id: str
    mailing_id: str
    due_at: dt.datetime
    recipient: str
    period_start: dt.date
    period_end: dt.date
    state: MailState
    attempts: int
    created_at: dt.datetime
    next_attempt_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    error: str | None = None
    owner: str | None = None
    leased_until: dt.datetime | None = None


MAILS = OutboxTable(mails, "mail_id", "recipient", "sent", Mail)


def insert_mailing(conn: sa.Connection, mailing: StoredMailing) -> None:
    """Insert a mailing."""
    conn.execute(mailings.insert().values(**{name: getattr(mailing, name) for name in _COLUMNS}))


def update_mailing(conn: sa.Connection, mailing_id: str, **values: Any) -> None:
    """Update columns of a mailing.

    Raises:
        MailingNotFound: there is none of that id.
    """
    changed = mailings.update().where(mailings.c.mailing_id == mailing_id).values(**values)
    if conn.execute(changed).rowcount == 0:
        raise MailingNotFound(mailing_id=mailing_id)


def delete_mailing(conn: sa.Connection, mailing_id: str) -> None:
    """Delete a mailing and its mails, sent or not.

    Raises:
        MailingNotFound: there is none of that id.
    """
    if conn.execute(mailings.delete().where(mailings.c.mailing_id == mailing_id)).rowcount == 0:
        raise MailingNotFound(mailing_id=mailing_id)
    conn.execute(mails.delete().where(mails.c.mailing_id == mailing_id))


def get_mailing(conn: sa.Connection, mailing_id: str) -> StoredMailing:
    """Mailing by id.

    Raises:
        MailingNotFound: there is none of that id.
    """
    found = conn.execute(sa.select(mailings).where(mailings.c.mailing_id == mailing_id)).mappings().first()
    if found is None:
        raise MailingNotFound(mailing_id=mailing_id)
    return StoredMailing(**found)


def list_mailings(conn: sa.Connection) -> list[StoredMailing]:
    """All mailings, by name."""
    rows = conn.execute(sa.select(mailings).order_by(mailings.c.name, mailings.c.mailing_id))
    return [StoredMailing(**row) for row in rows.mappings()]


def due_mailings(conn: sa.Connection, now: dt.datetime) -> list[StoredMailing]:
    """Mailings with a mail that is due and not queued yet, due longest first."""
    is_due = sa.and_(mailings.c.is_enabled, mailings.c.next_due_at <= now)
    rows = conn.execute(sa.select(mailings).where(is_due).order_by(mailings.c.next_due_at))
    return [StoredMailing(**row) for row in rows.mappings()]


def claim_due(conn: sa.Connection, mailing: StoredMailing, next_due_at: dt.datetime) -> bool:
    """Move a mailing to its next date; False when another server, or a change of the mailing, came first."""
    same = sa.and_(
        mailings.c.mailing_id == mailing.mailing_id,
        mailings.c.next_due_at == mailing.next_due_at,
        mailings.c.updated_at == mailing.updated_at,
        mailings.c.is_enabled,
    )
    return conn.execute(mailings.update().where(same).values(next_due_at=next_due_at)).rowcount == 1


def queue_mails(conn: sa.Connection, queued: Sequence[Mail]) -> int:
    """Insert mails; returns how many.

    A mail of the same mailing, date and recipient is stored once and stays as it is.
    """
    count = 0
    for mail in queued:
        same = sa.and_(
            mails.c.mailing_id == mail.mailing_id,
            mails.c.due_at == mail.due_at,
            mails.c.recipient == mail.recipient,
        )
        if conn.scalar(sa.select(mails.c.mail_id).where(same)) is None:
            conn.execute(mails.insert().values(**{name: getattr(mail, name) for name in _MAIL_COLUMNS}))
            count += 1
    return count


def new_mail_id() -> str:
    """Unguessable mail id, which is part of the Message-ID."""
    return secrets.token_hex(12)


def list_mails(conn: sa.Connection, mailing_id: str, limit: int, offset: int = 0) -> list[Mail]:
    """Mails, newest date first, recipients in their order."""
    order = (mails.c.due_at.desc(), mails.c.recipient)
    query = sa.select(mails).where(mails.c.mailing_id == mailing_id).order_by(*order)
    return [Mail(**row) for row in conn.execute(query.limit(limit).offset(offset)).mappings()]


def count_mails(conn: sa.Connection, mailing_ids: Collection[str]) -> dict[str, dict[MailState, int]]:
    """Number of mails by mailing and state."""
    counts: dict[str, dict[MailState, int]] = {
        mailing_id: dict.fromkeys(STATES, 0) for mailing_id in mailing_ids
    }
    theirs = mails.c.mailing_id.in_(mailing_ids)
    query = sa.select(mails.c.mailing_id, mails.c.state, sa.func.count()).where(theirs)
    for mailing_id, state, count in conn.execute(query.group_by(mails.c.mailing_id, mails.c.state)):
        counts[mailing_id][state] = count
    return counts


def cancel_mails(conn: sa.Connection, mailing_id: str, kept: Collection[str]) -> int:
    """Delete unsent mails to anybody but these recipients; returns how many."""
    waiting = sa.and_(
        mails.c.mailing_id == mailing_id, mails.c.state == "pending", mails.c.recipient.not_in(kept)
    )
    return conn.execute(mails.delete().where(waiting)).rowcount


def reached(conn: sa.Connection) -> dict[str, set[str]]:
    """Recipients of each mailing, former ones included."""
    found: dict[str, set[str]] = {}
    for mailing_id, recipient in conn.execute(sa.select(mails.c.mailing_id, mails.c.recipient).distinct()):
        found.setdefault(mailing_id, set()).add(recipient)
    return found


def forget_reader(conn: sa.Connection, mailing_id: str, address: str) -> int:
    """Delete every mail of a mailing to an address, sent or not; returns how many."""
    theirs = sa.and_(mails.c.mailing_id == mailing_id, mails.c.recipient == address)
    return conn.execute(mails.delete().where(theirs)).rowcount


_COLUMNS = tuple(StoredMailing.__dataclass_fields__)
_MAIL_COLUMNS = tuple(Mail.__dataclass_fields__)
