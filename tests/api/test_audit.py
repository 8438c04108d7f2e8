"""Audit log endpoints on a real server, and the audit events of API calls."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.serving import ADMIN_KEY, Server, served, with_sample

ADMIN = {"X-API-Key": ADMIN_KEY}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home: Path = tmp_path_factory.mktemp("audit") / "store"
    with_sample(home, 50)
    with served(home, admin_key=ADMIN_KEY) as found:
        yield found


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client(headers=ADMIN) as found:
        yield found


def calls(server: Server) -> list[dict[str, Any]]:
    """Newest first."""
    return server.services.audit.log(1_000, action="api.call").results


def test_the_log_is_a_page_with_links(client: httpx.Client) -> None:
    client.get("/api/v3/export/csv").read()
    answer = client.get("/api/admin/audit", params={"per_page": 1, "page": 2})
    page = answer.json()
    assert answer.status_code == 200
    assert (page["page"], page["per_page"], page["pages"]) == (2, 1, page["total"])
    assert len(page["results"]) == 1
    assert set(page["results"][0]) == {
        "sequence", "at", "actor", "actor_name", "address", "action", "resource", "outcome", "details",
        "hash",
    }  # fmt: skip
    assert {"first", "prev", "last"} <= set(answer.links)


def test_an_export_over_http_is_noted_with_its_key_and_address(client: httpx.Client) -> None:
    client.get("/api/v3/export/csv", params={"q": "33698765432"}).read()
    (event, *_) = client.get("/api/admin/audit", params={"action": "faxes.export"}).json()["results"]
    assert (event["actor"], event["address"], event["outcome"]) == ("key:environment", "127.0.0.1", "done")
    assert event["details"]["filters"] == ["q"]
    assert "33698765432" not in client.get("/api/admin/audit", params={"per_page": 1000}).text


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"action": "report"}, 1),
        ({"action": "report.import", "outcome": "done"}, 1),
        ({"resource": "report:none"}, 0),
        ({"q": "IMPORTED"}, 1),
        ({"start_date": "2020-01-01", "end_date": "2020-01-31"}, 0),
        ({"start_date": "2020-01-01", "end_date": "9999-12-31", "action": "report"}, 1),
    ],
)
def test_the_log_is_searched(client: httpx.Client, params: dict[str, str], found: int) -> None:
    assert client.get("/api/admin/audit", params=params).json()["total"] == found


@pytest.mark.parametrize(
    "params", [{"outcome": "x"}, {"start_date": "soon"}, {"page": "0"}, {"x": "1"}, {"action": ""}]
)
def test_a_search_that_means_nothing_is_refused(client: httpx.Client, params: dict[str, str]) -> None:
    answer = client.get("/api/admin/audit", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_log_is_exported(client: httpx.Client) -> None:
    answer = client.get("/api/admin/audit/export/csv", params={"action": "report"})
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["action"], json.loads(row["details"])["imported"]) == ("report.import", 50)
    array = client.get("/api/admin/audit/export/json", params={"action": "report"}).json()
    assert [event["action"] for event in array] == ["report.import"]


def test_the_log_is_verified(client: httpx.Client) -> None:
    found = client.get("/api/admin/audit/verify").json()
    assert (found["ok"], found["problems"], found["first"]) == (True, [], 1)
    assert len(found["head"]) == 64


def test_only_administrators_may_read_it(server: Server) -> None:
    key = server.services.keys.create("an analyst", "analyst").key
    with server.client() as somebody:
        for path in ("", "/verify", "/export/csv"):
            assert somebody.get(f"/api/admin/audit{path}", headers={"X-API-Key": key}).status_code == 403
            assert somebody.get(f"/api/admin/audit{path}").status_code == 401


def test_calls_that_change_something_are_noted_by_their_route(server: Server, client: httpx.Client) -> None:
    answer = client.request("DELETE", "/api/v3/reports/20200101-000000-abcdef", params={"x": "33698765432"})
    call = calls(server)[0]
    assert (call["actor"], call["address"]) == ("key:environment", "127.0.0.1")
    assert call["details"]["status"] == answer.status_code
    assert (call["details"]["method"], call["outcome"]) == ("DELETE", "refused")
    assert call["details"]["route"].endswith("/v3/reports/{report_id}")
    assert "33698765432" not in json.dumps(call, default=str)


def test_the_log_keeps_no_text_that_stood_where_an_id_belongs(server: Server, client: httpx.Client) -> None:
    number, name = "33698765432", "Jean Valjean"
    client.delete(f"/api/v3/reports/{number}")
    client.get(f"/api/v3/export/{number}/csv").read()
    client.get("/api/v3/export/csv", params={"report": name}).read()
    client.post("/api/v3/validate", json={"report_id": number, "dry_run": True})
    written = server.services.settings.logs_folder.joinpath("audit.log").read_text("utf-8")
    assert [text for text in (number, name) if text in written] == []


def test_the_log_says_the_names_of_keys(server: Server, client: httpx.Client) -> None:
    client.delete("/api/v3/reports/20200101-000000-abcdef")
    made = client.get("/api/admin/audit").json()["results"]
    names = {event["actor_name"] for event in made if event["actor"] == "key:environment"}
    assert names == {"FAXCLOUD_ADMIN_KEY"}


def test_calls_that_read_are_noted_only_where_it_is_asked_for(server: Server, client: httpx.Client) -> None:
    before = len(calls(server))
    assert client.get("/api/v3/stats").status_code == 200
    assert len(calls(server)) == before


def test_calls_that_the_access_check_refuses_are_not_audited_twice(server: Server) -> None:
    before = len(calls(server))
    with server.client() as somebody:
        assert somebody.delete("/api/v3/reports/20200101-000000-abcdef").status_code == 401
    assert len(calls(server)) == before


def test_guessing_paths_without_a_key_does_not_fill_the_log(server: Server, client: httpx.Client) -> None:
    before = len(calls(server))
    with server.client() as somebody:
        assert somebody.post("/api/nothing").status_code == 404
        assert somebody.put("/api/v3/stats").status_code == 405
    assert len(calls(server)) == before
    assert client.put("/api/v3/stats").status_code == 405
    assert len(calls(server)) == before + 1


def test_every_call_is_noted_where_it_is_asked_for(tmp_path: Path) -> None:
    with served(tmp_path / "store", audit_api=1.0) as server, server.client() as client:
        for _ in range(3):
            client.get("/api/v3/stats")
        client.get("/api/nothing")
        noted = [(call["details"]["method"], call["outcome"]) for call in calls(server)]
        assert noted == [("GET", "refused")] + [("GET", "done")] * 3
        assert server.services.audit.verify().ok
