"""Encryption of stored secrets at start, and rotation of the encryption key."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from faxcloud.i18n import Translator
from faxcloud.services.actors import current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.encrypted_columns import (
    COLUMNS,
    encrypt_again,
    encrypt_plain_secrets,
    encryption_of,
    has_plain_secrets,
    unreadable_ids,
)
from faxcloud.store.catalogue.tables import channels, webhooks


@dataclass(frozen=True, slots=True)
class Rotation:
    """Webhooks and channels encrypted with the new key, and those that no key here can decrypt."""

    rewritten: int
    unreadable: int


class EncryptionKeys:
    """Looks after the keys in `HOME/keys/encryption`, and what is encrypted with them."""

    def __init__(self, catalogue: Catalogue, journal: Journal) -> None:
        self._catalogue = catalogue
        self._journal = journal

    def encrypt_plain(self) -> None:
        """Encrypt what an earlier version has stored in clear, and leave no earlier state in SQLite's log."""
        with self._catalogue.read() as conn:
            if not has_plain_secrets(conn):
                return
        with self._catalogue.write() as conn:
            encrypt_plain_secrets(conn)
        self._catalogue.fold_log()

    def rotate(self) -> Rotation:
        """Encrypt every stored secret with a new key, then drop the keys before it.

        After a crash in between the file has the old and the new keys, so that everything can be decrypted;
        the next rotation drops them.

        Raises:
            CatalogueUnavailable: the key file or the catalogue cannot be written.
            NotAllowed: the actor may not.
        """
        current_actor().require("store.maintain")
        with self._catalogue.write() as conn:
            encryption = encryption_of(conn)
            old = encryption.keys()
            encryption.add_key()
            rewritten = encrypt_again(conn)
            unreadable = sum(len(unreadable_ids(conn, table)) for table in COLUMNS)
            done = Rotation(rewritten, unreadable)
            self._journal.record(conn, Note("database.rotate_key", details=asdict(done)))
        with self._catalogue.write():  # committed: now no value needs them
            encryption.drop_keys(old)
        self._catalogue.fold_log()
        return done


def unreadable_sentences(catalogue: Catalogue, t: Translator) -> list[str]:
    """Webhooks and channels that cannot be decrypted and are disabled, each with its id and what to do."""
    with catalogue.read() as conn:
        found = [
            t("Webhook {webhook_id} cannot be decrypted and is disabled.", webhook_id=each)
            for each in unreadable_ids(conn, webhooks)
        ] + [
            t("Channel {channel_id} cannot be decrypted and is disabled.", channel_id=each)
            for each in unreadable_ids(conn, channels)
        ]
    heal = t("Add the keys of its installation to HOME/keys/encryption, or delete it and create it again.")
    return [f"{sentence} {heal}" for sentence in found]
