"""What is stored belongs to its owner alone: group and others lose access, new and existing stores alike."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def restrict(*paths: Path) -> None:
    """Take access from group and others where the path is ours; Windows has its own way."""
    if sys.platform == "win32":
        return
    for path in paths:
        with suppress(OSError):  # absent, or on a disk that is read-only
            found = path.stat()
            if found.st_uid == os.getuid() and found.st_mode & 0o077:
                path.chmod(found.st_mode & 0o700)
