"""Secret key files of an installation: readable by their owner alone, never in the catalogue or a backup."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

BYTES = 32


def secret_of(folder: Path, name: str) -> bytes:
    """Secret by name, 32 bytes, created at the first call; concurrent processes get the same one.

    Several servers of one installation must share the folder's contents: sessions and audit chains differ
    otherwise.

    Raises:
        OSError: the folder cannot be written or the file not read.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written to a temporary file, then linked: nobody reads half a secret, and the first writer wins.
        aside = folder / f".{name}-{secrets.token_hex(8)}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return bytes.fromhex(path.read_text("ascii"))
