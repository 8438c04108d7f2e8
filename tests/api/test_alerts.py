"""Alert endpoints on a real server: `/api/v3/alerts` and `/api/v3/alert-rules`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from faxcloud.services.sample.export import sample_path
from tests.api.serving import Server, served

RULE = {"name": "Compliance", "metric": "compliance_rate", "comparison": "below", "threshold": 1.0}
NAMES = ("All rows", "Half of them")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One alert is open, one acknowledged; there is no key yet."""
    with served(tmp_path_factory.mktemp("alerts") / "store") as running:
        running.services.imports.import_file(sample_path())
        with running.client() as client:
            rules = [RULE | {"name": name, "window_days": 30 * place} for place, name in enumerate(NAMES, 1)]
            assert client.put("/api/v3/alert-rules", json={"alert_rules": rules}).status_code == 200
        running.services.alerts.evaluate()
        running.services.alerts.acknowledge(running.services.alerts.open_alerts()[0].alert_id)
        yield running


@pytest.fixture
def api(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def test_alerts_are_listed_by_state_and_page(api: httpx.Client) -> None:
    assert api.get("/api/v3/alerts", params={"state": "open"}).json()["total"] == 1
    assert api.get("/api/v3/alerts", params={"state": "resolved"}).json()["total"] == 0
    found = api.get("/api/v3/alerts", params={"per_page": 1})
    assert (found.json()["total"], found.json()["pages"], len(found.json()["results"])) == (2, 2, 1)
    assert 'rel="next"' in found.headers["link"]
    assert api.get("/api/v3/alerts", params={"state": "shut"}).status_code == 422


def test_an_alert_tells_what_was_measured(api: httpx.Client, server: Server) -> None:
    [row] = api.get("/api/v3/alerts", params={"state": "open"}).json()["results"]
    shown = {"start_date": row["start_date"], "end_date": row["end_date"]}
    stats = api.get("/api/v3/stats", params=shown).json()
    assert (row["value"], row["faxes"]) == (stats["compliance_rate"], stats["total"])
    assert (row["seconds_to_acknowledge"], row["resolved_at"]) == (None, None)


def test_an_alert_is_acknowledged_and_resolved_once(server: Server, api: httpx.Client) -> None:
    [row] = api.get("/api/v3/alerts", params={"state": "acknowledged"}).json()["results"]
    address = f"/api/v3/alerts/{row['alert_id']}"
    again = api.post(f"{address}/acknowledge")
    assert (again.status_code, again.json()["acknowledged_at"]) == (200, row["acknowledged_at"])
    resolved = api.post(f"{address}/resolve").json()
    assert resolved["state"] == "resolved"
    assert resolved["seconds_to_resolve"] >= resolved["seconds_to_acknowledge"]
    refused = api.post(f"{address}/acknowledge")
    assert (refused.status_code, refused.json()["code"]) == (409, "alert.is_resolved")
    assert api.post("/api/v3/alerts/unknown/acknowledge").status_code == 404


def test_what_is_exported_is_imported(api: httpx.Client) -> None:
    document: dict[str, Any] = api.get("/api/v3/alert-rules").json()
    assert [rule["name"] for rule in document["alert_rules"]] == sorted(NAMES)
    answer = api.put("/api/v3/alert-rules", json=document)
    assert answer.json() == {"added": 0, "replaced": 2}
    assert api.get("/api/v3/alert-rules").json() == document


@pytest.mark.parametrize(
    "wrong", [{"threshold": 95}, {"metric": "faxe"}, {"scope": "user"}, {"comparison": "equals"}, {"more": 1}]
)
def test_a_rule_that_is_not_right_changes_nothing(api: httpx.Client, wrong: dict[str, Any]) -> None:
    before = api.get("/api/v3/alert-rules").json()
    rules = [RULE | {"name": "new"}, RULE | wrong]
    answer = api.put("/api/v3/alert-rules", json={"alert_rules": rules})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert api.get("/api/v3/alert-rules").json() == before
