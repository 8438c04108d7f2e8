"""kill -9 during import, re-validation, deletion of a report and compaction."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from faxcloud.errors import AlreadyImported
from faxcloud.wiring import Services
from tests.crash.forks import Forks, forks
from tests.live_store import (
    Row,
    assert_each_row_once,
    assert_verdicts_are_whole,
    opened,
    some_rows,
    stored_rows,
    stray_files,
    write_export,
)

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: nothing is killed here"),
]

# `make campaign` kills 50 processes in each of four tests, and some in the others.
RANDOM_KILLS = AIMED_KILLS = 50 if "CAMPAIGN" in os.environ else 4
TRIES = 8 * RANDOM_KILLS
"""A job that ends before its moment comes does not count as killed; so often it may do so."""


@pytest.fixture(scope="module")
def parent() -> Iterator[Forks]:
    with forks() as started:
        yield started


class Ledger:
    """A store, and which rows each of its ready reports has to have."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.home = folder / "store"
        self.sources: dict[str, Sequence[Row]] = {}
        self._folder = folder
        self._made = 0
        with opened(self.home) as services:
            self.put(services)

    def new_file(self) -> tuple[Path, Sequence[Row]]:
        self._made += 1
        rows = some_rows(60 + self._made, seed=self._made)
        return write_export(self._folder / f"export-{self._made}.csv", rows), rows

    def put(self, services: Services) -> str:
        path, rows = self.new_file()
        report_id = services.imports.import_file(path).report_id
        self.sources[report_id] = rows
        return report_id

    def assert_sound(self, services: Services) -> None:
        states = {report["report_id"]: report["state"] for report in services.reports.list()}
        assert set(states.values()) <= {"ready", "failed"}
        ready = {report_id for report_id, state in states.items() if state == "ready"}
        assert ready == self.sources.keys()
        rows = stored_rows(self.home)
        assert_each_row_once(rows, self.sources)
        assert_verdicts_are_whole(rows, self.sources)
        assert stray_files(self.home) == []
        assert services.maintenance.check() == []
        assert {run["state"] for run in services.validation.runs()} <= {"done", "interrupted"}


def kill_during(parent: Forks, home: Path, action: str, after_s: float, **values: object) -> bool:
    """Whether the job was killed before it had ended by itself."""
    job = parent.start(home, action, **values)
    if not job.ends_within(after_s):
        job.kill()
    return job.answer() is None


def duration_s(parent: Forks, home: Path, action: str, **values: object) -> float:
    """How long a job takes from its `ready` on when it is left alone."""
    job = parent.start(home, action, **values)
    started = time.monotonic()
    answer = job.answer()
    assert answer is not None
    assert "error" not in answer, answer
    return time.monotonic() - started


def events(parent: Forks, home: Path, action: str, **values: object) -> int:
    """How often a job touches the file system when it is left alone."""
    answer = parent.start(home, action, **values).answer()
    assert answer is not None
    assert "error" not in answer, answer
    return int(answer["events"])


def import_killed_file_again(ledger: Ledger, path: Path, rows: Sequence[Row]) -> None:
    """Whether it had landed or not, it is there once afterwards."""
    with opened(ledger.home) as services:
        landed = [r for r in services.reports.list() if r["state"] == "ready" and r["file"] == path.name]
        assert len(landed) <= 1
        for report in landed:
            ledger.sources[report["report_id"]] = rows
        ledger.assert_sound(services)
        if landed:
            with pytest.raises(AlreadyImported):
                services.imports.import_file(path)
        else:
            ledger.sources[services.imports.import_file(path).report_id] = rows


def test_an_import_killed_at_a_random_moment_is_there_once_or_not_at_all(tmp_path, parent):
    ledger = Ledger(tmp_path)
    chosen = random.Random(20261122)
    path, rows = ledger.new_file()
    usual_s = duration_s(parent, ledger.home, "import_file", path=str(path))
    import_landed(ledger, path, rows)
    killed = 0
    for _ in range(TRIES):
        path, rows = ledger.new_file()
        killed += kill_during(parent, ledger.home, "import_file", chosen.uniform(0, usual_s), path=str(path))
        import_killed_file_again(ledger, path, rows)
        if killed == RANDOM_KILLS:
            break
    with opened(ledger.home) as services:
        ledger.assert_sound(services)
    assert killed == RANDOM_KILLS


def import_landed(ledger: Ledger, path: Path, rows: Sequence[Row]) -> None:
    with opened(ledger.home) as services:
        report = next(report for report in services.reports.list() if report["file"] == path.name)
        ledger.sources[report["report_id"]] = rows


