"""Cleanup of old versions: unused files are deleted, and nothing that is still needed."""

from __future__ import annotations

import os
import time

import pytest

from faxcloud.store.changes.rewriting import rewrite_without
from faxcloud.store.lake.cleanup import data_files, forget_statistics, quotes_in_log, remove_unreferenced
from faxcloud.store.lake.table import Lake
from tests.small_lake import SMALL, Questions, fax, small_lake, store

NUMBER = "33145221134"


@pytest.fixture
def asked(tmp_path) -> Questions:
    """The small lake after a change: its first file has been written anew."""
    small = small_lake(tmp_path / "lake")
    first = small.lake.snapshot().files[0]
    written = rewrite_without(small.lake.folder, first, "none", "erase-x")
    small.lake.replace([first], written, "erase-x", {})
    return small


def test_files_of_earlier_versions_go_and_those_being_written_stay(asked):
    folder = asked.lake.folder
    (folder / "part-r3-0-0000.parquet").write_bytes(b"unfinished")
    (folder / "part-gone-0000.parquet").write_bytes(b"left by a crash")
    assert remove_unreferenced(asked.lake, lambda: ["part-r3-"]) == 2
    rewritten, second = sorted(file.path for file in asked.lake.snapshot().files)
    assert data_files(asked.lake) == [rewritten, second, "part-r3-0-0000.parquet"]
    assert asked.lake.damage() is None


def test_a_file_that_is_committed_while_the_folder_is_looked_at_stays(asked):
    def commit() -> list[str]:
        store(asked.lake, [fax(1, "r9")], "r9")
        return []

    remove_unreferenced(asked.lake, commit)
    assert asked.lake.damage() is None
    assert asked.lake.snapshot().rows == len(SMALL) + 1


def test_the_log_quotes_no_file_that_is_gone_and_others_go_on_reading_it(asked):
    other = Lake(asked.lake.folder)
    before = other.snapshot()
    store(asked.lake, [fax(1, "r9", number="33999999999")], "r9")
    gone = next(file for file in asked.lake.snapshot().files if file.path.startswith("part-r9"))
    asked.lake.replace([gone], [], "delete-r9", {})
    assert quotes_in_log(asked.lake, lambda text: text == "33999999999") == 2
    assert forget_statistics(asked.lake) > 0
    assert quotes_in_log(asked.lake, lambda text: text == "33999999999") == 0
    assert "33999999999" not in "".join(
        path.read_text("utf-8") for path in (asked.lake.folder / "_delta_log").glob("*.json")
    )
    store(asked.lake, [fax(2, "r9")], "r9-2")
    assert other.snapshot().rows == before.rows + 1
    assert Lake(asked.lake.folder).snapshot() == other.snapshot()
    assert forget_statistics(asked.lake) >= 0
    assert Lake(asked.lake.folder).snapshot().files[0].low != {}


def test_a_vacuum_takes_old_files_that_the_log_has_forgotten_and_no_young_one(asked):
    folder = asked.lake.folder
    old, young = folder / "part-old-0000.parquet", folder / "part-young-0000.parquet"
    for path in (old, young):
        path.write_bytes(b"of no version")
    month_ago = time.time() - 30 * 86_400
    os.utime(old, (month_ago, month_ago))
    assert asked.lake.vacuum() == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert asked.lake.damage() is None
