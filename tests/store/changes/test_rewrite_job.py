"""Rewrite jobs over the lake: groups, conflicts with other writers, and commits that fail."""

from __future__ import annotations

import pytest

from faxcloud.errors import FilesMoved
from faxcloud.store.changes import rewrite_job
from faxcloud.store.changes.rewrite_job import RewriteJob
from faxcloud.store.changes.rewriting import rewrite_without
from tests.small_lake import SMALL, small_lake

KEPT = [row for row in SMALL if row["report_id"] != "r1"]


@pytest.fixture
def asked(tmp_path):
    return small_lake(tmp_path / "lake")


class Removal(RewriteJob):
    """Removes the rows of r1; others replace its files during the first `disturbed` attempts."""

    def __init__(self, lake, disturbed=0, **options):
        super().__init__(lake, **options)
        self.disturbed = disturbed
        self.attempts = 0

    def concerns(self, file):
        return file.may_hold("r1")

    def process(self, group):
        self.attempts += 1
        self.commit(group, f"remove-{self.attempts}", {"kind": "test"})

    def write_file(self, file, prefix):
        if self.attempts <= self.disturbed:
            again = rewrite_without(self._lake.folder, file, "r0", f"other-{self.attempts}")
            self._lake.replace([file], again, f"other-{self.attempts}", {})
        return rewrite_without(self._lake.folder, file, "r1", prefix)


def stored(asked):
    return sum(file.rows for file in asked.lake.snapshot().files)


def test_every_file_concerned_is_done_once(asked):
    job, told = Removal(asked.lake), []
    job.run(progress=lambda done, total: told.append((done, total)))
    assert stored(asked) == len(KEPT)
    assert (job.files_done, job.files_total) == (job.files_rewritten, job.files_rewritten)
    assert told == [(0, job.rows_total)]
    assert job.rows_done == job.rows_total


def test_files_that_others_replaced_meanwhile_are_read_again(asked):
    job = Removal(asked.lake, disturbed=2)
    job.run()
    assert job.attempts == 3
    assert stored(asked) == len(KEPT)
    assert asked.lake.written("remove-1") + asked.lake.written("remove-2") == []


def test_a_job_with_limited_tries_gives_up(asked):
    with pytest.raises(FilesMoved):
        Removal(asked.lake, disturbed=9, tries=2).run()
    assert stored(asked) == len(SMALL)


def test_groups_have_a_limit_of_rows_unless_all_files_are_one(asked, monkeypatch):
    monkeypatch.setattr(rewrite_job, "ROWS_PER_GROUP", 1)
    files = asked.lake.snapshot().files

    class Counting(Removal):
        def concerns(self, file):
            return True

        def process(self, group):
            self.attempts += 1

    one, many = Counting(asked.lake, in_one=True), Counting(asked.lake)
    one.run()
    many.run()
    assert (one.attempts, many.attempts) == (1, len(files))
