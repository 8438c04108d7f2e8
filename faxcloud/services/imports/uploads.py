"""Upload storage: a folder per upload under HOME/uploads, removed when its import or its server ends."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faxcloud.errors import DiskFull
from faxcloud.store.catalogue.ids import sortable_id
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import is_alive, this_process

OWNER = "owner"
CONTENT = "content"

RESERVE_BYTES = 256 << 20
"""Left free on the disk: the import itself needs room, and so does everybody else."""

ELSEWHERE_S = 24 * 3600.0
"""How long an upload of another host's server is left alone: nobody here can ask whether it lives."""

NAMELESS = dt.timedelta(minutes=1)
"""How long a folder may stand without the name of its owner."""


class Uploads:
    """Upload folder of one store; several servers may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def place(self, expected_bytes: int = 0) -> Iterator[Path]:
        """Path for one upload, removed at the end of the block.

        Raises:
            DiskFull: what is expected does not fit.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self.refuse_full(expected_bytes)
        # The client's file name is not used on the disk: it may hold separators, or be too long.
        folder = self._folder / sortable_id(utc_now())
        folder.mkdir(mode=0o700)
        try:
            (folder / OWNER).write_text(this_process(), "utf-8")
            yield folder / CONTENT
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def refuse_full(self, needed_bytes: int) -> None:
        """Check that there is room.

        Raises:
            DiskFull: there is no room.
        """
        free = shutil.disk_usage(self._folder).free
        if free < needed_bytes + RESERVE_BYTES:
            raise DiskFull(needed=needed_bytes + RESERVE_BYTES, free=free)

    def sweep(self) -> int:
        """Remove uploads of dead servers; returns how many."""
        stale = [folder for folder in self._folder.glob("*/") if not _is_owned(folder)]
        for folder in stale:
            shutil.rmtree(folder, ignore_errors=True)
        return len(stale)


def _is_owned(folder: Path) -> bool:
    now = utc_now()
    try:
        made_at = now.fromtimestamp(folder.stat().st_mtime, now.tzinfo)
    except FileNotFoundError:  # it has ended just now
        return False
    try:
        owner = (folder / OWNER).read_text("utf-8", errors="replace")
    except FileNotFoundError:  # between two steps of `place`: it is there in a moment, or a crash was faster
        return now - made_at < NAMELESS
    return is_alive(owner, made_at, ELSEWHERE_S, now)
