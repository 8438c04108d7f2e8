"""Backups: a complete store at one moment; an incomplete one is refused and changes nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.errors import BackupInvalid
from faxcloud.services.backups.restore import restore
from faxcloud.store.lake.table import Lake
from tests.crash.forks import forks
from tests.live_store import opened, some_rows, stored_rows, stray_files, write_export


def put(services, folder: Path, seed: int, rows: int = 20):
    return services.imports.import_file(write_export(folder / f"{seed}.csv", some_rows(rows, seed)))


def everything(home: Path) -> dict[str, bytes]:
    """Every file of a store by name; what SQLite keeps beside its file comes and goes."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


def test_a_store_comes_back_as_it_was(home, tmp_path):
    with opened(home) as services:
        first = put(services, tmp_path, 1)
        (home / "rulesets").mkdir()
        (home / "rulesets" / "own.toml").write_text("# mine", "utf-8")
        services.validation.run(ruleset="faxcloud-1")
        rows = stored_rows(home)
        written = services.backups.write(tmp_path / "backup")
        assert written.faxes == len(rows) == 20
        put(services, tmp_path, 2)
        services.reports.delete(first.report_id)
    (home / "rulesets" / "own.toml").unlink()
    for _ in range(2):  # a second time, and the store in between is kept too
        restored = restore(Settings(home=home), tmp_path / "backup")
        assert Path(restored.kept).is_dir()
        assert stored_rows(home) == rows
        assert (home / "rulesets" / "own.toml").read_text("utf-8") == "# mine"
        with opened(home) as services:
            assert services.maintenance.check() == []
            assert [report["report_id"] for report in services.reports.list()] == [first.report_id]
            assert len(list(services.validation.changes(services.validation.runs()[0]["run_id"]))) > 0
            assert services.rulesets.active().id == "faxcloud-1"
            put(services, tmp_path, 3)
        assert len(list(home.glob("*restoring*"))) == 0


def test_a_backup_goes_neither_into_a_full_folder_nor_into_the_lake_itself(home, tmp_path):
    with opened(home) as services:
        put(services, tmp_path, 1)
        services.backups.write(tmp_path / "backup")
        before = everything(tmp_path / "backup")
        for folder in (tmp_path / "backup", home, home / "lake", home / "lake" / "inside"):
            with pytest.raises(BackupInvalid):
                services.backups.write(folder)
        assert everything(tmp_path / "backup") == before
        assert services.maintenance.check() == []


@pytest.mark.parametrize(
    "harm", ["no folder", "no manifest", "no catalogue", "no file", "short file", "flipped byte", "no log"]
)
def test_a_damaged_backup_is_refused_and_nothing_changes(home, tmp_path, harm):
    backup = tmp_path / "backup"
    with opened(home) as services:
        put(services, tmp_path, 1)
        services.backups.write(backup)
        put(services, tmp_path, 2)
    data = next((backup / "lake").glob("*.parquet"))
    content = data.read_bytes()
    if harm == "no folder":
        shutil.rmtree(backup)
    elif harm == "no manifest":
        (backup / "faxcloud-backup.json").unlink()
    elif harm == "no catalogue":
        (backup / "catalogue.sqlite").unlink()
    elif harm == "no file":
        data.unlink()
    elif harm == "short file":
        data.write_bytes(content[:-1])
    elif harm == "flipped byte":
        data.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    else:
        shutil.rmtree(backup / "lake" / "_delta_log")
    before = everything(home)
    with pytest.raises(BackupInvalid):
        restore(Settings(home=home), backup, set_aside=True)  # otherwise the refusal is in the audit log
    assert everything(home) == before
    assert not list(home.glob("*restor*"))


def test_a_failed_backup_leaves_nothing_behind(home, tmp_path):
    with opened(home) as services:
        put(services, tmp_path, 1)

        def interrupt(_done: int, _total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            services.backups.write(tmp_path / "backup", progress=interrupt)
        assert list((tmp_path / "backup").iterdir()) == []
        assert services.backups.write(tmp_path / "backup").faxes == 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_backup_made_while_files_are_imported_is_sound(home, tmp_path):
    with opened(home) as services, forks() as parent:
        put(services, tmp_path, 1)
        paths = [str(write_export(tmp_path / f"i{n}.csv", some_rows(30, 50 + n))) for n in range(6)]
        importer = parent.start(home, "import_files", paths=paths)
        made = 0
        while not importer.ends_within(0):
            services.backups.write(tmp_path / f"backup{made}")
            made += 1
        assert "error" not in importer.answer()
    assert made > 1
    for number in range(made):
        other = tmp_path / f"other{number}"
        written = restore(Settings(home=other), tmp_path / f"backup{number}")
        with opened(other) as services:
            assert services.maintenance.check() == []
            assert {report["state"] for report in services.reports.list()} <= {"ready", "failed"}
            assert stray_files(other) == []
            ready = [report for report in services.reports.list() if report["state"] == "ready"]
            assert sum(report["imported"] for report in ready) == written.faxes


def test_what_was_being_committed_is_finished_or_undone_after_a_restore(home, tmp_path):
    with opened(home) as services:
        landed, lost = (put(services, tmp_path, seed).report_id for seed in (1, 2))
        lake = Lake(home / "lake")
        # As if this living process were between two steps, with one report's rows in the lake.
        lake.replace([file for file in lake.snapshot().files if file.holds_only(lost)], [], "undo", {})
        with closing(sqlite3.connect(home / "catalogue.sqlite")) as catalogue:
            catalogue.execute("UPDATE reports SET state = 'committing' WHERE report_id = ?", [landed])
            catalogue.execute("UPDATE reports SET state = 'importing' WHERE report_id = ?", [lost])
            catalogue.commit()
        services.backups.write(tmp_path / "backup")
    restore(Settings(home=tmp_path / "other"), tmp_path / "backup")
    with opened(tmp_path / "other") as services:
        states = {report["report_id"]: report["state"] for report in services.reports.list()}
        assert states == {landed: "ready", lost: "failed"}
        assert services.maintenance.check() == []
