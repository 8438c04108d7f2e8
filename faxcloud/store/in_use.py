"""Lock of the whole store: every process that uses it shares the lock, and a restore takes it alone.

The operating system drops the lock of a process that ends, however it ends. Each user writes a line into the
lock file, so that a restore can say who uses the store. Windows has no such lock: there, files that
are open cannot be renamed, which refuses a restore too.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TextIO

from faxcloud.errors import StoreBusy, StoreInUse
from faxcloud.i18n import N_
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.owners import is_alive, this_process

if sys.platform != "win32":
    import fcntl

FILE = "in-use.lock"
PATIENCE_S = 5.0
"""How long a process waits for one that completes a restore."""


class StoreLock:
    """The lock of this process, held until `close`."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file

    def close(self) -> None:
        """Release the lock."""
        if self._file is not None:
            self._file.close()


def share_store(home: Path, first: Callable[[], None] = lambda: None) -> StoreLock:
    """Lock the store for use, with others.

    Args:
        first: Called before by a process that is alone: it completes a restore that was killed.

    Raises:
        StoreBusy: a restore is at work.
    """
    try:
        file = _opened(home)
    except OSError:  # a full or read-only disk, where nothing is restored
        return StoreLock(None)
    try:
        if _locked(file, alone=True):
            first()
            file.truncate(0)
        _share(file)
        _sign(file)
    except BaseException:
        file.close()
        raise
    return StoreLock(file)


def _opened(home: Path) -> TextIO:
    """Lock file, which names processes: closed to other users of the machine."""
    return os.fdopen(
        os.open(home / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+", encoding="utf-8"
    )


def take_store(home: Path) -> StoreLock:
    """Lock the store for this process alone.

    Raises:
        StoreInUse: others use it; the error names them.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = _opened(home)
    if not _locked(file, alone=True):
        users = _users(file)
        file.close()
        raise StoreInUse(users="; ".join(users))
    return StoreLock(file)


def _locked(file: IO[str], *, alone: bool) -> bool:
    if sys.platform != "win32":
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _share(file: IO[str]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not _locked(file, alone=False):
        if time.monotonic() > until:
            raise StoreBusy(reason=N_("a backup is being restored"))
        time.sleep(0.05)


def _sign(file: IO[str]) -> None:
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.name
    file.write(json.dumps({"owner": this_process(), "program": name, "since": utc_now().isoformat()}) + "\n")
    file.flush()


def _users(file: IO[str]) -> list[str]:
    """Program, process, host and start of those that use the store, in local time."""
    found = {}
    file.seek(0)
    for line in file:
        try:
            user = json.loads(line)
            host, pid, _ = str(user["owner"]).split("|", 2)
            since = dt.datetime.fromisoformat(user["since"]).astimezone()
        except (ValueError, KeyError, TypeError):
            continue
        if is_alive(user["owner"], utc_now(), 1.0, utc_now()):
            found[user["owner"]] = f"{user['program']} ({pid}@{host}, {since:%Y-%m-%d %H:%M})"
    return list(found.values()) or ["?"]
