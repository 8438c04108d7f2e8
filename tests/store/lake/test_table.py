"""Lake commits: exactly once, no trace of a losing commit, durable on disk."""

from __future__ import annotations

import os
import sys

import pyarrow as pa
import pytest

from faxcloud.errors import FilesMoved, LakeUnavailable
from faxcloud.store.lake.parquet import SCHEMA, FaxWriter
from faxcloud.store.lake.table import Lake
from tests.crash.forks import forks
from tests.live_store import opened, some_rows, write_export
from tests.small_lake import fax


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake")
    made.create()
    return made


def written(lake, name, rows=3):
    writer = FaxWriter(lake.folder, name)
    writer.write(pa.Table.from_pylist([fax(line, name) for line in range(1, rows + 1)], schema=SCHEMA))
    return writer.close()


def names(lake):
    return [file.path[:11] for file in lake.snapshot().files]


def test_a_lake_that_was_never_made_is_empty_and_making_it_twice_is_harmless(tmp_path):
    lake = Lake(tmp_path / "lake")
    assert (lake.version(), lake.snapshot().files, lake.has_transaction("x")) == (-1, (), False)
    lake.create()
    lake.create()
    assert (lake.version(), lake.snapshot().rows) == (0, 0)


def test_a_lake_whose_making_was_cut_short_is_made(tmp_path):
    (tmp_path / "lake" / "_delta_log").mkdir(parents=True)
    (tmp_path / "lake" / "_delta_log" / "00000000000000000000.json.tmp").touch()
    lake = Lake(tmp_path / "lake")
    lake.create()
    assert lake.append(written(lake, "a"), "a", {}) == 1


def test_the_same_append_twice_lands_once(lake):
    files = written(lake, "a")
    assert lake.append(files, "a", {"kind": "import"}) == 1
    assert Lake(lake.folder).append(files, "a", {"kind": "import"}) == 1
    assert lake.snapshot().rows == 3
    assert lake.has_transaction("a")
    assert not lake.has_transaction("b")


def test_an_append_with_a_condition_is_asked_of_the_very_version_that_it_follows(lake):
    asked = []

    def alone(snapshot):
        if not asked:
            lake.append(written(lake, "other"), "other", {})
        asked.append(snapshot.rows)
        return True

    lake.append(written(lake, "one"), "one", {}, alone)
    assert asked == [0, 3]
    with pytest.raises(FilesMoved):
        lake.append(written(lake, "two"), "two", {}, lambda snapshot: snapshot.rows == 0)
    assert lake.snapshot().rows == 6


def test_a_file_that_another_has_replaced_is_not_replaced_again(lake):
    lake.append(written(lake, "a"), "a", {})
    base = lake.snapshot()
    lake.replace(base.files, written(lake, "b"), "b", {})
    for data_change in (True, False):
        with pytest.raises(FilesMoved):
            Lake(lake.folder).replace(base.files, written(lake, "c"), "c", {}, data_change=data_change)
    assert names(lake) == ["part-b-0000"]
    assert lake.sweep("c") == 1
    assert lake.sweep("b") == 0


def test_what_others_commit_to_other_files_does_not_matter(lake):
    for name in "abc":
        lake.append(written(lake, name), name, {})
    base = lake.snapshot()
    other = Lake(lake.folder)
    other.replace(base.files[:1], written(lake, "d"), "d", {})
    other.append(written(lake, "e"), "e", {})
    lake.replace(base.files[1:2], written(lake, "f"), "f", {})
    assert names(lake) == [f"part-{name}-0000" for name in "cdef"]


def test_a_snapshot_stays_what_it_was_and_the_next_one_is_new(lake):
    lake.append(written(lake, "a"), "a", {})
    first = lake.snapshot()
    assert lake.snapshot() is first
    Lake(lake.folder).append(written(lake, "b"), "b", {})
    assert (first.rows, lake.version(), lake.snapshot().rows) == (3, 2, 6)


def test_statistics_say_which_files_may_hold_what(lake):
    lake.append(written(lake, "r1"), "r1", {})
    (file,) = lake.snapshot().files
    assert (file.low["line"], file.high["line"], file.rows, file.nulls["sent_at"]) == (1, 3, 3, 3)
    assert "sent_at" not in file.low
    assert (file.holds_only("r1"), file.may_hold("r1"), file.may_hold("r2")) == (True, True, False)


def test_a_log_that_cannot_be_read_is_named(lake):
    (lake.folder / "_delta_log" / f"{0:020d}.json").write_text("{", "utf-8")
    with pytest.raises(LakeUnavailable):
        Lake(lake.folder).snapshot()


def test_damaged_files_are_named_by_what_is_wrong(lake):
    lake.append(written(lake, "a"), "a", {})
    snapshot = lake.snapshot()
    assert lake.damage() is None
    [file] = snapshot.files
    (lake.folder / file.path).unlink()
    [(damaged, error)] = lake.damaged_files(snapshot)
    assert (damaged, error.values["reason"]) == (file, "it is missing")


SYNCED: list[str] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    # fsync raises no audit event, but each of its callers opens what it syncs just before.
    if event == "open" and SYNCED and SYNCED[0] == "on":
        SYNCED.append(os.path.basename(str(arguments[0])))  # noqa: PTH119 - may be a file descriptor


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot sync a folder")
def test_data_log_and_folders_are_opened_to_be_synced_with_each_commit(lake):
    sys.addaudithook(_watch)
    SYNCED[:] = ["on"]
    try:
        lake.append(written(lake, "a"), "a", {})
    finally:
        SYNCED[:1] = ["off"]
    assert {"part-a-0000.parquet", f"{1:020d}.json", "_delta_log", "lake"} <= set(SYNCED)
    # What another process has committed is synced with it: a later version is worth nothing without it.
    other = Lake(lake.folder)
    lake.append(written(lake, "b"), "b", {})
    SYNCED[:] = ["on"]
    try:
        other.append(written(lake, "c"), "c", {})
    finally:
        SYNCED[:1] = ["off"]
    assert {f"{version:020d}.json" for version in range(4)} <= set(SYNCED)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_appends_of_several_processes_all_land(tmp_path):
    home = tmp_path / "store"
    with opened(home) as services:
        services.imports.import_file(write_export(tmp_path / "0.csv", some_rows(3, 0)))
    with forks() as parent:
        jobs = [
            parent.start(
                home,
                "import_files",
                paths=[
                    str(write_export(tmp_path / f"{k}-{n}.csv", some_rows(3, 10 * k + n))) for n in range(4)
                ],
            )
            for k in (1, 2, 3)
        ]
        answers = [job.answer() for job in jobs]
    assert [answer for answer in answers if not answer or "error" in answer] == []
    assert Lake(home / "lake").snapshot().rows == 3 * 13
