"""Erasure of mail recipients: remove a subject's addresses from all mailings."""

from __future__ import annotations

from faxcloud.domain.erasing import Subject
from faxcloud.store.catalogue.connection import Connection
from faxcloud.store.records import mailings as stored
from faxcloud.store.records.mailings import StoredMailing


def mailings_naming(conn: Connection, subject: Subject) -> list[str]:
    """Ids of mailings whose name or recipients identify the subject: what an erasure changes."""
    return [each.mailing_id for each, _ in _naming(conn, subject)]


def erase_readers(conn: Connection, subject: Subject) -> int:
    """Remove a subject from all mailings, in the erasure's transaction; returns how many mailings changed.

    The history of their mails is deleted too; unsent mails to them are not sent. A mailing that is named
    after them, or has no other recipient, is deleted as a whole.
    """
    found = _naming(conn, subject)
    for each, addresses in found:
        readers = list(each.definition["recipients"])
        kept = [reader for reader in readers if reader["address"] not in addresses]
        if not kept or subject.is_quoted_in(each.name):
            stored.delete_mailing(conn, each.mailing_id)
            continue
        definition = {**each.definition, "recipients": kept}
        stored.update_mailing(conn, each.mailing_id, definition=definition)
        for address in addresses:
            stored.forget_reader(conn, each.mailing_id, address)
    return len(found)


def _naming(conn: Connection, subject: Subject) -> list[tuple[StoredMailing, set[str]]]:
    """Mailings that identify the subject by name or by recipients, with these addresses, old and new."""
    reached = stored.reached(conn)
    found = []
    for each in stored.list_mailings(conn):
        known = {reader["address"] for reader in each.definition["recipients"]}
        known |= reached.get(each.mailing_id, set())
        addresses = {address for address in known if subject.is_meant_by(address)}
        if addresses or subject.is_quoted_in(each.name):
            found.append((each, addresses))
    return found
