"""Bit flips in a data file: every reader and check reports them, and a backup repairs them."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from faxcloud.domain.filters import Filters
from faxcloud.errors import BackupInvalid, DataFileDamaged
from tests.live_store import current_files, opened, restored, some_rows, write_export

CAMPAIGN = "CAMPAIGN" in os.environ
FLIPS = 60 if CAMPAIGN else 12
"""Each with a check; in the campaign also with the commands below, through the command line."""

COMMANDS = (("status",), ("entries", "export", "-o", "out.csv"), ("validate", "all", "--dry-run"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two reports, three data files: one of each report, and one of both; tests leave it as it was."""
    folder = tmp_path_factory.mktemp("flips")
    with opened(folder / "store") as services:
        for name in ("a", "b"):
            services.imports.import_file(write_export(folder / f"{name}.csv", some_rows(40, ord(name))))
        services.maintenance.compact()
        for name in ("c", "d"):
            services.imports.import_file(write_export(folder / f"{name}.csv", some_rows(40, ord(name))))
        services.backups.write(folder / "backup")
    return folder / "store"


@pytest.fixture
def damaged(home: Path) -> Path:
    """A data file of one report with a flipped bit; made whole afterwards."""
    file = home / "lake" / next(name for name in current_files(home) if "compact" not in name)
    content = file.read_bytes()
    file.write_bytes(flipped(content, 8 * (len(content) // 2)))
    yield file
    file.write_bytes(content)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def test_every_flipped_bit_is_found_by_the_check_which_names_file_reports_and_remedy(
    home, monkeypatch, capsys
):
    chosen = random.Random(40)
    names = current_files(home)
    assert len(names) == 3
    undetected = []
    for number in range(FLIPS):
        file = home / "lake" / names[number % 3]
        content = file.read_bytes()
        bit = chosen.randrange(8 * len(content))
        file.write_bytes(flipped(content, bit))
        with opened(home) as services:
            problems = services.maintenance.check()
            reports = services.reports.list()
        if CAMPAIGN:
            assert_commands_fail_plainly(home, monkeypatch, capsys)
        file.write_bytes(content)
        if len(problems) != 1:
            undetected.append((file.name, bit))
            continue
        [problem] = problems
        assert file.name in problem
        assert "database restore" in problem
        named = {report["file"] for report in reports if report["report_id"] in problem}
        assert named >= {"a.csv", "b.csv"} if "compact" in file.name else len(named) == 1
    assert undetected == []
    with opened(home) as services:
        assert services.maintenance.check() == []


def assert_commands_fail_plainly(home: Path, monkeypatch, capsys) -> None:
    """An export never contains a wrong row, and no command shows a traceback."""
    from faxcloud.cli import run

    monkeypatch.setenv("FAXCLOUD_HOME", str(home))
    monkeypatch.chdir(home.parent)
    for command in COMMANDS:
        code = run(command)
        err = capsys.readouterr().err
        assert "Traceback" not in err
        assert (code == 0) or "is damaged: its checksum is wrong" in err
        assert code != 0 or "export" not in command


def test_a_sampled_check_compares_at_least_one_checksum(home, damaged):
    with opened(home) as services:
        found = [services.maintenance.check(share=0.01) for _ in range(40)]
        assert [] in found  # another file was chosen
        assert any(damaged.name in problem for problems in found for problem in problems)


def test_an_export_of_a_damaged_file_is_refused_before_its_first_row(home, damaged):
    with opened(home) as services, pytest.raises(DataFileDamaged, match=damaged.name):
        services.exports.write(Filters(), "csv", home.parent / "out.csv")


def test_rows_of_a_damaged_file_are_not_rewritten_under_a_new_checksum(home, damaged):
    with opened(home) as services, pytest.raises(DataFileDamaged, match=damaged.name):
        services.maintenance.compact()


def test_a_damaged_store_is_not_backed_up_and_a_damaged_backup_is_not_restored(home, damaged, tmp_path):
    with opened(home) as services:
        with pytest.raises(DataFileDamaged, match=damaged.name):
            services.backups.write(tmp_path / "backup")
        assert list((tmp_path / "backup").iterdir()) == []
        shutil.copytree(home.parent / "backup", tmp_path / "other")
        shutil.copy2(damaged, tmp_path / "other" / "lake" / damaged.name)
    with pytest.raises(BackupInvalid, match=damaged.name):
        restored(home, tmp_path / "other")


def test_a_restore_heals_a_flipped_bit(home, damaged):
    assert restored(home, home.parent / "backup").problems == ()


def test_files_of_earlier_versions_get_their_checksums_from_a_compaction(tmp_path):
    from faxcloud.store.lake.parquet import written_file
    from faxcloud.store.lake.table import Lake

    with opened(tmp_path / "store") as services:
        services.imports.import_file(write_export(tmp_path / "a.csv", some_rows(5, 1)))
        lake = Lake(tmp_path / "store" / "lake")
        [file] = lake.snapshot().files
        old = lake.folder / "part-old-0000.parquet"
        shutil.copy2(lake.folder / file.path, old)
        lake.replace([file], [written_file(old)], "old", {})
        assert services.maintenance.files_without_checksum() == 1
        services.maintenance.compact()
        assert services.maintenance.files_without_checksum() == 0
        assert services.maintenance.check() == []
