"""Audit log hash chain: contents, and detection of every change."""

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.audit.check import AuditCheck, check
from faxcloud.store.audit.search import AuditFilters, count_events, find_events
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue


class Store:
    """A catalogue with an audit log of ten events."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.file = home / "catalogue.sqlite"
        self.log = home / "logs" / "audit.log"
        self.head = home / "keys" / "audit.head"
        self.catalogue: Catalogue = open_catalogue(f"sqlite:///{self.file.as_posix()}")
        self.trail = AuditTrail(home / "keys", home / "logs")

    def append(self, **values: Any) -> int:
        event: dict[str, Any] = {"actor": "key:a1", "address": "127.0.0.1", "action": "report.import"}
        event |= {"resource": "report:r1", "outcome": "done", "details": {"rows": 3, "rate": 0.25}}
        with self.catalogue.write() as conn:
            return self.trail.append(conn, **event | values)

    def append_and_fail(self) -> None:
        with self.catalogue.write() as conn:
            self.trail.append(
                conn, actor="a", address="", action="x.y", resource="", outcome="done", details={}
            )
            raise InterruptedError

    def change(self, sql: str, *values: object) -> None:
        """What somebody with the file can do."""
        with closing(sqlite3.connect(self.file)) as conn:
            conn.execute(sql, values)
            conn.commit()

    def check(self) -> AuditCheck:
        with self.catalogue.read() as conn:
            return check(conn, self.trail)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def rewrite(self, change: Callable[[list[str]], list[str]]) -> None:
        lines = self.log.read_text("utf-8").splitlines(keepends=True)
        self.log.write_text("".join(change(lines)), "utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    for number in range(10):
        made.append(resource=f"report:r{number}")
    yield made
    made.catalogue.close()


def test_the_file_and_the_catalogue_hold_the_same_events(store: Store) -> None:
    with store.catalogue.read() as conn:
        kept = list(find_events(conn, AuditFilters()))
    assert [json.loads(event.line()) for event in kept[::-1]] == store.lines()
    assert [event.sequence for event in kept] == list(range(10, 0, -1))


def test_an_untouched_log_has_no_problems(store: Store) -> None:
    found = store.check()
    assert (found.events, found.first, found.last, found.problems) == (10, 1, 10, [])
    assert found.head == store.lines()[-1]["hash"]


def test_what_is_rolled_back_is_neither_in_the_catalogue_nor_in_the_file(store: Store) -> None:
    with pytest.raises(InterruptedError):
        store.append_and_fail()
    assert len(store.lines()) == 10
    assert store.append() == 11
    assert store.check().problems == []


def test_hostile_texts_are_kept_and_can_be_verified(store: Store) -> None:
    store.append(resource="report:\x00\n\ud800é" + "x" * 1_000, details={"a\nb": "\u2028\ud800\x00"})
    assert store.check().problems == []
    assert len(store.lines()) == 11
    assert len(store.lines()[-1]["resource"]) == 300


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2020-01-01 00:00:00.000000"),
        ("actor", "key:b2"),
        ("address", "10.0.0.1"),
        ("action", "report.delete"),
        ("resource", "report:r9"),
        ("outcome", "refused"),
        ("details", '{"rows": 4, "rate": 0.25}'),
        ("hash", "0" * 64),
        ("hash", "é"),
    ],
)
def test_an_edit_of_any_column_is_found(store: Store, column: str, value: str) -> None:
    store.change(f"UPDATE audit_events SET {column} = ? WHERE sequence = 5", value)
    problems = store.check().problems
    assert any(
        problem.startswith(("Event 5 is not what was", "Events 5 to 6 are not")) for problem in problems
    )
    assert "Event 5 is another in audit.log than in the catalogue." in problems


@pytest.mark.parametrize(("column", "value"), [("details", "{"), ("at", "yesterday"), ("actor", b"\xff")])
def test_a_row_that_cannot_be_read_any_more_is_found(store: Store, column: str, value: object) -> None:
    store.change(f"UPDATE audit_events SET {column} = ? WHERE sequence = 5", value)
    problems = store.check().problems
    assert any("cannot be read" in problem for problem in problems)
    assert store.append() == 11  # and the log goes on


def test_a_removed_event_is_found(store: Store) -> None:
    store.change("DELETE FROM audit_events WHERE sequence IN (4, 5)")
    assert "Events 4 to 5 are missing in the catalogue." in store.check().problems


def test_the_first_events_cannot_be_removed_unseen(store: Store) -> None:
    store.change("DELETE FROM audit_events WHERE sequence <= 3")
    assert "Events 1 to 3 are missing in the catalogue." in store.check().problems


def test_a_truncated_catalogue_is_found(store: Store) -> None:
    store.change("DELETE FROM audit_events WHERE sequence > 7")
    problems = store.check().problems
    assert "The catalogue ends at event 7; the last that was written is 10." in problems
    assert "Events 8 to 10 are in audit.log and not in the catalogue." in problems


def test_a_truncated_catalogue_is_still_found_after_more_events(store: Store) -> None:
    store.change("DELETE FROM audit_events WHERE sequence > 7")
    for _ in range(6):
        store.append()
    problems = store.check().problems
    assert "Event 10, the last one at a time, was removed from the catalogue or replaced." in problems


def test_a_truncated_catalogue_is_found_even_where_the_file_was_truncated_too(store: Store) -> None:
    store.change("DELETE FROM audit_events WHERE sequence > 7")
    store.rewrite(lambda lines: lines[:7])
    assert store.check().problems == ["The catalogue ends at event 7; the last that was written is 10."]
    for _ in range(6):
        store.append()
    assert len(store.check().problems) == 1


def test_events_in_another_order_are_found(store: Store) -> None:
    store.change("UPDATE audit_events SET sequence = -1 WHERE sequence = 4")
    store.change("UPDATE audit_events SET sequence = 4 WHERE sequence = 5")
    store.change("UPDATE audit_events SET sequence = 5 WHERE sequence = -1")
    assert any("not what was written" in problem for problem in store.check().problems)


def test_an_event_put_in_is_found(store: Store) -> None:
    store.change(
        "INSERT INTO audit_events SELECT 11, at, actor, address, action, resource, outcome, details, hash"
        " FROM audit_events WHERE sequence = 10"
    )
    assert any(problem.startswith("Event 11 is not what was") for problem in store.check().problems)


def test_a_chain_of_somebody_elses_is_found(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    for _ in range(10):
        other.append()
    other.catalogue.close()
    with closing(sqlite3.connect(store.file)) as conn:
        conn.execute("ATTACH ? AS other", (str(other.file),))
        conn.execute("DELETE FROM audit_events")
        conn.execute("INSERT INTO audit_events SELECT * FROM other.audit_events")
        conn.commit()
    problems = store.check().problems
    assert "Events 1 to 10 are not what was written, or signed with another key." in problems


def test_an_empty_table_is_found(store: Store) -> None:
    store.change("DELETE FROM audit_events")
    assert "The catalogue ends at event 0; the last that was written is 10." in store.check().problems
    store.append()
    assert store.check().problems[0].startswith("Event 10, the last one at a time, was removed")


def test_an_edited_line_of_the_file_is_found(store: Store) -> None:
    store.rewrite(lambda lines: [line.replace("report:r4", "report:r5") for line in lines])
    assert store.check().problems == ["Event 5 is another in audit.log than in the catalogue."]


def test_missing_lines_of_the_file_are_found(store: Store) -> None:
    store.rewrite(lambda lines: lines[:2] + lines[5:])
    assert store.check().problems == ["Events 3 to 5 are missing in audit.log."]


def test_a_truncated_file_is_found_also_after_more_events(store: Store) -> None:
    store.rewrite(lambda lines: lines[:8])
    assert store.check().problems == ["Events 9 to 10 are missing in audit.log."]
    store.append()
    assert store.check().problems == ["Events 9 to 10 are missing in audit.log."]


def test_a_removed_file_is_found(store: Store) -> None:
    store.log.unlink()
    assert store.check().problems == ["Events 1 to 10 are missing in audit.log."]


def test_lines_put_in_or_moved_are_found(store: Store) -> None:
    store.rewrite(lambda lines: [*lines[:3], "hello\n", *lines[3:], lines[2]])
    assert store.check().problems == [
        "Line 4 of audit.log is no event.",
        "Line 12 of audit.log is event 3, which stood there before.",
    ]


def test_an_edited_head_is_found_also_after_more_events(store: Store) -> None:
    values = json.loads(store.head.read_text("utf-8"))
    store.head.write_text(json.dumps(values | {"sequence": 7}), "utf-8")
    assert store.check().problems == ["The head of the chain was edited."]
    store.append()
    assert store.check().problems == ["The head of the chain had been edited when event 11 was the last."]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"signature": "é", "breaks": [1]}', "\x00"])
def test_a_head_that_is_none_is_found(store: Store, content: str) -> None:
    store.head.write_text(content, "utf-8")
    assert store.check().problems == ["The head of the chain was edited."]


def test_a_missing_head_is_found_also_after_more_events(store: Store) -> None:
    store.head.unlink()
    assert store.check().problems == ["The head of the chain is missing."]
    store.append()
    assert store.check().problems == ["The head of the chain was missing when event 11 was the last."]


def test_somebody_who_removes_head_file_and_newest_events_is_found(store: Store) -> None:
    store.change("DELETE FROM audit_events WHERE sequence > 7")
    store.head.unlink()
    store.log.unlink()
    store.append()
    assert store.check().problems == ["The head of the chain was missing when event 8 was the last."]


def test_another_key_is_found(store: Store) -> None:
    (store.home / "keys" / "audit").write_text("ab" * 32, "ascii")
    store.trail = AuditTrail(store.home / "keys", store.home / "logs")
    assert "Events 1 to 10 are not what was written, or signed with another key." in store.check().problems


def test_a_line_that_a_crash_cut_off_is_completed(store: Store) -> None:
    before, head = store.log.read_bytes(), store.head.read_bytes()
    store.append()
    whole = store.log.read_bytes()
    for size in range(len(before), len(whole) + 1, 7):
        store.log.write_bytes(whole[:size])
        store.head.write_bytes(head)
        with store.catalogue.read() as conn:
            store.trail.catch_up(conn)
        assert store.log.read_bytes() == whole
    assert store.check().problems == []


def test_events_that_a_crash_kept_from_the_file_are_written_by_the_next(store: Store) -> None:
    before, head = store.log.read_bytes(), store.head.read_bytes()
    store.append()
    store.append()
    store.log.write_bytes(before)
    store.head.write_bytes(head)
    store.append()
    assert [line["sequence"] for line in store.lines()] == list(range(1, 14))
    assert store.check().problems == []


def test_a_file_that_cannot_be_written_stops_nothing_and_is_caught_up(store: Store) -> None:
    aside = store.log.rename(store.log.with_name("aside"))
    store.log.mkdir()
    assert store.append() == 11
    store.log.rmdir()
    aside.rename(store.log)
    assert store.append() == 12
    assert store.check().problems == []


def test_writers_at_once_make_one_chain(store: Store) -> None:
    trails = [AuditTrail(store.home / "keys", store.home / "logs") for _ in range(4)]

    def write(number: int) -> int:
        with store.catalogue.write() as conn:
            return trails[number % 4].append(
                conn, actor="a", address="", action="x.y", resource="", outcome="done", details={}
            )

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(write, range(40))) == list(range(11, 51))
    assert [line["sequence"] for line in store.lines()] == list(range(1, 51))
    assert store.check().problems == []


def age(store: Store, until: int) -> None:
    """Prune the events up to a number, by the time of the next."""
    with store.catalogue.read() as conn:
        at = next(event.at for event in find_events(conn, AuditFilters()) if event.sequence == until + 1)
    with store.catalogue.write() as conn:
        assert store.trail.forget_before(conn, at) == until


def test_what_retention_removes_is_gone_everywhere_and_the_rest_can_be_verified(store: Store) -> None:
    age(store, 4)
    assert [line["sequence"] for line in store.lines()] == [5, 6, 7, 8, 9, 10]
    found = store.check()
    assert (found.events, found.first, found.problems) == (6, 5, [])
    store.append()
    assert store.check().problems == []
    assert [line["sequence"] for line in store.lines()] == [5, 6, 7, 8, 9, 10, 11]


def test_retention_leaves_the_last_event(store: Store) -> None:
    with store.catalogue.write() as conn:
        assert store.trail.forget_before(conn, dt.datetime.now(dt.UTC) + dt.timedelta(days=1)) == 9
    assert store.append() == 11
    assert store.check().problems == []


def test_retention_of_an_empty_log_does_nothing(tmp_path: Path) -> None:
    empty = Store(tmp_path)
    with empty.catalogue.write() as conn:
        assert empty.trail.forget_before(conn, dt.datetime.now(dt.UTC)) == 0
    found = empty.check()
    assert (found.events, found.first, found.last, found.problems) == (0, 0, 0, [])
    empty.catalogue.close()


def test_a_log_without_events_has_no_problems_before_the_first_either(tmp_path: Path) -> None:
    empty = Store(tmp_path)
    with empty.catalogue.read() as conn:
        empty.trail.catch_up(conn)
    assert empty.check().problems == []
    empty.append()
    assert empty.check().problems == []
    empty.catalogue.close()


def test_nobody_else_can_pass_a_removal_off_as_retention(store: Store) -> None:
    age(store, 2)
    with closing(sqlite3.connect(store.file)) as conn:
        (hash_,) = conn.execute("SELECT hash FROM audit_events WHERE sequence = 5").fetchone()
        value = json.dumps({"sequence": 5, "hash": hash_, "signature": "0" * 64})
        conn.execute("UPDATE settings SET value = ? WHERE key = 'audit_checkpoint'", (value,))
        conn.execute("DELETE FROM audit_events WHERE sequence <= 5")
        conn.commit()
    assert "The catalogue's note of where the chain begins was edited." in store.check().problems


def test_a_restored_catalogue_gets_back_what_was_done_since(store: Store) -> None:
    store.catalogue.copy_to(store.home / "copy")
    for _ in range(3):
        store.append()
    store.catalogue.close()
    for name in ("-wal", "-shm"):
        Path(f"{store.file}{name}").unlink(missing_ok=True)
    shutil.move(store.home / "copy", store.file)
    restored = Store(store.home)
    with restored.catalogue.write() as conn:
        assert restored.trail.carry_over(conn) == 3
    assert restored.append() == 14
    assert restored.check().problems == []
    restored.catalogue.close()


def test_a_key_folder_that_cannot_be_used_refuses_the_change(tmp_path: Path) -> None:
    from faxcloud.errors import CatalogueUnavailable

    blocked = Store(tmp_path)
    (tmp_path / "keys").write_text("no folder")
    with pytest.raises(CatalogueUnavailable, match="keys"):
        blocked.append()
    blocked.catalogue.close()


def test_both_databases_hold_find_verify_and_shorten_the_same_log(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    trail = AuditTrail(tmp_path / "keys", tmp_path / "logs")
    texts = ("plain", "h\x00stile \ud800", "é 50%")

    def append(number: int) -> int:
        with catalogue.write() as conn:
            return trail.append(
                conn,
                actor=f"key:k{number}",
                address="::1",
                action="report.import",
                resource=texts[number % 3],
                outcome="done",
                details={"text": texts[number % 3], "number": number, "rate": 0.1 + 0.2},
            )

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(append, range(12))) == list(range(1, 13))
    with catalogue.read() as conn:
        assert check(conn, trail).problems == []
    with catalogue.read() as conn:
        found = list(find_events(conn, AuditFilters(q="50%", action="report")))
        assert len(found) == 4
        assert count_events(conn, AuditFilters(start=found[0].at)) == 13 - found[0].sequence
        (before,) = [event.at for event in find_events(conn, AuditFilters()) if event.sequence == 6]
    with catalogue.write() as conn:
        assert trail.forget_before(conn, before) == 5
    append(12)
    with catalogue.read() as conn:
        shortened = check(conn, trail)
    assert (shortened.events, shortened.first, shortened.problems) == (8, 6, [])
