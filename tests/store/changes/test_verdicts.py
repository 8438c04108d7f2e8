"""Verdicts of stored rows under another ruleset: preview of changes, and rewritten files."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from faxcloud.domain.rulesets.conditions import compile_ruleset
from faxcloud.domain.rulesets.parser import builtin_ruleset
from faxcloud.store.changes.rewriting import holds_rows, rewrite, rewrite_together, rewrite_without
from faxcloud.store.changes.verdicts import changed_rows, compare, rulesets_of
from tests.small_lake import SMALL, at, fax, small_lake

THREE = compile_ruleset(builtin_ruleset("faxcloud-3"))
ONE = compile_ruleset(builtin_ruleset("faxcloud-1"))


@pytest.fixture
def asked(tmp_path):
    return small_lake(tmp_path / "lake")


def read(folder, written):
    return [row for file in written for row in pq.read_table(folder / file.path).to_pylist()]


def test_the_rows_of_the_small_lake_that_are_judged_otherwise_are_found(asked):
    files = asked.lake.snapshot().files
    found = compare(asked.engine, files, ONE)
    with changed_rows(asked.engine, files, ONE) as batches:
        rows = [row for batch in batches for row in batch.to_pylist()]
    assert found.scanned == len(SMALL)
    assert found.changed == len(rows)
    mobile = next(row for row in rows if row["number"] == "33612345678")
    assert (mobile["violations_before"], mobile["violations_after"]) == (
        "number.mobile|pages.zero",
        "pages.zero",
    )
    assert found.violations_before()["number.mobile"] == 1
    assert "number.mobile" not in found.violations_after()
    with changed_rows(asked.engine, files, ONE, limit=1) as batches:
        assert sum(batch.num_rows for batch in batches) == 1


def test_a_fax_whose_warnings_alone_differ_keeps_its_verdict(asked):
    dated = fax(3, sent_at=at(9), warnings="date.missing", violations="number.mobile", number="33612345678")
    lake = small_lake(
        asked.lake.folder.parent / "warned", (fax(1, sent_at=None), fax(2, sent_at=at(4)), dated)
    )
    files = lake.lake.snapshot().files
    found = compare(lake.engine, files, ONE)
    with changed_rows(lake.engine, files, ONE) as batches:
        lines = [row["line"] for batch in batches for row in batch.to_pylist()]
    assert (found.changed, found.warnings_changed, lines) == (1, 1, [3])
    assert (found.valid_before, found.valid_after, found.newly_valid) == (2, 3, 1)
    assert len(found.files) == 1
    changes = lake.lake.folder.parent / "changes.parquet"
    rewrite(lake.lake.folder, files[0], ONE, "rewritten", changes)
    assert [row["line"] for row in pq.read_table(changes).to_pylist()] == [3]


def test_one_report_is_compared_alone(asked):
    files = asked.lake.snapshot().files
    assert compare(asked.engine, files, THREE, "r1").scanned == 5
    assert rulesets_of(asked.engine, files, "r2") == {"faxcloud-3@0": 3}


def test_a_file_written_anew_holds_the_same_rows_with_new_verdicts_and_lists_the_changed_ones(
    asked, tmp_path
):
    lake = asked.lake
    (first, _) = lake.snapshot().files
    before = compare(asked.engine, [first], ONE)
    written = rewrite(lake.folder, first, ONE, "new", tmp_path / "changes.parquet")
    rows = read(lake.folder, written)
    old = [row for row in SMALL if row["report_id"] == "r1"]
    judged = ("violations", "warnings", "is_valid", "ruleset")
    plain = [{k: v for k, v in row.items() if k not in judged} for row in rows]
    assert plain == [{k: v for k, v in row.items() if k not in judged} for row in old]
    assert {row["ruleset"] for row in rows} == {ONE.key}
    assert pq.read_metadata(tmp_path / "changes.parquet").num_rows == before.changed > 0
    lake.replace([first], written, "new", {})
    assert compare(asked.engine, lake.snapshot().files, ONE, "r1").changed == 0


def test_without_a_report_the_others_stay_as_they_are(asked):
    lake = asked.lake
    files = lake.snapshot().files
    together = rewrite_together(lake.folder, files, "both")
    assert read(lake.folder, together) == list(SMALL)
    lake.replace(files, together, "both", {})
    (joined,) = lake.snapshot().files
    assert [holds_rows(lake.folder, joined, name) for name in ("r1", "r1x", "r2")] == [True, False, True]
    left = rewrite_without(lake.folder, joined, "r1", "rest")
    assert read(lake.folder, left) == [row for row in SMALL if row["report_id"] == "r2"]
