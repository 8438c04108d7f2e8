"""Mail scheduling: queue due mails, once per recipient and date, whichever server comes first."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import replace

from faxcloud.domain.mailings import Mailing, Recipient
from faxcloud.domain.schedules import dues_between, next_due, period_of
from faxcloud.services.actors import SYSTEM, acting
from faxcloud.services.journal import Journal, Note
from faxcloud.services.mailings.message import Period
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.records import mailings as stored
from faxcloud.store.records.mailings import Mail, StoredMailing

MOST_MISSED = 10
"""Dates that are written down as missed, for each recipient."""


class MailSchedule:
    """Due dates of all mailings.

    Args:
        zone: The fax service's.
    """

    def __init__(self, catalogue: Catalogue, journal: Journal, zone: dt.tzinfo) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._zone = zone

    def queue(self, conn: Connection, mailing_id: str, mailing: Mailing, at: dt.datetime) -> int:
        """Queue a mail to every recipient at once, as if it were due then; returns how many."""
        period = period_of(mailing.schedule, at, self._zone)
        return stored.queue_mails(
            conn, [_mail(mailing_id, each, at, period, at) for each in mailing.recipients]
        )

    def next_due_at(self, mailing: Mailing, after: dt.datetime) -> dt.datetime:
        """Next due instant among its recipients."""
        zones = {self.zone(each.zone) for each in mailing.recipients}
        return min(next_due(mailing.schedule, after, zone) for zone in zones)

    def queue_due(self, now: dt.datetime) -> None:
        """Queue due mails and move each mailing on to its next date; once, even with several servers."""
        with self._catalogue.read() as conn:  # asked without a lock first: mostly nothing is due
            if not stored.due_mailings(conn, now):
                return
        with self._catalogue.write() as conn, acting(SYSTEM):
            for each in stored.due_mailings(conn, now):
                mailing = Mailing.from_dict(each.definition)
                if each.next_due_at is None or not stored.claim_due(
                    conn, each, self.next_due_at(mailing, now)
                ):
                    continue
                mails = [
                    mail
                    for recipient in mailing.recipients
                    for mail in self._due_mails(each, mailing, recipient, each.next_due_at, now)
                ]
                stored.queue_mails(conn, mails)
                missed = sum(mail.state == "skipped" for mail in mails)
                if missed:
                    note = Note("mailing.skip", f"mailing:{each.mailing_id}", details={"mails": missed})
                    self._journal.record(conn, note)

    def _due_mails(
        self,
        each: StoredMailing,
        mailing: Mailing,
        recipient: Recipient,
        since: dt.datetime,
        now: dt.datetime,
    ) -> list[Mail]:
        """The newest that is due to be sent; those before it, which no server was there to send, skipped."""
        zone = self.zone(recipient.zone)
        dues = dues_between(mailing.schedule, since, now, zone, MOST_MISSED + 1)
        periods = [period_of(mailing.schedule, due, self._zone) for due in dues]
        mails = [
            _mail(each.mailing_id, recipient, due, period, now)
            for due, period in zip(dues, periods, strict=True)
        ]
        return [_skipped(mail, now) for mail in mails[:-1]] + mails[-1:]

    def zone(self, name: str) -> dt.tzinfo:
        """Time zone of a recipient by name; the fax service's for an empty one."""
        try:
            return zoneinfo.ZoneInfo(name) if name else self._zone
        except zoneinfo.ZoneInfoNotFoundError:
            # It was known when it was chosen; another machine's list may lack it, and the mail is wanted.
            return self._zone


def _mail(mailing_id: str, recipient: Recipient, due: dt.datetime, period: Period, now: dt.datetime) -> Mail:
    return Mail(
        mail_id=stored.new_mail_id(),
        mailing_id=mailing_id,
        due_at=due,
        recipient=recipient.address,
        period_start=period[0],
        period_end=period[1],
        state="pending",
        attempts=0,
        created_at=now,
        next_attempt_at=now,
    )


def _skipped(mail: Mail, now: dt.datetime) -> Mail:
    return replace(mail, state="skipped", next_attempt_at=None, finished_at=now, error="missed")
