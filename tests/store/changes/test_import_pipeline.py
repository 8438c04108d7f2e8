"""Import pipeline from an export to judged files: no record is lost, and a failure leaves no file."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from faxcloud.domain.rulesets.conditions import CompiledRuleset, compile_ruleset
from faxcloud.domain.rulesets.parser import builtin_ruleset
from faxcloud.errors import ConditionRefused, DiskFull
from faxcloud.services.sample.export import write_sample
from faxcloud.store.changes.import_pipeline import disk_watched, take_in
from faxcloud.store.reading import open_export

RULESET = compile_ruleset(builtin_ruleset("faxcloud-3"))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "lake"
    made.mkdir()
    return made


@pytest.fixture
def export(tmp_path):
    opened = open_export(write_sample(tmp_path / "s.csv", 250_000).path)
    yield opened
    opened.source.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_every_record_is_written_once_whoever_works_on_it(export, folder, workers):
    seen = []
    intake = take_in(
        export, RULESET, folder, "r", workers, lambda records, done: seen.append((records, done))
    )
    assert (intake.records, intake.imported, intake.rejected, intake.blank) == (250_000, 250_000, 0, 0)
    lines = [line for file in intake.files for line in pq.read_table(folder / file.path)["line"].to_pylist()]
    assert sorted(lines) == list(range(1, 250_001))
    assert seen == sorted(seen)
    assert [json.loads(file.statistics)["numRecords"] for file in intake.files] == [
        file.rows for file in intake.files
    ]


def test_an_error_of_a_worker_ends_it_and_leaves_no_file(export, folder):
    failing = CompiledRuleset(
        key="x@0", violations_sql="CASE WHEN pages * 2000000000 > 5 THEN 'x' ELSE '' END", warnings_sql="''"
    )
    with pytest.raises(ConditionRefused):
        take_in(export, failing, folder, "r", 2)
    assert list(folder.iterdir()) == []


def test_an_error_of_whoever_watches_ends_it_and_leaves_no_file(export, folder):
    def stop(_records: int, _done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in(export, RULESET, folder, "r", 2, stop)
    assert list(folder.iterdir()) == []


def test_a_disk_without_room_is_named_before_anything_is_written(folder):
    with pytest.raises(DiskFull) as full, disk_watched(folder, 1 << 60):
        pytest.fail("it went on")
    assert full.value.values["needed"] > full.value.values["free"]
