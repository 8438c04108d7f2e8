"""Full and read-only disks, on a real file system of the test's own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Faxcloud, sample_of, small_export


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def disk(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file system of 48 MB that holds the store."""
    place = environment / "disk"
    place.mkdir()
    try:
        mount("-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a file system is not allowed here")
    monkeypatch.setenv("FAXCLOUD_HOME", str(place / "store"))
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> None:
    with (disk / "fill").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    assert shutil.disk_usage(disk).free == 0


def test_a_full_disk_is_named_reading_works_and_a_deletion_frees_space(
    disk: Path, faxcloud: Faxcloud, tmp_path: Path
):
    report = faxcloud("import", sample_of(tmp_path, 3000), "--json").document
    fill(disk)
    assert faxcloud("status", "--json").document["faxes"] == 3000
    assert faxcloud("entries", "search", "--json").document["total"] == 3000
    ran = faxcloud("import", small_export(tmp_path), "--json")
    assert (ran.code, ran.document["error"]["code"]) == (1, "store.not_writable")
    assert "the disk is full" in ran.document["error"]["message"]
    report_id = report["report_id"] if isinstance(report, dict) else report[0]["report_id"]
    assert faxcloud("reports", "delete", report_id).code == 0
    assert shutil.disk_usage(disk).free > 1 << 20
    assert list((disk / "store" / "lake").glob("*.parquet")) == []
    assert faxcloud("status", "--json").document["faxes"] == 0


def test_an_export_onto_a_full_disk_says_so(disk: Path, faxcloud: Faxcloud, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("FAXCLOUD_HOME", str(tmp_path / "store"))
    assert faxcloud("import", sample_of(tmp_path, 3000)).code == 0
    fill(disk)
    ran = faxcloud("entries", "export", "-o", disk / "out.csv", "--json")
    assert ran.document["error"]["code"] == "export.failed"
    assert "No space left" in ran.document["error"]["message"]


def test_a_read_only_store_can_be_read_and_refuses_changes_by_name(
    disk: Path, faxcloud: Faxcloud, tmp_path: Path
):
    assert faxcloud("import", small_export(tmp_path)).code == 0
    mount("-o", "remount,ro", str(disk))
    assert faxcloud("status", "--json").document["faxes"] == 6
    assert faxcloud("database", "check").code == 0
    [report] = faxcloud("reports", "list", "--json").document
    for command in (
        ("reports", "delete", report["report_id"]),
        ("import", small_export(tmp_path), "--force"),
    ):
        ran = faxcloud(*command, "--json")
        assert (ran.code, ran.document["error"]["code"]) == (1, "store.not_writable")
        assert "it is read-only" in ran.document["error"]["message"]
