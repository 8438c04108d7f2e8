"""Scheduled mail worker: sends each mail once, whichever server does it, with retries."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from email.message import EmailMessage

from faxcloud.domain.mailings import Mailing, Recipient
from faxcloud.errors import (
    FaxCloudError,
    MailingNotFound,
    MakerGone,
    NotAllowed,
    StoreBusy,
)
from faxcloud.i18n import N_, Language
from faxcloud.services.actors import SYSTEM, Actor, acting
from faxcloud.services.journal import Journal, Note, Outcome
from faxcloud.services.mailings.message import Letters, Period
from faxcloud.services.mailings.schedule import Dues
from faxcloud.services.mailings.sender_identity import Makers
from faxcloud.services.mailings.smtp import Failure, Letter, MailServer, message_of
from faxcloud.services.papers.paper import Paper
from faxcloud.services.worker import Worker
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.leases import HeldLease, Lease
from faxcloud.store.records import mailings as stored
from faxcloud.store.records.mailings import Mail, StoredMailing

log = logging.getLogger(__name__)

DELAYS_S = (300.0, 1_800.0, 7_200.0, 28_800.0)
"""After each attempt that failed; after the last one the mail has failed."""

POLL_S = 1.0
LEASE_S = 120.0
PAUSE_S = 60.0
"""Pause after a mail server did not answer: otherwise each mail would wait for it in turn."""

KEPT_DAYS = 180
TIDY_EVERY = dt.timedelta(hours=1)
MAKER = "sent_as"
"""In a stored definition: the name of the actor with whose rights it is sent."""


class Rounds:
    """Mail worker. Several workers over one catalogue send each mail once.

    Args:
        server: None sends nothing: mails due meanwhile are missed, except the newest.
        clock: Current time, which decides what is due.
        delays_s: See `DELAYS_S`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        journal: Journal,
        dues: Dues,
        makers: Makers,
        letters: Letters,
        server: MailServer | None,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        delays_s: tuple[float, ...] = DELAYS_S,
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._dues = dues
        self._makers = makers
        self._letters = letters
        self._server = server
        self._clock = clock
        self._delays_s = delays_s
        self.worker = Worker("mailings", self.round, POLL_S)
        self._tidied_at: dt.datetime | None = None
        self._paused_until: dt.datetime | None = None

    def round(self) -> int:
        """Queue and send due mails; returns the number of attempts. Nothing without a mail server."""
        if self._server is None:
            return 0
        self._tidy()
        self._dues.queue_due(self._clock())
        return self._send_due(self._server)

    def _send_due(self, server: MailServer) -> int:
        now = self._clock()
        if self._paused_until is not None and now < self._paused_until:
            return 0
        with self._catalogue.read() as conn:
            waiting = stored.due_mails(conn, now)
        parts = _Parts()
        count = 0
        for mail_id in waiting:
            if self.worker.is_stopping:
                break
            failure = self._attempt(mail_id, server, parts)
            count += 1
            if failure is not None and failure.concerns_server:
                self._paused_until = self._clock() + dt.timedelta(seconds=PAUSE_S)
                break
        return count

    def _attempt(self, mail_id: str, server: MailServer, parts: _Parts) -> Failure | None:
        """Send one mail, unless another process is sending it, and store the result."""
        try:
            with HeldLease(self._catalogue, f"mail:{mail_id}", LEASE_S, _is_being_sent):
                with self._catalogue.write() as conn:
                    mail = stored.begin_mail(conn, mail_id, self._clock())
                if mail is None:
                    return None
                return self._send(mail, server, parts)
        except StoreBusy:
            return None
        except MailingNotFound:
            return None  # deleted since, and its mails with it

    def _send(self, mail: Mail, server: MailServer, parts: _Parts) -> Failure | None:
        with self._catalogue.read() as conn:
            found = stored.get_mailing(conn, mail.mailing_id)
        mailing = Mailing.from_dict(found.definition)
        actor, failure = SYSTEM, None
        message: EmailMessage | None = None
        try:
            recipient = next((each for each in mailing.recipients if each.address == mail.recipient), None)
            if mail.attempts > len(self._delays_s) + 1:
                failure = Failure("interrupted", is_permanent=True)
            elif recipient is None:
                failure = Failure("unlisted", is_permanent=True)
            else:
                actor = self.maker(found)
                with acting(actor):
                    letter = self._letter(found, mailing, recipient, mail, parts)
                message = message_of(letter, server.sender, mail.recipient, mail.mail_id, self._clock())
        except (MakerGone, NotAllowed):
            failure = Failure("maker", is_permanent=True)
        except FaxCloudError as error:
            failure = Failure("unmade", error.code)
        except Exception:
            log.exception("mail %s could not be put together", mail.mail_id)
            failure = Failure("unmade", "internal")
        if message is not None:
            failure = server.send(message, mail.recipient)
        self._write_down(mail, failure, actor)
        return failure

    def maker(self, found: StoredMailing) -> Actor:
        """Actor with whose rights a mailing is sent.

        Raises:
            MakerGone: that actor has no access any more.
            NotAllowed: that actor may not send mails any more.
        """
        actor = self._makers.actor(str(found.definition[MAKER]))
        actor.require("mailings.change")
        return actor

    def _letter(
        self, found: StoredMailing, mailing: Mailing, recipient: Recipient, mail: Mail, parts: _Parts
    ) -> Letter:
        period = (mail.period_start, mail.period_end)
        told = (found.mailing_id, found.updated_at, period)
        paper = parts.papers.get(told)
        if paper is None:
            paper = parts.papers[told] = self._letters.paper(mailing, period)
        written = (told, recipient.language, recipient.zone)
        letter = parts.letters.get(written)
        if letter is None:
            zone = self._dues.zone(recipient.zone)
            letter = self._letters.write(mailing, period, paper, recipient.language, zone)
            parts.letters[written] = letter
        return letter

    def _write_down(self, mail: Mail, failure: Failure | None, actor: Actor) -> None:
        now = self._clock()
        error = None if failure is None else failure.kept()
        next_at: dt.datetime | None = None
        if failure is not None and not failure.is_permanent and mail.attempts <= len(self._delays_s):
            next_at = now + dt.timedelta(seconds=self._delays_s[mail.attempts - 1])
        with self._catalogue.write() as conn, acting(actor):
            state = stored.end_mail(conn, mail, now, error=error, next_attempt_at=next_at)
            if state == "pending":
                return
            details = {"mailing": mail.mailing_id, "attempts": mail.attempts}
            if failure is not None:
                details["error"] = failure.code
            outcome: Outcome = "done" if state == "sent" else "failed"
            self._journal.record(conn, Note("mail.send", f"mail:{mail.mail_id}", outcome, details))

    def _tidy(self) -> None:
        now = self._clock()
        if self._tidied_at is not None and now - self._tidied_at < TIDY_EVERY:
            return
        with self._catalogue.write() as conn:
            stored.prune_mails(conn, now - dt.timedelta(days=KEPT_DAYS))
        self._tidied_at = now


class _Parts:
    """What the mails of one round share: two hundred readers are one report, and one PDF a language."""

    def __init__(self) -> None:
        self.papers: dict[tuple[str, dt.datetime, Period], Paper] = {}
        self.letters: dict[tuple[tuple[str, dt.datetime, Period], Language, str], Letter] = {}


def _is_being_sent(_holder: Lease) -> StoreBusy:
    return StoreBusy(reason=N_("this e-mail is being sent"))
