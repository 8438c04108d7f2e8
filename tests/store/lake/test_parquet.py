"""Parquet files of the lake: complete, with statistics, or absent."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faxcloud.store.checksums import checksum_named, sha256_of
from faxcloud.store.lake import parquet
from faxcloud.store.lake.parquet import SCHEMA, FaxWriter
from tests.small_lake import SMALL, fax


def test_times_and_texts_in_statistics_are_iso_and_whole(tmp_path):
    writer = FaxWriter(tmp_path, "a")
    rows = [fax(1, sent_at=dt.datetime(2026, 3, 4, 9)), fax(2, fax_id="é" * 65)]  # noqa: DTZ001 - local time
    writer.write(pa.Table.from_pylist(rows, schema=SCHEMA))
    (file,) = writer.close()
    assert '"sent_at": "2026-03-04T09:00:00.000000"' in file.statistics
    assert "é" not in file.statistics  # too long to be worth repeating
    assert Path(tmp_path, file.path).stat().st_size == file.bytes


def test_a_discarded_writer_leaves_no_file(tmp_path):
    writer = FaxWriter(tmp_path, "a")
    writer.write(pa.Table.from_pylist([fax(1)], schema=SCHEMA))
    writer.discard()
    assert list(tmp_path.iterdir()) == []
    assert writer.close() == []


def test_rows_come_back_as_they_were_written(tmp_path):
    writer = FaxWriter(tmp_path, "a")
    writer.write(pa.Table.from_pylist(list(SMALL), schema=SCHEMA))
    (file,) = writer.close()
    assert pq.read_table(tmp_path / file.path).to_pylist() == list(SMALL)
    assert file.rows == len(SMALL)


def test_a_file_that_is_full_is_followed_by_the_next(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parquet, "ROWS_PER_FILE", 4)
    writer = FaxWriter(tmp_path, "a")
    for line in range(1, 11):
        writer.write(pa.Table.from_pylist([fax(line)], schema=SCHEMA))
    files = writer.close()
    assert [(file.path[:11], file.rows) for file in files] == [
        ("part-a-0000", 4),
        ("part-a-0001", 4),
        ("part-a-0002", 2),
    ]
    assert [checksum_named(file.path) for file in files] == [
        sha256_of(tmp_path / file.path)[:32] for file in files
    ]


def test_no_rows_make_no_file(tmp_path):
    writer = FaxWriter(tmp_path, "a")
    writer.write(SCHEMA.empty_table())
    assert writer.close() == []
    assert list(tmp_path.iterdir()) == []
