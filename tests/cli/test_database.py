"""Store maintenance commands."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Faxcloud, small_export


@pytest.fixture
def imported(faxcloud: Faxcloud, tmp_path: Path) -> Faxcloud:
    assert faxcloud("import", small_export(tmp_path)).code == 0
    return faxcloud


def test_a_backup_brings_back_what_was_deleted_since(imported: Faxcloud, tmp_path: Path):
    assert imported("database", "backup", tmp_path / "backup", "--json").document["faxes"] == 6
    [report] = imported("reports", "list", "--json").document
    assert imported("reports", "delete", report["report_id"]).code == 0
    ran = imported("database", "restore", tmp_path / "backup", "--json")
    assert ran.code == 0
    assert Path(ran.document["kept"]).is_dir()
    assert imported("status", "--json").document["faxes"] == 6
    assert imported("database", "check").code == 0


def test_a_backup_without_a_folder_makes_one_here(imported: Faxcloud, environment: Path):
    assert imported("database", "backup").code == 0
    [made] = environment.glob("faxcloud-backup-*")
    assert any(made.iterdir())


def test_a_backup_does_not_write_over_another(imported: Faxcloud, tmp_path: Path):
    assert imported("database", "backup", tmp_path / "backup").code == 0
    ran = imported("database", "backup", tmp_path / "backup")
    assert ran.code == 1
    assert "not empty" in ran.err


def test_a_folder_that_is_no_backup_is_refused_and_the_store_stays(imported: Faxcloud, tmp_path: Path):
    (tmp_path / "other").mkdir()
    ran = imported("database", "restore", tmp_path / "other", "--json")
    assert ran.code == 1
    assert ran.document["error"]["code"] == "store.backup_invalid"
    assert imported("status", "--json").document["faxes"] == 6


def test_a_store_that_cannot_be_opened_is_replaced_when_everything_is_stopped(
    imported: Faxcloud, environment: Path, tmp_path: Path
):
    assert imported("database", "backup", tmp_path / "backup").code == 0
    (environment / "store" / "catalogue.sqlite").write_bytes(b"no database" * 1000)
    assert imported("database", "restore", tmp_path / "backup").code == 1
    ran = imported("database", "restore", tmp_path / "backup", "--stopped", "--json")
    assert ran.code == 0
    assert ran.document["problems"] == []
    assert imported("status", "--json").document["faxes"] == 6


def test_a_backup_is_put_on_a_new_machine(imported: Faxcloud, environment: Path, tmp_path: Path):
    assert imported("database", "backup", tmp_path / "backup").code == 0
    shutil.rmtree(environment / "store")
    ran = imported("database", "restore", tmp_path / "backup")
    assert ran.code == 0
    assert "No problem was found." in ran.out
    assert imported("status", "--json").document["faxes"] == 6


def test_a_restored_store_that_is_wrong_is_said_to_be_with_code_1(
    imported: Faxcloud, environment: Path, tmp_path: Path
):
    with closing(sqlite3.connect(environment / "store" / "catalogue.sqlite")) as catalogue:
        catalogue.execute("UPDATE reports SET imported = imported + 1")
        catalogue.commit()
    assert imported("database", "backup", tmp_path / "backup").code == 0
    ran = imported("database", "restore", tmp_path / "backup", "--json")
    assert ran.code == 1
    assert len(ran.document["problems"]) == 1


def test_a_sound_store_is_said_to_be_sound(imported: Faxcloud):
    assert imported("database", "check", "--json").document == {
        "is_sound": True,
        "problems": [],
        "files_without_checksum": 0,
    }
    assert imported("database", "check").out == "No problem was found.\n"


def test_a_store_that_lacks_a_file_is_said_to_be_wrong_with_code_1(imported: Faxcloud, environment: Path):
    for file in (environment / "store" / "lake").glob("*.parquet"):
        file.unlink()
    ran = imported("database", "check", "--json")
    assert ran.code == 1
    assert ran.document["is_sound"] is False
    assert len(ran.document["problems"]) == 1
    assert imported("database", "check").code == 1


def test_small_files_are_joined(imported: Faxcloud, tmp_path: Path):
    imported("import", small_export(tmp_path, "again.csv"), "--force")
    told = imported("database", "compact", "--json").document
    assert (told["files_before"], told["files_after"]) == (2, 1)
    assert imported("status", "--json").document["faxes"] == 12
    assert imported("database", "compact").code == 0
