"""Audit log service: search, export, verification, retention."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud.config import Settings
from faxcloud.errors import AuditUnreadable, FilterInvalid, NotAllowed
from faxcloud.services.actors import Actor, acting
from faxcloud.services.journal import Note
from faxcloud.wiring import Services, build

NOTES = (
    Note("report.import", "report:20261129-024826-cnzhao", "done", {"rows": 10}),
    Note("report.import", "", "refused", {"error": "import.empty_file"}),
    Note("report.delete", "report:20261129-024826-cnzhao", "done", {}),
    Note("reporting.x", "", "failed", {"text": "50% of A_B"}),
    Note("key.create", "key:k2", "done", {"role": "viewer"}),
)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = build(Settings(home=tmp_path / "store"))
    for number, note in enumerate(NOTES):
        with acting(Actor(f"key:k{number % 2}", address=f"10.0.0.{number}")):
            opened.journal.write(note)
    yield opened
    opened.close()


def found(services: Services, **search: Any) -> list[int]:
    return [event["sequence"] for event in services.audit.log(**search).results]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"action": "report.import"}, [2, 1]),
        ({"action": "report"}, [3, 2, 1]),
        ({"actor": "key:k1"}, [4, 2]),
        ({"resource": "report:20261129-024826-cnzhao"}, [3, 1]),
        ({"outcome": "refused"}, [2]),
        ({"q": "EMPTY_file"}, [2]),
        ({"q": "10.0.0.3"}, [4]),
        ({"q": "50%"}, [4]),
        ({"q": "a_b"}, [4]),
        ({"q": "a%b"}, []),
        ({"q": "report", "outcome": "done"}, [3, 1]),
        ({"action": "", "q": ""}, [5, 4, 3, 2, 1]),
        ({"end": dt.date(2020, 1, 1)}, []),
        ({"start": dt.date(2020, 1, 1), "end": dt.date.max}, [5, 4, 3, 2, 1]),
        ({"start": dt.date.max}, []),
        ({"start": dt.date.min, "end": dt.date.min}, []),
    ],
)
def test_a_search_finds_what_it_says(services: Services, search: dict[str, Any], expected: list[int]) -> None:
    assert found(services, **search) == expected


def test_days_are_those_of_the_fax_service(services: Services) -> None:
    today = services.audit.log(1).results[0]["at"].astimezone(services.settings.zone).date()
    assert found(services, start=today, end=today) == [5, 4, 3, 2, 1]
    assert found(services, start=today + dt.timedelta(days=1)) == []


def test_pages_follow_each_other(services: Services) -> None:
    pages = [services.audit.log(2, page=page) for page in (1, 2, 3, 4)]
    assert [[event["sequence"] for event in page.results] for page in pages] == [[5, 4], [3, 2], [1], []]
    assert {(page.total, page.per_page, page.pages) for page in pages} == {(5, 2, 3)}


@pytest.mark.parametrize(
    "search",
    [
        {"limit": 0},
        {"limit": 1_001},
        {"page": 0},
        {"page": 10**8},
        {"outcome": "x"},
        {"q": "a\n"},
        {"q": "a" * 201},
    ],
)
def test_what_cannot_be_searched_for_is_refused(services: Services, search: dict[str, Any]) -> None:
    with pytest.raises(FilterInvalid):
        services.audit.log(**search)


def test_only_administrators_may_read_it(services: Services) -> None:
    with acting(Actor("key:k9", "analyst")):
        for read in (
            services.audit.log,
            services.audit.verify,
            services.audit.export,
            services.audit.stream_csv,
            services.audit.stream_json,
            services.audit.actions,
        ):
            with pytest.raises(NotAllowed):
                read()


def test_an_export_holds_what_the_search_finds_and_is_noted(services: Services) -> None:
    lines = b"".join(services.audit.stream_csv(action="report")).decode()
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert [int(row["sequence"]) for row in rows] == [3, 2, 1]
    assert json.loads(rows[2]["details"]) == {"rows": 10}
    array = json.loads(b"".join(services.audit.stream_json(action="report")))
    assert [event["sequence"] for event in array] == [3, 2, 1]
    noted = services.audit.log(4).results[::2]
    assert [(note["action"], note["outcome"], note["details"]) for note in noted] == [
        ("audit.export", "done", {"events": 3})
    ] * 2


def test_an_export_of_nothing_is_an_empty_file(services: Services) -> None:
    assert json.loads(b"".join(services.audit.stream_json(q="nothing"))) == []
    assert b"".join(services.audit.stream_csv(q="nothing")).count(b"\r\n") == 1


def test_an_export_that_is_left_is_noted_as_failed(services: Services) -> None:
    stream = services.audit.export()
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert services.audit.log(1).results[0]["outcome"] == "failed"


def test_actions_are_listed_for_a_choice(services: Services) -> None:
    assert services.audit.actions() == ["key.create", "report.delete", "report.import", "reporting.x"]


def test_retention_removes_old_events_and_says_so(services: Services) -> None:
    at = services.audit.log(q="key.create").results[0]["at"]
    assert services.audit.prune(at) == 4
    assert found(services) == [6, 5]
    note = services.audit.log(1).results[0]
    assert (note["action"], note["details"]["events"]) == ("audit.prune", 4)
    verified = services.audit.verify()
    assert (verified.ok, verified.events, verified.first) == (True, 2, 5)
    assert len((services.settings.logs_folder / "audit.log").read_text("utf-8").splitlines()) == 2


def test_retention_without_old_events_writes_nothing(services: Services) -> None:
    assert services.audit.prune(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) == 0
    assert found(services) == [5, 4, 3, 2, 1]


def test_verifying_says_what_is_wrong(services: Services) -> None:
    assert services.audit.verify().ok
    log = services.settings.logs_folder / "audit.log"
    log.write_text("", "utf-8")
    assert services.audit.verify().problems == ["Events 1 to 5 are missing in audit.log."]


def test_a_file_that_cannot_be_read_is_an_error_of_ours(services: Services) -> None:
    log = services.settings.logs_folder / "audit.log"
    log.unlink()
    log.mkdir()
    with pytest.raises(AuditUnreadable):
        services.audit.verify()
