import datetime as dt
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from faxcloud.errors import CatalogueUnavailable, ReportNotFound, StoreTooNew
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.catalogue.data_versions import bump_data_version, data_version
from faxcloud.store.catalogue.state import get_setting, put_setting
from faxcloud.store.catalogue.tables import reports
from faxcloud.store.records.reports import NewReport, begin_report, get_report

WRITE_AND_DIE_IN_THE_NEXT_WRITE = """
import os, sys
from faxcloud.store.catalogue.connection import open_catalogue
from faxcloud.store.catalogue.data_versions import bump_data_version
catalogue = open_catalogue(sys.argv[1])
with catalogue.write() as conn:
    bump_data_version(conn, "reports")
with catalogue.write() as conn:
    bump_data_version(conn, "reports")
    os._exit(9)
"""


def url_of(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store" / "catalogue.sqlite"


@pytest.fixture
def local(file: Path) -> Iterator[Catalogue]:
    opened = open_catalogue(url_of(file))
    yield opened
    opened.close()


def test_a_fresh_catalogue_is_empty_until_its_first_report(catalogue: Catalogue) -> None:
    assert catalogue.is_empty
    with catalogue.write() as conn:
        begin_report(conn, NewReport(file_name="a.csv", bytes=1, owner="me"))
    assert not catalogue.is_empty


def test_what_was_written_is_there_when_it_is_opened_again(catalogue: Catalogue, catalogue_url: str) -> None:
    with catalogue.write() as conn:
        report_id = begin_report(conn, NewReport(file_name="été.csv", bytes=1, owner="me"))
    again = open_catalogue(catalogue_url)
    with again.read() as conn:
        assert get_report(conn, report_id).file_name == "été.csv"
    again.close()


def test_a_write_that_raises_leaves_nothing(catalogue: Catalogue) -> None:
    def write_and_fail() -> None:
        with catalogue.write() as conn:
            begin_report(conn, NewReport(file_name="a.csv", bytes=1, owner="me"))
            get_report(conn, "none")

    with pytest.raises(ReportNotFound):
        write_and_fail()
    assert catalogue.is_empty


def test_a_read_sees_one_state_and_does_not_stop_a_write(catalogue: Catalogue) -> None:
    with catalogue.read() as conn:
        assert data_version(conn, "reports") == 0
        with catalogue.write() as writer:
            bump_data_version(writer, "reports")
        assert data_version(conn, "reports") == 0
    with catalogue.read() as conn:
        assert data_version(conn, "reports") == 1


def test_a_read_cannot_write_and_the_connection_can_afterwards(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueUnavailable, match=r"read-?only"), catalogue.read() as conn:
        bump_data_version(conn, "reports")
    with catalogue.write() as conn:
        assert bump_data_version(conn, "reports") == 1


def test_writers_wait_for_each_other_and_lose_no_change(catalogue: Catalogue) -> None:
    def bump() -> None:
        for _ in range(10):
            with catalogue.write() as conn:
                bump_data_version(conn, "reports")

    threads = [threading.Thread(target=bump) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalogue.read() as conn:
        assert data_version(conn, "reports") == 40


def test_a_setting_is_any_json_and_the_last_one_counts(catalogue: Catalogue) -> None:
    with catalogue.write() as conn:
        assert get_setting(conn, "ruleset") is None
        put_setting(conn, "ruleset", "faxcloud-3")
        put_setting(conn, "ruleset", {"id": "faxcloud-1", "labels": ["é", 1, None]})
    with catalogue.read() as conn:
        assert get_setting(conn, "ruleset") == {"id": "faxcloud-1", "labels": ["é", 1, None]}


def test_every_connection_is_durable_and_keeps_foreign_keys(local: Catalogue) -> None:
    with local.read() as first, local.read() as second:
        for conn in (first, second):
            assert conn.scalar(sa.text("PRAGMA journal_mode")) == "wal"
            assert conn.scalar(sa.text("PRAGMA synchronous")) == 2
            assert conn.scalar(sa.text("PRAGMA foreign_keys")) == 1
            assert conn.scalar(sa.text("PRAGMA busy_timeout")) == 30_000


def test_a_naive_instant_is_refused(local: Catalogue) -> None:
    with pytest.raises(sa.exc.StatementError, match="an instant needs a time zone"), local.read() as conn:
        conn.execute(sa.select(reports).where(reports.c.created_at > dt.datetime(2026, 11, 21)))  # noqa: DTZ001


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" * 200, b"Fax ID;Mode\n" * 200], ids=["image", "csv"]
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(CatalogueUnavailable, match=r"catalogue\.sqlite: file is not a database"):
        open_catalogue(url_of(file))
    assert file.read_bytes() == content


def test_a_damaged_database_is_refused(file: Path) -> None:
    open_catalogue(url_of(file)).close()
    damaged = bytearray(file.read_bytes())
    damaged[100:4096] = b"\xff" * (4096 - 100)
    file.write_bytes(damaged)
    with pytest.raises(CatalogueUnavailable, match="malformed"):
        open_catalogue(url_of(file))


def test_an_acknowledged_write_survives_a_killed_process(local: Catalogue, file: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WRITE_AND_DIE_IN_THE_NEXT_WRITE, url_of(file)], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (9, "")
    with local.write() as conn:
        assert data_version(conn, "reports") == 1


def test_another_applications_database_is_refused_and_left_alone(file: Path) -> None:
    file.parent.mkdir()
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE recipes (name)")
    other.close()
    with pytest.raises(CatalogueUnavailable, match="belongs to another application: it has a table recipes"):
        open_catalogue(url_of(file))
    other = sqlite3.connect(file)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]
    other.close()


def test_a_folder_in_the_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(CatalogueUnavailable, match=r"catalogue\.sqlite: unable to open database file"):
        open_catalogue(url_of(file))


def test_a_file_in_the_place_of_the_folder_is_refused(file: Path) -> None:
    file.parent.write_text("a file")
    with pytest.raises(CatalogueUnavailable, match="store: "):
        open_catalogue(url_of(file))


def test_a_catalogue_of_a_newer_faxcloud_is_refused(catalogue: Catalogue, catalogue_url: str) -> None:
    with catalogue.write() as conn:
        conn.execute(sa.text("UPDATE catalogue_revision SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="revision 9999 is unknown"):
        open_catalogue(catalogue_url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite://", "a file that processes can share"),
        ("sqlite:///:memory:", "a file that processes can share"),
        ("mysql://me:hunter22@host/db", "not in mysql"),
        ("sqlite:", "its URL cannot be read"),
    ],
)
def test_a_url_that_cannot_hold_a_catalogue_is_refused_without_its_password(url: str, reason: str) -> None:
    with pytest.raises(CatalogueUnavailable) as caught:
        open_catalogue(url)
    assert reason in caught.value.message
    assert "hunter22" not in caught.value.message


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(CatalogueUnavailable) as caught:
        open_catalogue("postgresql://me:hunter22@127.0.0.1:1/faxes")
    assert "faxes: " in caught.value.message
    assert "hunter22" not in caught.value.message


def test_a_copy_made_between_writes_opens_with_the_same_content(local: Catalogue, tmp_path: Path) -> None:
    with local.write() as conn:
        report_id = begin_report(conn, NewReport(file_name="a.csv", bytes=1, owner="me"))
    local.copy_to(tmp_path / "copy.sqlite")
    copy = open_catalogue(url_of(tmp_path / "copy.sqlite"))
    with copy.read() as conn:
        assert get_report(conn, report_id).file_name == "a.csv"
    copy.close()


def test_damage_inside_is_told(local: Catalogue, file: Path) -> None:
    assert local.problems() == []
    with local.write() as conn:
        conn.exec_driver_sql("PRAGMA writable_schema = ON")
        conn.exec_driver_sql("DELETE FROM sqlite_master WHERE name = 'reports_sha256'")
    again = open_catalogue(url_of(file))
    assert "never used" in again.problems()[0]
    again.close()


def test_a_catalogue_that_is_up_to_date_opens_without_alembic(local: Catalogue, file: Path) -> None:
    code = (
        "import sys; from faxcloud.store.catalogue.connection import open_catalogue;"
        f"open_catalogue({url_of(file)!r}).close(); print('alembic' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == "False"
