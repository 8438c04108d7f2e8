"""Atomic file writes, and fsync of files and folders: what was written survives a power cut."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(
    path: Path, *, durable: bool = True, private: bool = False, overwrites: bool = True, unique: bool = True
) -> Iterator[Path]:
    """Temporary file beside `path` that takes its place when the block ends: nobody reads half a file.

    After an exception the temporary file is removed, and `path` is as it was.

    Args:
        durable: Flush the content to disk before the file gets its name; the name itself: `fsync_folder`.
        private: Only the owner may read it.
        unique: False gives it one name, for a single writer: what a crash leaves is used by the next attempt.
        overwrites: False leaves a file that is there already: of two writers the first one wins.
    """
    name = f".{path.name}.{secrets.token_hex(4)}" if unique else path.name
    part = path.with_name(f"{name}.part")
    try:
        if private:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
        if durable:
            fsync_file(part)
        if overwrites:
            part.replace(path)
        else:
            with suppress(FileExistsError):
                os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


def fsync_file(path: Path) -> None:
    """Flush a file's content to disk, so that it survives a power cut."""
    # Windows wants a handle that may write.
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Flush the names in a folder to disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
