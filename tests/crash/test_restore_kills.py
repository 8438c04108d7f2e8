"""kill -9 during restore: either the store before or the backup's, complete and sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.forks import Forks, forks
from tests.live_store import opened, restored, some_rows, stored_rows, write_export

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: nothing is killed here"),
]

KILLS = 14 if "CAMPAIGN" in os.environ else 6


@pytest.fixture(scope="module")
def parent() -> Iterator[Forks]:
    with forks() as started:
        yield started


def fill(home: Path) -> tuple[Path, dict[str, int], dict[str, int]]:
    """A backup, and the reports and their rows as they are in it and as they are now."""
    backup = home.with_name("backup")
    found = []
    with opened(home) as services:
        for seed in (1, 2, 3):
            if seed == 3:
                found.append(reports_of(home))
                services.backups.write(backup)
                services.reports.delete(next(iter(found[0])))
            services.imports.import_file(
                write_export(home.with_name(f"{seed}.csv"), some_rows(10 * seed, seed))
            )
            (home / "rulesets").mkdir(exist_ok=True)
            (home / "rulesets" / "own.toml").write_text(f"# {seed}", "utf-8")
    return backup, found[0], reports_of(home)


def reports_of(home: Path) -> dict[str, int]:
    with opened(home) as services:
        return {report["report_id"]: report["imported"] for report in services.reports.list()}


@pytest.fixture(scope="module")
def touches(parent: Forks, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, int]:
    """How often a restore touches the file system when it is left alone; that of a store set aside."""
    counts = {}
    for set_aside in (False, True):
        home = tmp_path_factory.mktemp("restore") / "store"
        backup, *_ = fill(home)
        answer = parent.start(home, "restore", backup=str(backup), set_aside=set_aside).answer()
        assert answer is not None
        assert "error" not in answer, answer
        counts[set_aside] = int(answer["events"])
    return counts


@pytest.mark.parametrize("set_aside", [False, True])
@pytest.mark.parametrize("nth", range(KILLS))
def test_a_killed_restore_is_completed_or_never_was(
    tmp_path: Path, parent: Forks, touches: dict[bool, int], nth: int, set_aside: bool
) -> None:
    home = tmp_path / "store"
    backup, before, now = fill(home)
    die_at = touches[set_aside] - nth * touches[set_aside] // KILLS
    killed = parent.start(home, "restore", backup=str(backup), set_aside=set_aside, die_at=die_at)
    assert killed.answer() is None
    with opened(home) as services:
        assert services.maintenance.check() == []
        assert services.audit.verify().problems == []
        found = reports_of(home)
        assert found in (before, now)
        assert len(stored_rows(home)) == sum(found.values())
        ruleset = (home / "rulesets" / "own.toml").read_text("utf-8")
        assert ruleset == ("# 2" if found == before else "# 3")
    # And it can be done: nothing of the first attempt is in the way, or left behind.
    assert restored(home, backup).problems == ()
    assert reports_of(home) == before
    assert not list(home.glob("*restoring*"))
