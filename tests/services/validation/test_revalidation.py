"""Re-validation: dry and real runs give the same numbers, and only changed files are rewritten."""

from __future__ import annotations

import pytest

from faxcloud.errors import ReportNotFound, RulesetInvalid, RulesetNotFound, RunNotFound, ValidationRunning
from faxcloud.services.imports.importer import Progress
from tests.live_store import assert_verdicts_are_whole, opened, some_rows, stored_rows, write_export

OWN = """
id = "own"
extends = "faxcloud-3"
without = ["number.mobile", "pages.zero"]
title = { en = "Own", fr = "Le nôtre" }
description = { en = "As we like it.", fr = "Comme il nous plaît." }
"""
COUNTS = ("scanned", "changed", "newly_invalid", "newly_valid", "violations", "violations_before")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def services(home):
    with opened(home) as built:
        yield built


@pytest.fixture
def sources(services, tmp_path):
    made = {}
    for seed in (1, 2):
        rows = some_rows(80, seed)
        path = write_export(tmp_path / f"{seed}.csv", rows)
        made[services.imports.import_file(path).report_id] = rows
    return made


def counts(result):
    return {name: getattr(result, name) for name in COUNTS}


def lake_files(home):
    return {path.name: path.stat().st_mtime_ns for path in (home / "lake").rglob("*") if path.is_file()}


def test_a_dry_run_finds_what_the_run_then_does_and_changes_nothing(services, sources, home):
    version, files = services.summaries.version(), lake_files(home)
    dry = services.validation.run(ruleset="faxcloud-1", dry_run=True)
    assert dry.changed > 0
    assert (services.summaries.version(), lake_files(home)) == (version, files)
    assert services.rulesets.active().id == "faxcloud-3"
    expected = list(services.validation.changes(dry.run_id))
    real = services.validation.run(ruleset="faxcloud-1")
    assert counts(real) == counts(dry)
    assert (dry.files_rewritten, real.files_rewritten) == (0, 2)
    by_row = lambda change: (change["report_id"], change["line"])  # noqa: E731
    changes = list(services.validation.changes(real.run_id))
    assert sorted(changes, key=by_row) == sorted(expected, key=by_row)
    assert len(changes) == real.changed
    assert_verdicts_are_whole(stored_rows(home), sources)


def test_an_import_and_a_run_under_the_same_ruleset_agree_to_the_row(services, sources, home):
    for _ in range(2):
        version = services.summaries.version()
        result = services.validation.run()
        assert (result.scanned, result.changed, result.files_rewritten) == (160, 0, 0)
        assert services.summaries.version() == version


def test_a_full_run_makes_its_ruleset_the_active_one_for_new_imports(services, sources, tmp_path):
    services.validation.run(ruleset="faxcloud-1")
    assert services.rulesets.active().id == "faxcloud-1"
    result = services.imports.import_file(write_export(tmp_path / "n.csv", some_rows(10, 9)))
    assert result.ruleset.startswith("faxcloud-1@")
    assert services.validation.run().changed == 0


def test_a_run_over_one_report_leaves_the_others_and_the_active_ruleset(services, sources, home):
    services.maintenance.compact()  # both reports in one file: only its own rows may change
    one, other = sources
    result = services.validation.run(ruleset="faxcloud-1", report_id=one)
    assert result.scanned == 80
    assert services.rulesets.active().id == "faxcloud-3"
    rows = stored_rows(home)
    assert_verdicts_are_whole(rows, sources)
    assert {row["ruleset"].partition("@")[0] for row in rows if row["report_id"] == one} == {"faxcloud-1"}
    assert {row["ruleset"].partition("@")[0] for row in rows if row["report_id"] == other} == {"faxcloud-3"}
    assert {change["report_id"] for change in services.validation.changes(result.run_id)} == {one}


def test_a_file_imported_while_another_ruleset_became_active_is_caught_up(services, sources, home, tmp_path):
    rows = some_rows(40, 7)

    def activate_meanwhile(progress: Progress) -> None:
        if progress.step == "committing":
            services.validation.run(ruleset="faxcloud-1")

    path = write_export(tmp_path / "late.csv", rows)
    result = services.imports.import_file(path, progress=activate_meanwhile)
    assert result.ruleset.startswith("faxcloud-3@")
    assert services.validation.run().changed == 0
    late = [row for row in stored_rows(home) if row["report_id"] == result.report_id]
    assert {row["ruleset"].partition("@")[0] for row in late} == {"faxcloud-1"}
    assert_verdicts_are_whole(stored_rows(home), {**sources, result.report_id: rows})


def test_only_one_run_at_a_time(services, sources):
    def again(_done: int, _total: int) -> None:
        with pytest.raises(ValidationRunning) as refused:
            services.validation.run()
        assert refused.value.values["run"] == services.validation.runs()[0]["run_id"]
        with pytest.raises(ValidationRunning):
            services.maintenance.compact()

    services.validation.run(ruleset="faxcloud-1", progress=again)
    assert [run["state"] for run in services.validation.runs()] == ["done"]


def test_an_interrupted_run_is_recorded_and_leaves_the_lease_free(services, sources):
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.validation.run(ruleset="faxcloud-1", progress=interrupt)
    assert services.validation.runs()[0]["state"] == "interrupted"
    assert services.validation.run().changed > 0  # the ruleset that was chosen is the active one


def test_own_rulesets_judge_and_broken_ones_are_listed_with_their_error(services, sources, home):
    folder = home / "rulesets"
    folder.mkdir()
    (folder / "own.toml").write_text(OWN, "utf-8")
    (folder / "broken.toml").write_text("id = ", "utf-8")
    (folder / "wrong.toml").write_text(
        OWN.replace('"own"', '"wrong"') + '[[rules]]\nid = "x"\nfield = "pages"\n', "utf-8"
    )
    shelf = services.rulesets.shelf()
    assert set(shelf.rulesets) == {"faxcloud-3", "faxcloud-1", "own"}
    assert {name.removesuffix(".toml") for name in shelf.errors} == {"broken", "wrong"}
    for name in ("broken", "wrong"):
        with pytest.raises(RulesetInvalid):
            services.rulesets.get(name)
    result = services.validation.run(ruleset="own")
    assert not {"number.mobile", "pages.zero"} & result.violations.keys()
    assert {"number.mobile", "pages.zero"} <= result.violations_before.keys()
    assert services.rulesets.check(folder / "own.toml").id == "own"
    (folder / "own.toml").unlink()
    with pytest.raises(RulesetNotFound):
        services.rulesets.active()
    services.validation.run(ruleset="faxcloud-3")
    assert services.rulesets.active().id == "faxcloud-3"


def test_what_is_not_there_is_named(services, sources):
    with pytest.raises(RulesetNotFound):
        services.validation.run(ruleset="nope")
    with pytest.raises(ReportNotFound):
        services.validation.run(report_id="nope")
    with pytest.raises(RunNotFound):
        services.validation.changes("nope")
    with pytest.raises(ReportNotFound):
        services.reports.rejects("nope")
    assert services.validation.runs() == []


def test_a_deleted_report_is_gone_from_the_lists_of_changes_too(services, sources):
    services.maintenance.compact()
    run = services.validation.run(ruleset="faxcloud-1")
    gone, kept = sources
    services.reports.delete(gone)
    assert {change["report_id"] for change in services.validation.changes(run.run_id)} == {kept}
