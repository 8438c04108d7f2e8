"""Query engine: it reads only the lake's folder, and stops queries that take too long."""

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faxcloud.errors import LakeUnavailable, QueryTooSlow
from faxcloud.store.queries.engine import Engine, file_list, open_engine

ENDLESS = "SELECT count(*) FROM range(10000000) AS a, range(10000000) AS b WHERE a.range + b.range = 7"
secret_table = pa.table({"secret": [1]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lake = tmp_path / "it's a lake"
    lake.mkdir()
    pq.write_table(pa.table({"number": ["a", "b"]}), lake / "part.parquet")
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    (tmp_path / "it's a lake too").mkdir()
    (tmp_path / "it's a lake too" / "secret.csv").write_text("secret\n1\n")
    return lake


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    engine = open_engine(folder)
    yield engine
    engine.close()


def test_files_of_the_lake_are_read_whatever_its_folder_is_called(engine: Engine) -> None:
    rows = engine.rows(f"SELECT number FROM read_parquet({file_list(engine.folder, ['part.parquet'])})")
    assert rows == [{"number": "a"}, {"number": "b"}]


@pytest.mark.parametrize(
    "attack",
    [
        "SELECT * FROM read_csv('{outside}/secret.csv')",
        "SELECT * FROM '{outside}/secret.csv'",
        "SELECT * FROM read_text('{lake}/../secret.csv')",
        "SELECT * FROM read_csv('{outside}/it''s a lake too/secret.csv')",
        "SELECT * FROM read_blob('{lake}/link.csv')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('https://example.invalid/x.parquet')",
        "SELECT * FROM glob('{outside}/*')",
        "ATTACH '{outside}/x.duckdb'",
        "COPY (SELECT 1) TO '{outside}/written.csv'",
        "COPY (SELECT 1) TO '{lake}/../written.csv'",
        "EXPORT DATABASE '{outside}/written'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT getenv('HOME')",
        "SELECT * FROM secret_table",
        "SELECT * FROM local_table",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '1TB'",
        "SET lock_configuration = false",
        "RESET lock_configuration",
    ],
)
def test_nothing_else_can_be_read_written_or_loaded(engine: Engine, folder: Path, attack: str) -> None:
    if os.name != "nt":
        (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    local_table = pa.table({"secret": [1]})
    sql = attack.format(outside=str(folder.parent), lake=str(folder).replace("'", "''"))
    with pytest.raises((duckdb.Error, LakeUnavailable)):
        engine.rows(sql)
    assert local_table.num_rows == 1
    assert sorted(path.name for path in folder.parent.iterdir()) == [
        "it's a lake", "it's a lake too", "secret.csv",
    ]  # fmt: skip


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_answers(folder: Path) -> None:
    engine = open_engine(folder, seconds=0.2)
    with pytest.raises(QueryTooSlow, match="longer than"):
        engine.rows(ENDLESS)
    assert engine.rows("SELECT 1 AS one") == [{"one": 1}]
    engine.close()


def test_the_memory_limit_is_the_one_that_was_set(folder: Path) -> None:
    engine = open_engine(folder, memory_limit="100MB", threads=1)
    row = engine.rows(
        "SELECT current_setting('memory_limit') AS memory, current_setting('threads') AS threads"
    )
    assert row == [{"memory": "95.3 MiB", "threads": 1}]
    engine.close()


def test_a_missing_file_is_said_to_be_the_lakes(engine: Engine) -> None:
    with pytest.raises(LakeUnavailable):
        engine.rows(f"SELECT * FROM read_parquet({file_list(engine.folder, ['gone.parquet'])})")


@pytest.mark.skipif(os.name == "nt", reason="Windows' temporary folder is its user's own")
def test_what_memory_cannot_hold_is_put_where_nobody_else_reads_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = open_engine(folder)
    spills = Path(engine.rows("SELECT current_setting('temp_directory') AS folder")[0]["folder"])
    engine.close()
    assert spills.parent == tmp_path
    assert spills.stat().st_mode & 0o777 == 0o700
    (tmp_path / "others").mkdir()
    spills.rmdir()
    spills.symlink_to(tmp_path / "others")
    engine = open_engine(folder)
    [row] = engine.rows("SELECT current_setting('temp_directory') AS folder")
    engine.close()
    assert Path(row["folder"]).resolve() not in (spills, tmp_path / "others")


def test_values_and_tables_are_bound_and_stay_with_their_query(engine: Engine) -> None:
    table = pa.table({"n": [1, 2, 3]})
    assert engine.rows("SELECT n FROM given WHERE n > $least", {"least": 2}, given=table) == [{"n": 3}]
    with pytest.raises(duckdb.CatalogException):
        engine.rows("SELECT * FROM given")


def test_threads_ask_at_once_and_each_gets_its_own_answer(engine: Engine) -> None:
    answers: dict[int, list[dict[str, int]]] = {}

    def ask(value: int) -> None:
        answers[value] = engine.rows("SELECT $n + sum(range) AS s FROM range(100000)", {"n": value})

    threads = [threading.Thread(target=ask, args=(value,)) for value in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {value: [{"s": value + 4_999_950_000}] for value in range(8)}


def closed_under_a_query(folder: Path, after_s: float) -> list[Exception]:
    """How a query ended whose engine was closed so long after it had been asked for."""
    engine = open_engine(folder)
    ended: list[Exception] = []

    def ask() -> None:
        try:
            engine.rows(ENDLESS)
        except QueryTooSlow as error:
            ended.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    while engine.stats().running == 0:
        assert asking.is_alive()
    threading.Event().wait(after_s)
    engine.close()
    asking.join(10)
    with pytest.raises(duckdb.ConnectionException):
        engine.rows("SELECT 1")
    return ended


def test_a_query_that_still_runs_does_not_keep_the_engine_open(folder: Path) -> None:
    assert len(closed_under_a_query(folder, after_s=0.05)) == 1


def test_an_engine_is_closed_at_whatever_moment_a_query_begins(folder: Path) -> None:
    # DuckDB's own close and a query that is about to begin wait for each other for ever.
    for step in range(100):
        assert len(closed_under_a_query(folder, after_s=step / 10_000)) == 1


def test_a_stream_is_left_before_the_engine_is_closed(folder: Path) -> None:
    engine = open_engine(folder)
    closing = threading.Thread(target=engine.close)
    with engine.batches("SELECT range AS n FROM range(300000)") as batches:
        next(batches)
        closing.start()
        closing.join(0.2)
        assert closing.is_alive()
    closing.join(10)
    assert not closing.is_alive()


def test_batches_come_in_order_and_may_be_left_early(engine: Engine) -> None:
    with engine.batches("SELECT range AS n FROM range(300000)") as batches:
        numbers = [number for batch in batches for number in batch.column(0).to_pylist()]
    assert numbers == list(range(300_000))
    with engine.batches("SELECT range AS n FROM range(100000000)") as batches:
        assert next(batches).num_rows > 0
