"""SHA-256 checksums of the lake's data files, kept in their names and so in the Delta commit.

The name is the one place that the commit log, checkpoints, backups and other readers of the table all copy.
Files of earlier versions of FaxCloud and of other writers have no checksum in their names.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from faxcloud.i18n import N_

DIGITS = 32
"""Hexadecimal digits of the SHA-256 that a name carries: 128 bits."""

_NAMED = re.compile(rf"-([0-9a-f]{{{DIGITS}}})\.parquet$")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_named(name: str) -> str | None:
    """Checksum in a data file's name; None when it has none.

    >>> checksum_named("part-r1-0000-0123456789abcdef0123456789abcdef.parquet")
    '0123456789abcdef0123456789abcdef'
    >>> checksum_named("part-r1-0000.parquet")
    """
    found = _NAMED.search(name)
    return found[1] if found else None


def with_checksum(path: Path) -> Path:
    """Name of a finished data file with its checksum added."""
    return path.with_name(f"{path.stem}-{sha256_of(path)[:DIGITS]}{path.suffix}")


def fault_of(path: Path, size: int | None = None, *, read: bool = True) -> str | None:
    """Fault of a data file, as a part of a sentence that is marked for translation.

    Args:
        size: Bytes that it should have, where that is known.
        read: Also read the file and compare the checksum, where its name has one.
    """
    try:
        found = path.stat().st_size
        if size not in (None, found):
            return N_("its size is wrong")
        named = checksum_named(path.name)
        if read and named is not None and not sha256_of(path).startswith(named):
            return N_("its checksum is wrong")
    except FileNotFoundError:
        return N_("it is missing")
    except OSError as error:
        return error.strerror or str(error)
    return None
