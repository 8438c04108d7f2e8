"""Owner-only file permissions of the store: group and others lose access, in new and existing stores."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def restrict(*paths: Path) -> None:
    """Remove access for group and others where we own the path; Windows has its own way."""
    if sys.platform == "win32":
        return
    for path in paths:
        with suppress(OSError):  # absent, or on a disk that is read-only
            found = path.stat()
            if found.st_uid == os.getuid() and found.st_mode & 0o077:
                path.chmod(found.st_mode & 0o700)
