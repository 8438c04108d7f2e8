import dataclasses

import pytest

from faxcloud.errors import RunNotFound
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.data_versions import data_version
from faxcloud.store.records.runs import (
    NewRun,
    RunCounts,
    begin_run,
    fail_run,
    finish_run,
    get_run,
    list_runs,
    progress_run,
    unfinished_runs,
)

COUNTS = RunCounts(
    scanned=10_000_000_000,
    changed=30,
    newly_invalid=10,
    newly_valid=20,
    files_total=9,
    files_done=4,
    files_rewritten=2,
)


def begun_run(catalogue: Catalogue) -> str:
    with catalogue.write() as conn:
        return begin_run(
            conn,
            NewRun(
                ruleset="faxcloud-1@b", owner="me", rulesets_before={"faxcloud-3@a": 7}, lake_version_before=3
            ),
        )


def finish(catalogue: Catalogue, run_id: str) -> None:
    with catalogue.write() as conn:
        finish_run(
            conn,
            run_id,
            COUNTS,
            violations_before={"number.mobile": 20},
            violations_after={"pages.zero": 10},
            lake_version_after=5,
            seconds=1.5,
        )


def test_a_run_begins_at_zero_and_says_what_judged_before(catalogue: Catalogue) -> None:
    run_id = begun_run(catalogue)
    with catalogue.read() as conn:
        run = get_run(conn, run_id)
        assert [unfinished.run_id for unfinished in unfinished_runs(conn)] == [run_id]
    assert (run.state, run.ruleset, run.rulesets_before) == ("running", "faxcloud-1@b", {"faxcloud-3@a": 7})
    assert (run.scanned, run.files_total, run.lake_version_before) == (0, 0, 3)
    assert (run.dry_run, run.report_id, run.finished_at, run.violations_after) == (False, None, None, None)


def test_progress_is_kept_with_a_heartbeat(catalogue: Catalogue) -> None:
    run_id = begun_run(catalogue)
    with catalogue.write() as conn:
        before = get_run(conn, run_id).heartbeat_at
        progress_run(conn, run_id, COUNTS)
    with catalogue.read() as conn:
        run = get_run(conn, run_id)
    assert {name: getattr(run, name) for name in dataclasses.asdict(COUNTS)} == dataclasses.asdict(COUNTS)
    assert run.heartbeat_at > before


def test_a_finished_run_says_what_changed(catalogue: Catalogue) -> None:
    run_id = begun_run(catalogue)
    finish(catalogue, run_id)
    with catalogue.read() as conn:
        run = get_run(conn, run_id)
        assert unfinished_runs(conn) == []
        assert data_version(conn, "runs") == 1
    assert (run.state, run.changed, run.seconds) == ("done", 30, 1.5)
    assert (run.violations_before, run.violations_after) == ({"number.mobile": 20}, {"pages.zero": 10})
    assert (run.lake_version_before, run.lake_version_after) == (3, 5)
    assert run.finished_at is not None
    assert run.finished_at >= run.started_at


@pytest.mark.parametrize("state", ["failed", "interrupted"])
def test_a_run_that_ended_early_keeps_its_counts(catalogue: Catalogue, state: str) -> None:
    run_id = begun_run(catalogue)
    with catalogue.write() as conn:
        progress_run(conn, run_id, COUNTS)
        fail_run(conn, run_id, "The disk is full.", state)
    with catalogue.read() as conn:
        run = get_run(conn, run_id)
    assert (run.state, run.error, run.scanned) == (state, "The disk is full.", 10_000_000_000)


def test_runs_are_listed_newest_first(catalogue: Catalogue) -> None:
    run_ids = [begun_run(catalogue) for _ in range(5)]
    with catalogue.read() as conn:
        assert [run.run_id for run in list_runs(conn)] == run_ids[::-1]


def test_a_run_that_does_not_exist_is_named(catalogue: Catalogue) -> None:
    with catalogue.write() as conn:
        with pytest.raises(RunNotFound, match="no re-validation nothing"):
            get_run(conn, "nothing")
        with pytest.raises(RunNotFound, match="no re-validation nothing"):
            progress_run(conn, "nothing", COUNTS)
