"""Scheduled mails service: create, change, preview, send now, and delivery history.

A mailing is sent with the rights that its last author has when it is sent: a revoked key sends nothing any
more, and a key limited to some reports covers only these.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from faxcloud.config import Settings
from faxcloud.domain.mailings import Mailing
from faxcloud.domain.schedules import period_of
from faxcloud.errors import MailingInvalid, MailingNotFound, MailServerMissing
from faxcloud.i18n import N_, Language
from faxcloud.services.access.accounts import Accounts
from faxcloud.services.access.keys import Keys
from faxcloud.services.actors import acting, current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.services.mailings.message import MessageWriter, Period
from faxcloud.services.mailings.outbox import DELAYS_S, MAKER, MailOutbox
from faxcloud.services.mailings.schedule import MailSchedule
from faxcloud.services.mailings.sender_identity import SenderIdentities
from faxcloud.services.mailings.smtp import MailContents, MailServer
from faxcloud.services.papers.paper import Papers
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records import mailings as stored
from faxcloud.store.records.mailings import Mail, MailState, StoredMailing

MOST_MAILINGS = 200
MOST_PER_PAGE = 500


class Mailings:
    """Service for scheduled mails. Reading takes `mailings.read`, the rest `mailings.change`.

    Args:
        clock: Current time, for the worker and for saved dates.
        delays_s: Delays before a refused mail is tried again.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        journal: Journal,
        keys: Keys,
        accounts: Accounts,
        papers: Papers,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        delays_s: tuple[float, ...] = DELAYS_S,
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._journal = journal
        self._clock = clock
        self._writer = MessageWriter(papers, settings.public_url, settings.zone)
        url = settings.smtp_url
        server = None if url is None else MailServer.of(url.get_secret_value(), settings.mail_from)
        self.server_name = None if server is None else server.host
        """The host that mails go through; None while none is set."""
        self._schedule = MailSchedule(catalogue, journal, settings.zone)
        self._outbox = MailOutbox(
            catalogue,
            journal,
            self._schedule,
            SenderIdentities(keys, accounts),
            self._writer,
            server,
            clock=clock,
            delays_s=delays_s,
        )
        self.worker = self._outbox.worker

    def list(self) -> list[dict[str, Any]]:
        """Mailings that the actor may see, by name, with their mails counted by state."""
        current_actor().require("mailings.read")
        with self._catalogue.read() as conn:
            found = [each for each in stored.list_mailings(conn) if _sees(each)]
            counts = stored.count_mails(conn, [each.mailing_id for each in found])
        return [self._described(each, counts[each.mailing_id]) for each in found]

    def show(self, mailing_id: str) -> dict[str, Any]:
        """Mailing by id.

        Raises:
            MailingNotFound: there is none of that id, or the actor may not see it.
        """
        current_actor().require("mailings.read")
        with self._catalogue.read() as conn:
            found = _found(conn, mailing_id)
            return self._described(found, stored.count_mails(conn, [mailing_id])[mailing_id])

    def create(self, mailing: Mailing) -> str:
        """Create a mailing; returns its id. The first mail goes at its next date.

        Raises:
            MailingInvalid: the time zone does not exist, or there are `MOST_MAILINGS` already.
        """
        actor = current_actor()
        actor.require("mailings.change")
        _check_zones(mailing)
        now = self._clock()
        mailing_id = sortable_id(now)
        with self._catalogue.write() as conn:
            if len(stored.list_mailings(conn)) >= MOST_MAILINGS:
                raise MailingInvalid(
                    name=N_("number of scheduled e-mails"),
                    value=str(MOST_MAILINGS + 1),
                    expected=f"≤ {MOST_MAILINGS}",
                )
            kept = StoredMailing(
                mailing_id=mailing_id,
                name=mailing.name.strip(),
                definition=mailing.to_dict() | {MAKER: actor.name},
                is_enabled=True,
                created_at=now,
                created_by=actor.name,
                updated_at=now,
                next_due_at=self._schedule.next_due_at(mailing, now),
            )
            stored.insert_mailing(conn, kept)
            self._note(conn, "mailing.create", mailing_id, **_mailing_document(mailing))
        return mailing_id

    def change(self, mailing_id: str, mailing: Mailing) -> None:
        """Change a mailing. From now on it is sent with the actor's rights, and not to removed recipients.

        Raises:
            MailingNotFound: there is none of that id, or the actor may not see it.
            MailingInvalid: the time zone does not exist.
        """
        actor = current_actor()
        actor.require("mailings.change")
        _check_zones(mailing)
        now = self._clock()
        with self._catalogue.write() as conn:
            found = _found(conn, mailing_id)
            stored.update_mailing(
                conn,
                mailing_id,
                name=mailing.name.strip(),
                definition=mailing.to_dict() | {MAKER: actor.name},
                updated_at=now,
                next_due_at=self._schedule.next_due_at(mailing, now) if found.is_enabled else None,
            )
            dropped = stored.cancel_mails(conn, mailing_id, [each.address for each in mailing.recipients])
            self._note(conn, "mailing.change", mailing_id, dropped=dropped, **_mailing_document(mailing))

    def enable(self, mailing_id: str, is_enabled: bool) -> None:
        """Pause a mailing, or resume it at its next date; mails due meanwhile are not sent.

        Raises:
            MailingNotFound: there is none of that id, or the actor may not see it.
        """
        current_actor().require("mailings.change")
        now = self._clock()
        with self._catalogue.write() as conn:
            mailing = Mailing.from_dict(_found(conn, mailing_id).definition)
            next_due_at = self._schedule.next_due_at(mailing, now) if is_enabled else None
            stored.update_mailing(
                conn, mailing_id, is_enabled=is_enabled, updated_at=now, next_due_at=next_due_at
            )
            self._note(conn, "mailing.resume" if is_enabled else "mailing.pause", mailing_id)

    def delete(self, mailing_id: str) -> None:
        """Delete a mailing and its history; unsent mails are not sent.

        Raises:
            MailingNotFound: there is none of that id, or the actor may not see it.
        """
        current_actor().require("mailings.change")
        with self._catalogue.write() as conn:
            _found(conn, mailing_id)
            stored.delete_mailing(conn, mailing_id)
            self._note(conn, "mailing.delete", mailing_id)

    def preview(self, mailing_id: str, language: Language) -> MailContents:
        """Preview of the mail that would be sent now in a language, files included.

        Raises:
            MailingNotFound: there is none of that id, or the actor may not see it.
            MakerGone, NotAllowed: nothing would be sent: its last author lost the right.
        """
        current_actor().require("mailings.read")
        with self._catalogue.read() as conn:
            found = _found(conn, mailing_id)
        mailing = Mailing.from_dict(found.definition)
        period = self.period(mailing)
        with acting(self._outbox.maker(found)):
            paper = self._writer.paper(mailing, period)
            contents = self._writer.write(mailing, period, paper, language, self._settings.zone)
        self._journal.write(Note("mailing.preview", f"mailing:{mailing_id}", details={"language": language}))
        return contents

    def send_now(self, mailing_id: str) -> int:
        """Queue a mail to every recipient, for the period of a mail that is due now; returns how many.

        Raises:
            MailingNotFound: there is none of that id, or the actor may not see it.
            MailServerMissing: nothing can be sent.
        """
        current_actor().require("mailings.change")
        if self.server_name is None:
            raise MailServerMissing
        now = self._clock()
        with self._catalogue.write() as conn:
            mailing = Mailing.from_dict(_found(conn, mailing_id).definition)
            count = self._schedule.queue(conn, mailing_id, mailing, now)
            self._note(conn, "mailing.send", mailing_id, mails=count)
        self.worker.wake()
        return count

    def mails(self, mailing_id: str, page: int = 1, per_page: int = 50) -> dict[str, Any]:
        """Page of mails, sent or not, newest date first, with the result of each.

        `is_under_way` is true of mails that are due or being sent now, and not of those that wait for another
        attempt.

        Raises:
            MailingNotFound: there is none of that id, or the actor may not see it.
        """
        current_actor().require("mailings.read")
        per_page = min(max(per_page, 1), MOST_PER_PAGE)
        now = self._clock()
        with self._catalogue.read() as conn:
            _found(conn, mailing_id)
            total = sum(stored.count_mails(conn, [mailing_id])[mailing_id].values())
            found = stored.list_mails(conn, mailing_id, per_page, (max(page, 1) - 1) * per_page)
        return {
            "total": total,
            "page": page,
            "per_page": per_page,
            "pages": -(-total // per_page),
            "results": [_mail_document(mail, now) for mail in found],
        }

    def period(self, mailing: Mailing) -> Period:
        """First and last day that a mail due now would cover."""
        return period_of(mailing.schedule, self._clock(), self._settings.zone)

    def _described(self, found: StoredMailing, counts: dict[MailState, int]) -> dict[str, Any]:
        return {
            "mailing_id": found.mailing_id,
            "mailing": Mailing.from_dict(found.definition),
            "name": found.name,
            "is_enabled": found.is_enabled,
            "next_due_at": found.next_due_at,
            "created_at": found.created_at,
            "created_by": found.created_by,
            "updated_at": found.updated_at,
            "sent_as": found.definition[MAKER],
            "mails": counts,
        }

    def _note(self, conn: Connection, action: str, mailing_id: str, **details: Any) -> None:
        self._journal.record(conn, Note(action, f"mailing:{mailing_id}", details=details))


def _sees(found: StoredMailing) -> bool:
    """Whether the actor may see a mailing.

    One limited to some reports sees only mailings that are sent with its own rights.
    """
    actor = current_actor()
    return not actor.is_scoped or found.definition[MAKER] == actor.name


def _found(conn: Connection, mailing_id: str) -> StoredMailing:
    found = stored.get_mailing(conn, mailing_id)
    if not _sees(found):
        raise MailingNotFound(mailing_id=mailing_id)
    return found


def _check_zones(mailing: Mailing) -> None:
    for name in {each.zone for each in mailing.recipients if each.zone}:
        try:
            zoneinfo.ZoneInfo(name)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError) as error:  # a folder, a path, unknown
            raise MailingInvalid(
                name=N_("time zone of a recipient"), value=name[:100], expected="Europe/Paris, …"
            ) from error


def _mailing_document(mailing: Mailing) -> dict[str, Any]:
    """Audit details of a mailing, without addresses and names."""
    return {
        "frequency": mailing.schedule.frequency,
        "recipients": len(mailing.recipients),
        "attached": [*mailing.attached],
        "masked": mailing.is_masked,
        "filters": mailing.filters.shareable_params(),
    }


def _mail_document(mail: Mail, now: dt.datetime) -> dict[str, Any]:
    code, _, detail = (mail.error or "").partition(" ")
    is_under_way = mail.next_attempt_at is not None and mail.next_attempt_at <= now
    columns = {name: value for name, value in asdict(mail).items() if name not in ("owner", "leased_until")}
    return columns | {"error": code or None, "detail": detail, "is_under_way": is_under_way}
