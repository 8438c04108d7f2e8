"""File copies and hard links; a hard link takes no room."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from faxcloud.store.durability import fsync_file, replacing


def copied(source: str | Path, target: str | Path) -> None:
    """Copy a file durably."""
    shutil.copy2(source, target)
    fsync_file(Path(target))


def linked(source: str | Path, target: str | Path) -> None:
    """Hard-link a file that nobody will write into; copy it where the disk has no hard links.

    A file that is missing stays missing: what is damaged already can still be put aside.
    """
    try:
        os.link(source, target)
    except FileNotFoundError:
        return
    except OSError:
        with suppress(FileNotFoundError):
            copied(source, target)


def put_in_place(source: Path, target: Path) -> None:
    """Replace a file by a copy, atomically."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as part:
        shutil.copy2(source, part)


def replace_tree(source: Path, target: Path) -> None:
    """Replace the files below one folder by those below another, each atomically. None is no file."""
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for name in sorted(wanted):
        put_in_place(source / name, target / name)
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # not empty
                path.rmdir()
        elif path.relative_to(target) not in wanted:
            path.unlink(missing_ok=True)