def test_an_import_killed_before_any_touch_of_the_disk_is_there_once_or_not_at_all(tmp_path, parent):
    ledger = Ledger(tmp_path)
    path, rows = ledger.new_file()
    touches = events(parent, ledger.home, "import_file", path=str(path))
    import_landed(ledger, path, rows)
    for number in range(AIMED_KILLS):
        path, rows = ledger.new_file()
        job = parent.start(
            ledger.home, "import_file", path=str(path), die_at=1 + number * touches // AIMED_KILLS
        )
        assert job.answer() is None
        import_killed_file_again(ledger, path, rows)
    with opened(ledger.home) as services:
        ledger.assert_sound(services)


def five_reports(folder: Path) -> Ledger:
    ledger = Ledger(folder)
    with opened(ledger.home) as services:
        for _ in range(4):
            ledger.put(services)
    return ledger


def assert_run_can_be_completed(ledger: Ledger, ruleset: str) -> None:
    with opened(ledger.home) as services:
        ledger.assert_sound(services)
        counted = len(stored_rows(ledger.home))
        result = services.validation.run(ruleset=ruleset)
        assert result.scanned == counted
        ledger.assert_sound(services)
        again = services.validation.run(ruleset=ruleset)
        assert (again.changed, again.files_rewritten) == (0, 0)
        assert services.rulesets.active().id == ruleset


def test_a_revalidation_killed_at_a_random_moment_leaves_whole_verdicts_and_is_completed(tmp_path, parent):
    ledger = five_reports(tmp_path)
    chosen = random.Random(3)
    usual_s = duration_s(parent, ledger.home, "validate", ruleset="faxcloud-1", group_rows=100)
    killed = 0
    for number in range(TRIES):
        ruleset = ("faxcloud-3", "faxcloud-1")[number % 2]
        killed += kill_during(
            parent,
            ledger.home,
            "validate",
            chosen.uniform(0, usual_s),
            ruleset=ruleset,
            group_rows=100,
        )
        assert_run_can_be_completed(ledger, ruleset)
        if killed == RANDOM_KILLS:
            break
    assert killed == RANDOM_KILLS


def test_a_revalidation_killed_before_any_touch_of_the_disk_leaves_whole_verdicts(tmp_path, parent):
    ledger = five_reports(tmp_path)
    touches = events(parent, ledger.home, "validate", ruleset="faxcloud-1", group_rows=100)
    for number in range(AIMED_KILLS):
        ruleset = ("faxcloud-3", "faxcloud-1")[number % 2]
        job = parent.start(
            ledger.home,
            "validate",
            ruleset=ruleset,
            group_rows=100,
            die_at=1 + number * touches // AIMED_KILLS,
        )
        assert job.answer() is None
        assert_run_can_be_completed(ledger, ruleset)


def test_a_killed_deletion_is_completed_at_the_next_start(tmp_path, parent):
    ledger = five_reports(tmp_path)
    with opened(ledger.home) as services:
        services.maintenance.compact()
    victim = next(iter(ledger.sources))
    touches = events(parent, ledger.home, "delete", reports=[victim])
    del ledger.sources[victim]
    for number in range(5):
        with opened(ledger.home) as services:
            ledger.put(services)
            services.maintenance.compact()
        victim = next(iter(ledger.sources))
        job = parent.start(ledger.home, "delete", reports=[victim], die_at=1 + number * touches // 5)
        assert job.answer() is None
        with opened(ledger.home) as services:
            left = {report["report_id"] for report in services.reports.list()}
            if victim not in left:
                del ledger.sources[victim]
            ledger.assert_sound(services)


def test_a_killed_compaction_changes_no_row(tmp_path, parent):
    ledger = five_reports(tmp_path)
    for die_at in (1, 3, 4, 5, 6):
        assert parent.start(ledger.home, "compact", die_at=die_at).answer() is None
        with opened(ledger.home) as services:
            services.maintenance.compact()
            ledger.put(services)
            ledger.assert_sound(services)


def test_two_processes_that_recover_at_once_agree(tmp_path, parent):
    ledger = five_reports(tmp_path)
    measured = Ledger(tmp_path / "measured")
    touches = events(parent, measured.home, "import_file", path=str(measured.new_file()[0]))
    for share in (0.3, 0.6, 0.9):
        path, rows = ledger.new_file()
        die_at = max(1, int(touches * share))
        assert parent.start(ledger.home, "import_file", path=str(path), die_at=die_at).answer() is None
        both = [parent.start(ledger.home, "open_only") for _ in range(2)]
        assert all(job.answer() == {"events": 0} for job in both)
        import_killed_file_again(ledger, path, rows)
