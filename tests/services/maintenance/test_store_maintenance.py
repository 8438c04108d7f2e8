"""Compaction: many small files become few, nothing else changes; old versions stay for the promised time."""

from __future__ import annotations

import pytest

from faxcloud.services.maintenance.store_maintenance import SMALL_FILES
from faxcloud.store.lake.table import Lake
from tests.live_store import current_files, opened, some_rows, stored_rows, write_export


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def services(home):
    with opened(home) as built:
        yield built


def put(services, folder, seed):
    return services.imports.import_file(write_export(folder / f"{seed}.csv", some_rows(4, seed)))


def test_many_small_imports_are_joined_by_themselves_and_keep_every_row(services, home, tmp_path):
    versions, before, results = [], {}, []
    for seed in range(SMALL_FILES + 6):
        results.append(put(services, tmp_path, seed))
        versions.append(services.summaries.version())
        if seed == SMALL_FILES - 2:
            before = {(row["report_id"], row["line"]): row for row in stored_rows(home)}
    assert versions == sorted(set(versions))
    assert len(current_files(home)) < 10
    rows = {(row["report_id"], row["line"]): row for row in stored_rows(home)}
    assert len(before) == 4 * (SMALL_FILES - 1)
    assert before.items() <= rows.items()
    assert len(rows) == sum(result.imported for result in results) == 4 * len(results)
    assert services.maintenance.check() == []
    assert services.validation.run().changed == 0


def test_a_reader_of_an_older_version_finds_its_files_until_they_are_vacuumed(services, home, tmp_path):
    for seed in range(5):
        put(services, tmp_path, seed)
    lake = Lake(home / "lake")
    old = lake.snapshot()
    kept = services.maintenance.compact()
    assert (kept.files_before, kept.files_after, kept.removed_files) == (5, 1, 0)
    assert list(lake.damaged_files(old)) == []
    assert services.maintenance.compact(kept_hours=0).removed_files == 5
    assert len(list(lake.damaged_files(old))) == 5
    assert lake.damage() is None
    assert services.maintenance.check() == []


def test_damage_is_found(services, home, tmp_path):
    first, second = (put(services, tmp_path, seed) for seed in (1, 2))
    file = next((home / "lake").glob(f"part-{first.report_id}-*"))
    content = file.read_bytes()
    file.write_bytes(content[:-7])
    assert len(services.maintenance.check()) == 1
    file.unlink()
    assert "missing" in services.maintenance.check()[0]
    file.write_bytes(content)
    assert services.maintenance.check() == []
    Lake(home / "lake").append([], "unrelated", {})
    snapshot = Lake(home / "lake").snapshot()
    removed = [entry for entry in snapshot.files if entry.holds_only(second.report_id)]
    Lake(home / "lake").replace(removed, [], "lost", {})
    assert services.maintenance.check() == [f"import {second.report_id}: 0 faxes instead of 4"]


def test_a_report_that_failed_is_shown_and_can_be_deleted(services, home, tmp_path):
    from faxcloud.store.catalogue.connection import open_catalogue
    from faxcloud.store.records import reports

    kept = put(services, tmp_path, 1)
    catalogue = open_catalogue(f"sqlite:///{(home / 'catalogue.sqlite').as_posix()}")
    with catalogue.write() as conn:
        dead = reports.begin_report(conn, reports.NewReport(file_name="x.csv", bytes=3, owner=""))
        reports.fail_report(conn, dead, "import.interrupted", "…")
    catalogue.close()
    assert {report["report_id"]: report["state"] for report in services.reports.list()} == {
        kept.report_id: "ready",
        dead: "failed",
    }
    version = services.summaries.version()
    services.reports.delete(dead)
    assert services.summaries.version() == version
    assert services.maintenance.check() == []
