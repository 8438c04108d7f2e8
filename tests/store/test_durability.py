"""Atomic file writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faxcloud.store.durability import replacing


def test_a_file_is_the_old_one_until_the_new_one_is_complete(tmp_path: Path):
    path = tmp_path / "head.json"
    path.write_text("old")
    with replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["head.json"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_after_an_exception_the_file_is_as_it_was(tmp_path: Path, error: type[BaseException]):
    path = tmp_path / "head.json"
    path.write_text("old")

    def fail(part: Path) -> None:
        part.write_text("ne")
        raise error

    with pytest.raises(error), replacing(path) as part:
        fail(part)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["head.json"]


def test_of_two_writers_that_overwrite_nothing_the_first_one_wins(tmp_path: Path):
    path = tmp_path / "secret"
    with replacing(path, overwrites=False) as late:
        with replacing(path, overwrites=False) as early:
            early.write_text("first")
        late.write_text("second")
    assert path.read_text() == "first"
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_private_file_is_readable_by_its_owner_alone(tmp_path: Path):
    path = tmp_path / "secret"
    with replacing(path, private=True) as part:
        part.write_text("x")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_single_writer_uses_what_a_crash_left(tmp_path: Path):
    path = tmp_path / "0000-0001.parquet"
    (tmp_path / "0000-0001.parquet.part").write_text("left by a crash")
    with replacing(path, unique=False) as part:
        part.write_text("new")
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
