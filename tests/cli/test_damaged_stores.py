"""Damaged stores (data files, logs, catalogues, missing folders): the error names the damage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Faxcloud, small_export

COMMANDS = (
    ("status",),
    ("reports", "list"),
    ("entries", "export", "-o", "out.csv"),
    ("validate", "all", "--dry-run"),
    ("database", "check"),
)


def cut_data_file(store: Path) -> None:
    for file in (store / "lake").glob("*.parquet"):
        file.write_bytes(file.read_bytes()[:1000])


def cut_log(store: Path) -> None:
    entry = sorted((store / "lake" / "_delta_log").glob("*.json"))[-1]
    entry.write_bytes(entry.read_bytes()[:400])


def log_of_other_bytes(store: Path) -> None:
    entry = sorted((store / "lake" / "_delta_log").glob("*.json"))[-1]
    entry.write_bytes(entry.read_bytes().replace(b"report", b"\xff\xfeport"))


def empty_log_entry(store: Path) -> None:
    sorted((store / "lake" / "_delta_log").glob("*.json"))[-1].write_bytes(b"")


def no_lake(store: Path) -> None:
    shutil.rmtree(store / "lake")


def empty_lake_folder(store: Path) -> None:
    shutil.rmtree(store / "lake")
    (store / "lake").mkdir()


def catalogue_of_other_bytes(store: Path) -> None:
    (store / "catalogue.sqlite").write_bytes(b"no database" * 1000)


def cut_catalogue(store: Path) -> None:
    file = store / "catalogue.sqlite"
    file.write_bytes(file.read_bytes()[:20_000])


def name_that_is_no_utf8(store: Path) -> None:
    file = store / "catalogue.sqlite"
    file.write_bytes(file.read_bytes().replace(b"octobre.csv", b"octobr\xff.csv"))


def empty_catalogue(store: Path) -> None:
    (store / "catalogue.sqlite").write_bytes(b"")


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (cut_data_file, "store.data_file_damaged"),
        (cut_log, "store.lake_damaged"),
        (log_of_other_bytes, "store.lake_damaged"),
        (empty_log_entry, "store.lake_damaged"),
        (no_lake, "store.lake_missing"),
        (empty_lake_folder, "store.lake_missing"),
        (catalogue_of_other_bytes, "store.catalogue_damaged"),
        (cut_catalogue, "store.catalogue_damaged"),
        (name_that_is_no_utf8, "store.catalogue_damaged"),
        (empty_catalogue, "store.catalogue_damaged"),
    ],
)
def test_damage_is_named_with_its_remedy_by_every_command_and_nothing_new_is_begun(
    harm: Callable[[Path], None],
    code: str,
    loaded_home: Path,
    faxcloud: Faxcloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    store = tmp_path / "harmed"
    shutil.copytree(loaded_home, store)
    monkeypatch.setenv("FAXCLOUD_HOME", str(store))
    harm(store)
    files = {path: path.stat().st_size for path in (store / "lake").rglob("*") if path.is_file()}
    refused = 0
    for command in COMMANDS:
        ran = faxcloud(*command, "--json")
        assert "Traceback" not in ran.err
        assert "<unknown>" not in ran.out + ran.err
        if ran.code and command != ("database", "check"):
            assert ran.document["error"]["code"] == code
            assert "database restore" in ran.document["error"]["hint"]
            refused += 1
        elif command == ("database", "check"):
            assert ran.code == 1
            assert "database restore" in ran.out
    assert refused >= 2
    if code != "store.data_file_damaged":
        assert faxcloud("import", small_export(tmp_path, "more.csv")).code == 1
        assert {path: path.stat().st_size for path in (store / "lake").rglob("*") if path.is_file()} == files


def test_a_lake_that_vanishes_while_the_server_runs_is_missing_not_new(loaded_home: Path, tmp_path: Path):
    from faxcloud.config import Settings
    from faxcloud.domain.filters import Filters
    from faxcloud.errors import LakeMissing
    from faxcloud.wiring import build

    shutil.copytree(loaded_home, tmp_path / "store")
    services = build(Settings(home=tmp_path / "store"))
    try:
        assert services.summaries.summary(Filters()).values["faxes"] == 6
        (tmp_path / "store" / "lake").rename(tmp_path / "unmounted")
        with pytest.raises(LakeMissing):
            services.summaries.summary(Filters())
        with pytest.raises(LakeMissing):
            services.imports.import_file(small_export(tmp_path, "more.csv"), force=True)
        assert not (tmp_path / "store" / "lake").exists()
    finally:
        services.close()
