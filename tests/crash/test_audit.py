"""Audit log when processes are killed while writing, or write concurrently."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.crash.forks import Forks, forks
from tests.live_store import opened, some_rows, write_export

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]

EVERY = 1 if "CAMPAIGN" in os.environ else 3
"""Of all points at which a process touches the disk, those at which one is killed."""


def numbers_in_file(home: Path) -> list[int]:
    file = home / "logs" / "audit.log"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [json.loads(line)["sequence"] for line in lines]


def touches(parent: Forks, home: Path) -> int:
    """How often writing one note touches the file system; the first of a store makes the key and the head."""
    answer = parent.start(home, "note", count=1).answer()
    assert answer is not None
    return int(answer["events"])


def test_a_process_that_is_killed_anywhere_in_the_first_note_leaves_a_log_that_verifies(
    tmp_path: Path,
) -> None:
    with forks() as parent:
        for point in range(1, touches(parent, tmp_path / "counted") + 1, EVERY):
            home = tmp_path / f"store{point}"
            assert parent.start(home, "note", count=1, die_at=point).answer() is None
            with opened(home) as services:
                verified = services.audit.verify()
                assert verified.problems == []
                assert numbers_in_file(home) == list(range(1, verified.events + 1))


def test_a_process_that_is_killed_anywhere_in_a_note_leaves_a_log_that_verifies(tmp_path: Path) -> None:
    home = tmp_path / "store"
    with forks() as parent:
        touches(parent, home)
        points = touches(parent, home)
        assert points >= 4  # the lock, the file, the head aside, its renaming
        died = 0
        for point in range(1, points + 1):
            died += parent.start(home, "note", count=1, die_at=point).answer() is None
        assert died == points
        assert parent.start(home, "note", count=1).answer() is not None
    with opened(home) as services:
        verified = services.audit.verify()
        assert verified.problems == []
        # A note is in the log once or not at all; one whose transaction was committed is.
        assert 3 <= verified.events <= points + 3
        assert numbers_in_file(home) == list(range(1, verified.events + 1))


def test_what_was_committed_before_the_kill_is_in_the_file_after_the_next_start(tmp_path: Path) -> None:
    home = tmp_path / "store"
    with forks() as parent:
        touches(parent, home)
        points = touches(parent, home)
        # By the last touch, the head's renaming, the transaction has long been committed.
        assert parent.start(home, "note", count=1, die_at=points).answer() is None
    with opened(home) as services:
        assert services.audit.verify().problems == []
        assert services.audit.log().total == 3
    assert numbers_in_file(home) == [1, 2, 3]


def test_processes_that_write_at_once_make_one_unbroken_chain(tmp_path: Path) -> None:
    home = tmp_path / "store"
    with forks() as parent, opened(home) as services:
        writers = [parent.start(home, "note", count=30) for _ in range(4)]
        for writer in writers:
            assert (writer.answer() or {}).get("noted") == 30
        verified = services.audit.verify()
        assert (verified.events, verified.problems) == (120, [])
    assert numbers_in_file(home) == list(range(1, 121))


def test_an_import_that_is_killed_anywhere_is_noted_once_in_the_end(tmp_path: Path) -> None:
    path = write_export(tmp_path / "x.csv", some_rows(30, 1))
    with forks() as parent:
        answer = parent.start(tmp_path / "counted", "import_file", path=str(path)).answer()
        assert answer is not None
        for point in range(1, int(answer["events"]) + 1, 4 * EVERY):
            home = tmp_path / f"store{point}"
            parent.start(home, "import_file", path=str(path), die_at=point).answer()
            with opened(home) as services:  # which recovers
                states = [report["state"] for report in services.reports.list()]
                noted = services.audit.log(action="report.import").results
                expected = {"ready": ["done"], "failed": ["failed"]}
                assert [note["outcome"] for note in noted] == (expected[states[0]] if states else [])
                assert services.audit.verify().problems == []
