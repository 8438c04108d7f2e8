"""Scheduled mail worker: the outbox whose messages are e-mails with a report."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable

from faxcloud.domain.mailings import Mailing, Recipient
from faxcloud.errors import FaxCloudError, MailingNotFound, MakerGone, NotAllowed
from faxcloud.i18n import Language
from faxcloud.services.actors import SYSTEM, Actor, acting
from faxcloud.services.journal import Journal, Note, Outcome
from faxcloud.services.mailings.message import MessageWriter, Period
from faxcloud.services.mailings.schedule import MailSchedule
from faxcloud.services.mailings.sender_identity import SenderIdentities
from faxcloud.services.mailings.smtp import Failure, MailContents, MailServer, message_of
from faxcloud.services.outbox import Outbox, Result
from faxcloud.services.papers.paper import Paper
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records import mailings as stored
from faxcloud.store.records.mailings import MAILS, Mail, StoredMailing

log = logging.getLogger(__name__)

DELAYS_S = (300.0, 1_800.0, 7_200.0, 28_800.0)
LEASE_S = 900.0
"""Longer than a report takes to compute."""

PAUSE_S = 60.0
"""Pause after a mail server did not answer: otherwise each mail would wait for it in turn."""

KEPT_DAYS = 180
MAKER = "sent_as"
"""In a stored definition: the name of the actor with whose rights it is sent."""


class MailOutbox(Outbox[Mail]):
    """Outbox of scheduled mails.

    Args:
        server: None sends nothing: mails due meanwhile are missed, except the newest.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        journal: Journal,
        schedule: MailSchedule,
        senders: SenderIdentities,
        writer: MessageWriter,
        server: MailServer | None,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        delays_s: tuple[float, ...] = DELAYS_S,
    ) -> None:
        super().__init__(
            "mailings",
            catalogue,
            MAILS,
            delays_s=delays_s,
            lease_s=LEASE_S,
            kept_days=KEPT_DAYS,
            clock=clock,
        )
        self._journal = journal
        self._schedule = schedule
        self._senders = senders
        self._writer = writer
        self._server = server
        self._parts = _Parts()

    def send_due(self) -> int:
        """Queue and send due mails; returns the number of attempts. Nothing without a mail server."""
        if self._server is None:
            return 0
        self._schedule.queue_due(self._clock())
        self._parts = _Parts()
        return super().send_due()

    def send(self, message: Mail) -> Result | None:
        """Send a mail once; None where its mailing was deleted, and its mails with it."""
        assert self._server is not None
        try:
            with self._catalogue.read() as conn:
                found = stored.get_mailing(conn, message.mailing_id)
        except MailingNotFound:
            return None
        started = time.monotonic()
        actor, failure = self._attempt(self._server, found, message)
        seconds = time.monotonic() - started
        if failure is None:
            return Result(seconds, actor=actor)
        return Result(
            seconds,
            error=failure.kept(),
            is_final=failure.is_permanent,
            pause_s=PAUSE_S if failure.concerns_server else 0.0,
            actor=actor,
        )

    def ended(self, conn: Connection, message: Mail, result: Result, state: str | None) -> None:
        """Record the mail in the audit log."""
        if state not in ("sent", "failed"):
            return
        details = {"mailing": message.mailing_id, "attempts": message.attempts}
        if result.error is not None:
            details["error"] = result.error.partition(" ")[0]
        outcome: Outcome = "done" if state == "sent" else "failed"
        self._journal.record(conn, Note("mail.send", f"mail:{message.mail_id}", outcome, details))

    def _attempt(self, server: MailServer, found: StoredMailing, mail: Mail) -> tuple[Actor, Failure | None]:
        """Send a mail; returns who sent it, and why it was not accepted."""
        mailing, actor = Mailing.from_dict(found.definition), SYSTEM
        recipient = next((each for each in mailing.recipients if each.address == mail.recipient), None)
        if mail.attempts > len(self._delays_s) + 1:
            return actor, Failure("interrupted", is_permanent=True)
        if recipient is None:
            return actor, Failure("unlisted", is_permanent=True)
        try:
            actor = self.maker(found)
            with acting(actor):
                contents = self._contents(found, mailing, recipient, mail)
            message = message_of(contents, server.sender, mail.recipient, mail.mail_id, self._clock())
        except (MakerGone, NotAllowed):
            return actor, Failure("maker", is_permanent=True)
        except FaxCloudError as error:
            return actor, Failure("unmade", error.code)
        except Exception:
            log.exception("mail %s could not be put together", mail.mail_id)
            return actor, Failure("unmade", "internal")
        return actor, server.send(message, mail.recipient)

    def maker(self, found: StoredMailing) -> Actor:
        """Actor with whose rights a mailing is sent.

        Raises:
            MakerGone: that actor has no access any more.
            NotAllowed: that actor may not send mails any more.
        """
        actor = self._senders.actor(str(found.definition[MAKER]))
        actor.require("mailings.change")
        return actor

    def _contents(
        self, found: StoredMailing, mailing: Mailing, recipient: Recipient, mail: Mail
    ) -> MailContents:
        period = (mail.period_start, mail.period_end)
        of = (found.mailing_id, found.updated_at, period)
        paper = self._parts.papers.get(of)
        if paper is None:
            paper = self._parts.papers[of] = self._writer.paper(mailing, period)
        written = (of, recipient.language, recipient.zone)
        contents = self._parts.contents.get(written)
        if contents is None:
            zone = self._schedule.zone(recipient.zone)
            contents = self._writer.write(mailing, period, paper, recipient.language, zone)
            self._parts.contents[written] = contents
        return contents


class _Parts:
    """Parts that the mails due together share: two hundred recipients are one report, one PDF a language."""

    def __init__(self) -> None:
        self.papers: dict[tuple[str, dt.datetime, Period], Paper] = {}
        self.contents: dict[tuple[tuple[str, dt.datetime, Period], Language, str], MailContents] = {}
