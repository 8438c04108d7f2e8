"""Secret key files of an installation: readable by their owner alone, never in the catalogue or a backup."""

from __future__ import annotations

import secrets
from pathlib import Path

from faxcloud.store.durability import fsync_folder, replacing

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
        create_key_file(path, secrets.token_hex(BYTES))
    return bytes.fromhex(path.read_text("ascii"))


def create_key_file(path: Path, text: str) -> None:
    """Write a key file unless there is one: of processes that do so at once the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with replacing(path, private=True, overwrites=False) as part:
        part.write_text(text, "ascii")
    fsync_folder(path.parent)


def replace_key_file(path: Path, text: str) -> None:
    """Write a key file in place of the present one: after a crash it is the old one or the new one."""
    with replacing(path, private=True) as part:
        part.write_text(text, "ascii")
    fsync_folder(path.parent)
