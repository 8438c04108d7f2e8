"""kill -9 during erasure and retention: never half done, never counted twice, completed later."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.forks import Forks, forks
from tests.live_store import log_entries, stored_rows
from tests.privacy_store import NUMBER, places_of, private_store

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork: nothing is killed here"),
]

KILLS = 6
FAXES = 4


@pytest.fixture(scope="module")
def parent() -> Iterator[Forks]:
    with forks() as started:
        yield started


def fill(home: Path) -> set[str]:
    """Two reports in files of their own, each with as many faxes of the number, some of them old."""
    with private_store(home) as store:
        today = f"{dt.datetime.now(dt.UTC):%d/%m/%Y}"
        dates = ("01/01/2020 08:00", "02/01/2020 08:00", f"{today} 08:00", f"{today} 09:00")
        first, second = (
            [
                f"{report}{number};Accueil;;SF;{dates[number % 4]};33327936943;{called};1"
                for number, called in enumerate((NUMBER, "33145221135") * FAXES)
            ]
            for report in "12"
        )
        store.retention.change(faxes_days=365)
        return {store.put(first, "a.csv"), store.put([*second, "9;short"], "b.csv")}


@pytest.fixture(scope="module")
def touches(parent: Forks, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often each job touches the file system when it is left alone."""
    found = {}
    for action in ("erase", "expire"):
        home = tmp_path_factory.mktemp(action) / "store"
        fill(home)
        answer = parent.start(home, action, number=NUMBER, group_rows=1).answer()
        assert answer is not None
        assert "error" not in answer, answer
        found[action] = int(answer["events"])
    return found


@pytest.mark.parametrize("nth", range(KILLS))
def test_a_killed_erasure_is_completed_by_the_next_and_certified_as_one(tmp_path, parent, touches, nth):
    home = tmp_path / "store"
    reports = fill(home)
    die_at = 1 + nth * touches["erase"] // KILLS
    assert parent.start(home, "erase", number=NUMBER, group_rows=1, die_at=die_at).answer() is None
    with private_store(home) as store:
        assert store.services.maintenance.check() == []
        assert len(stored_rows(home)) == 4 * FAXES
        certificate = store.privacy.erase(number=NUMBER)
        done = store.privacy.certificates()
        # Killed after the certificate was written, the next call finds nothing and writes its own.
        assert done[-1]["faxes"] == dict.fromkeys(sorted(reports), FAXES)
        assert all(store.privacy.verify_certificate(found) for found in done)
        assert certificate["verification"]["faxes_in_files"] == 0
        assert store.services.maintenance.check() == []
    assert places_of(home, NUMBER) == []


@pytest.mark.parametrize("nth", range(KILLS))
def test_a_killed_retention_is_completed_by_the_next_and_counted_once(tmp_path, parent, touches, nth):
    home = tmp_path / "store"
    reports = fill(home)
    die_at = 1 + nth * touches["expire"] // KILLS
    assert parent.start(home, "expire", group_rows=1, die_at=die_at).answer() is None
    with private_store(home) as store:
        assert store.services.maintenance.check() == []
        store.retention.apply()
        counts = {report: store.services.reports.show(report)["expired"] for report in reports}
        assert counts == dict.fromkeys(reports, FAXES)
        assert store.services.maintenance.check() == []
    assert len(stored_rows(home)) == 2 * FAXES
    named = {action["add"]["path"] for action in log_entries(home) if "add" in action}
    assert {path.name for path in (home / "lake").glob("*.parquet")} <= named
