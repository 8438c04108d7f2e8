"""File permissions: only the owner can read the store, in new stores, existing ones and backups."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.live_store import opened, some_rows, write_export

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")


def readable_by_others(folder: Path) -> list[str]:
    """Files that can be reached through folders without passing one that is closed."""
    found = []
    for path in folder.iterdir():
        if not path.stat().st_mode & 0o077:
            continue
        found += readable_by_others(path) if path.is_dir() else [path.name]
    return found


def test_new_stores_existing_stores_and_backups_are_closed_to_others(tmp_path: Path):
    home = tmp_path / "store"
    home.mkdir(mode=0o755)
    with opened(home) as services:
        services.imports.import_file(write_export(tmp_path / "a.csv", some_rows(3, 1)))
        (tmp_path / "backup").mkdir(mode=0o755)
        services.backups.write(tmp_path / "backup")
        assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    with opened(home):
        assert readable_by_others(home) == []
    for name in ("lake", "logs", "keys"):
        (home / name).chmod(0o755)
    (home / "catalogue.sqlite").chmod(0o644)
    assert readable_by_others(home) != []
    with opened(home):
        assert readable_by_others(home) == []
