"""Audit log file: JSON lines outside the catalogue, and the signed head of the chain.

One file, `HOME/logs/audit.log`, which retention shortens and nothing else may rotate: a chain that is spread
over files somebody moves away cannot be told from a truncated one. The head is `HOME/keys/audit.head`,
signed; it also says how long the file was, so that a line that a crash cut off is completed, and none written
twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from faxcloud.store.durability import replacing

MOST_BREAKS = 20
"""Maximum number of stored breaks; one is enough to know."""

Trouble = Literal["missing", "edited", "replaced"]


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Chain break: a moment at which the chain did not continue from the head.

    Attributes:
        sequence: Number of the head, or of the first event after a head that was lost.
        trouble: The head was `missing` or `edited`; or the catalogue's event was `replaced` or removed.
    """

    sequence: int
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Head:
    """Last event in the file; `bytes` is the file's size after it."""

    sequence: int
    hash: str
    bytes: int
    breaks: tuple[ChainBreak, ...] = ()


class AuditLog:
    """Audit log file and head file. Writers hold `locked()`.

    Args:
        sign: Signs a text with the installation's key.
    """

    def __init__(self, file: Path, head_file: Path, sign: Callable[[str], str]) -> None:
        self.file = file
        self._head_file = head_file
        self._sign = sign

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock for one process and one thread at a time; it is released when its process ends."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.file.with_name(".audit.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)  # which lets go of the lock

    def head(self) -> Head | Trouble:
        """Read the head, or what is wrong with it."""
        try:
            values = json.loads(self._head_file.read_text("utf-8"))
            signature = values.pop("signature")
            breaks = tuple(ChainBreak(**one) for one in values.pop("breaks"))
            found = Head(**values, breaks=breaks)
        except FileNotFoundError:
            return "missing"
        except (ValueError, TypeError, KeyError, AttributeError):
            return "edited"
        return (
            found if hmac.compare_digest(str(signature).encode(), self._signed(found).encode()) else "edited"
        )

    def put_head(self, head: Head) -> None:
        """Replace the head durably."""
        self._head_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps({**asdict(head), "signature": self._signed(head)})
        with replacing(self._head_file, private=True) as part:
            part.write_text(text, "utf-8")

    def append(self, lines: bytes, written: int) -> int:
        """Append lines to a file that had `written` bytes at its head; returns its new size.

        A line that a crash cut off behind those bytes is completed; anything else there stays, so that a
        verification finds it.
        """
        handle = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o600)
        with os.fdopen(handle, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(min(size, written))
            tail = file.read(len(lines))
            if tail and lines.startswith(tail):
                missing = lines[len(tail) :]
            else:
                missing = lines if _ends_a_line(file) else b"\n" + lines
                written = size + len(missing) - len(lines)
            file.seek(0, os.SEEK_END)
            file.write(missing)
            file.flush()
            os.fsync(file.fileno())
        return written + len(lines)

    def lines(self, size: int | None = None) -> Iterator[tuple[int, str]]:
        """Number (from 1) and text of each line within the first `size` bytes; none when there is no file."""
        try:
            file = self.file.open("rb")
        except FileNotFoundError:
            return
        with file:
            read = 0
            for number, line in enumerate(file, 1):
                read += len(line)
                if size is not None and read > size:
                    return
                yield number, line.decode("utf-8", "replace").rstrip("\n")

    def size(self) -> int:
        """Size of the file in bytes; 0 when there is none."""
        return self.file.stat().st_size if self.file.exists() else 0

    def drop_until(self, sequence: int) -> None:
        """Remove the lines of events up to a number; call it under the lock."""
        first = next(self.lines(), None)
        number = None if first is None else sequence_of(first[1])
        if number is None or number > sequence:
            return
        with replacing(self.file, private=True) as part, part.open("wb") as kept:
            for _, line in self.lines():
                number = sequence_of(line)
                if number is None or number > sequence:  # what is no line of ours stays, to be found
                    kept.write(line.encode() + b"\n")

    def _signed(self, head: Head) -> str:
        return self._sign("head|" + json.dumps(asdict(head), sort_keys=True))


def sequence_of(line: str) -> int | None:
    """Number of the event on a line; None where it is not a line of an audit log."""
    values = parsed(line)
    sequence = None if values is None else values.get("sequence")
    return sequence if isinstance(sequence, int) else None


def parsed(line: str) -> dict[str, Any] | None:
    """Parse a line as a JSON object; None where it is not one."""
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def signature(key: bytes, text: str) -> str:
    """HMAC-SHA256 in hexadecimal."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _ends_a_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


if sys.platform == "win32":
    import msvcrt

    _BINARY = os.O_BINARY

    def _lock(handle: int) -> None:
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
            except OSError:  # it gives up after ten seconds
                continue
            return
else:
    import fcntl

    _BINARY = 0

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
