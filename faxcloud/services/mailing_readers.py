"""Readers of scheduled mails who are to be forgotten: an erasure takes their addresses off every list."""

from __future__ import annotations

from faxcloud.rules.erasing import Subject
from faxcloud.store import mailings as stored
from faxcloud.store.catalogue import Connection
from faxcloud.store.mailings import StoredMailing


def mailings_naming(conn: Connection, subject: Subject) -> list[str]:
    """Ids of mailings whose name or readers are somebody: what an erasure changes."""
    return [each.mailing_id for each in stored.list_mailings(conn) if _names(each, subject)]


def erase_readers(conn: Connection, subject: Subject) -> int:
    """Take somebody off every list, in the erasure's transaction; how many mailings that changed.

    What became of their mails goes too; what is still to be sent to them is not sent. A mailing that is named
    after them, or has no other reader, goes as a whole.
    """
    found = [each for each in stored.list_mailings(conn) if _names(each, subject)]
    for each in found:
        readers = list(each.definition["recipients"])
        kept = [reader for reader in readers if not subject.is_meant_by(reader["address"])]
        if not kept or subject.is_quoted_in(each.name):
            stored.delete_mailing(conn, each.mailing_id)
            continue
        definition = {**each.definition, "recipients": kept}
        stored.update_mailing(conn, each.mailing_id, definition=definition)
        for reader in readers:
            if reader not in kept:
                stored.forget_reader(conn, each.mailing_id, reader["address"])
    return len(found)


def _names(mailing: StoredMailing, subject: Subject) -> bool:
    readers = mailing.definition["recipients"]
    return subject.is_quoted_in(mailing.name) or any(
        subject.is_meant_by(reader["address"]) for reader in readers
    )
