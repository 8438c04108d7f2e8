"""Encryption of secrets that the catalogue stores, with keys outside it (`HOME/keys/encryption`).

Fernet of the `cryptography` library: AES-128-CBC and HMAC-SHA256. The key file has a key per line, newest
first. The newest key encrypts, all of them decrypt.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from faxcloud.errors import CatalogueUnavailable
from faxcloud.store.keyfiles import create_key_file, replace_key_file

PREFIX = "encrypted:fernet:"
"""Of an encrypted text. No URL that is accepted and no webhook secret begins like this."""


class Encryption:
    """Encrypts and decrypts texts; reads the file each time, because another process may change the keys.

    Call `encrypt` and the methods that change keys within a write transaction of the catalogue: there is one
    at a time, so no value is encrypted with a key that is being dropped.
    """

    def __init__(self, keys_folder: Path) -> None:
        self.file = keys_folder / "encryption"

    def encrypt(self, text: str) -> str:
        """The text encrypted with the newest key, which is made at the first call.

        Raises:
            CatalogueUnavailable: the key file can be neither read nor made.
        """
        return PREFIX + Fernet(self.keys()[0]).encrypt(text.encode()).decode()

    def decrypt(self, text: str) -> str | None:
        """The text in clear; None without its key. A text of an earlier version is in clear already."""
        if not text.startswith(PREFIX):
            return text
        try:
            keys = MultiFernet([Fernet(key) for key in self._read()])
            return keys.decrypt(text.removeprefix(PREFIX)).decode()
        except (OSError, ValueError, InvalidToken):  # no file, no key in it, another key
            return None

    def keys(self) -> list[str]:
        """The keys, newest first; at least one.

        Raises:
            CatalogueUnavailable: as `encrypt`.
        """
        try:
            if not self.file.exists():
                create_key_file(self.file, Fernet.generate_key().decode() + "\n")
            found = self._read()
            for key in found:
                Fernet(key)
            if not found:
                raise ValueError("it has no key")
        except (OSError, ValueError) as error:
            raise CatalogueUnavailable(reason=f"{self.file}: {error}") from error
        return found

    def add_key(self) -> None:
        """Make a new key the newest.

        Raises:
            CatalogueUnavailable: as `encrypt`.
        """
        self._write([Fernet.generate_key().decode(), *self.keys()])

    def drop_keys(self, dropped: list[str]) -> None:
        """Forget keys that no value needs any more.

        Raises:
            CatalogueUnavailable: as `encrypt`.
        """
        self._write([key for key in self.keys() if key not in dropped])

    def _read(self) -> list[str]:
        return self.file.read_text("ascii").split()

    def _write(self, keys: list[str]) -> None:
        try:
            replace_key_file(self.file, "".join(f"{key}\n" for key in keys))
        except OSError as error:
            raise CatalogueUnavailable(reason=f"{self.file}: {error}") from error
