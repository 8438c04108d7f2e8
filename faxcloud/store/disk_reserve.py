"""Disk space reserve, freed so that a deletion can be written on a full disk."""

from __future__ import annotations

import errno
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from faxcloud.i18n import N_

NAME = "disk-reserve"
BYTES = 8 << 20
"""Enough for the catalogue's log and the lake's commits of a deletion."""


def make_reserve(folder: Path) -> None:
    """Create the reserve where it is missing and the disk has room for several of them."""
    path = folder / NAME
    with suppress(OSError):
        if not path.exists() and shutil.disk_usage(folder).free > 4 * BYTES:
            path.touch(mode=0o600)
            path.write_bytes(bytes(BYTES))


def spend_reserve(folder: Path) -> None:
    """Free the reserve when less than its size is left on the disk."""
    with suppress(OSError):
        if shutil.disk_usage(folder).free < BYTES:
            (folder / NAME).unlink(missing_ok=True)


def is_nearly_full(folder: Path) -> bool:
    """Whether less than a few reserves of space are left.

    Freeing space then matters more than files of earlier versions.
    """
    return shutil.disk_usage(folder).free < 4 * BYTES


def why_not_writable(folder: Path) -> str | None:
    """Reason why a folder cannot be written, marked for translation; None when it can."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-") as probe:
            probe.write(bytes(1 << 16))
    except OSError as error:
        full = error.errno in {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
        return N_("the disk is full") if full else N_("it is read-only")
    return None
