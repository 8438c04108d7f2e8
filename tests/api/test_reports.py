"""Reports, re-validations and rulesets over HTTP."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from faxcloud.services.sample.export import write_sample
from tests.api.serving import Server, served

HOSTILE_RECORD = "=cmd|' /C calc'!A0;SF"
ROWS = 300


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three reports, the newest with a record that was rejected."""
    folder = tmp_path_factory.mktemp("reports")
    with served(folder / "store") as running:
        for seed in (1, 2, 3):
            path = write_sample(folder / f"{seed}.csv", ROWS, seed=seed).path
            if seed == 3:
                path.write_bytes(path.read_bytes() + f"{HOSTILE_RECORD}\r\n".encode("cp1252"))
            running.services.imports.import_file(path)
        yield running


def test_reports_are_listed_newest_first_page_by_page(api: httpx.Client):
    found = api.get("/api/v3/reports", params={"per_page": 2})
    document = found.json()
    assert (document["total"], document["pages"]) == (3, 2)
    assert [row["file"] for row in document["results"]] == ["3.csv", "2.csv"]
    assert 'rel="next"' in found.headers["link"]
    assert (
        api.get("/api/v3/reports", params={"page": 2, "per_page": 2}).json()["results"][0]["file"] == "1.csv"
    )
    assert api.get("/api/v3/reports", params={"state": "failed"}).json()["total"] == 0


def test_rejected_records_come_with_line_and_reason_and_run_nothing(api: httpx.Client, report_id: str):
    answer = api.get(f"/api/v3/reports/{report_id}/rejects", params={"separator": ";", "bom": "1"})
    assert answer.headers["content-disposition"] == f'attachment; filename="rejects-{report_id}.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert (row["line"], row["reason"]) == (str(ROWS + 1), "columns.few")
    assert row["text"] == f'="{HOSTILE_RECORD}"'


def test_a_deleted_report_is_gone_with_its_faxes(server: Server, api: httpx.Client, tmp_path: Path):
    sample = write_sample(tmp_path / "more.csv", 20, seed=8).path
    report_id = server.services.imports.import_file(sample).report_id
    assert api.delete(f"/api/v3/reports/{report_id}").status_code == 204
    for method in ("GET", "DELETE"):
        answer = api.request(method, f"/api/v3/reports/{report_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "store.report_not_found")
    assert api.get("/api/v3/stats").json()["total"] == 3 * ROWS


def test_a_trial_counts_what_would_change_and_changes_nothing(api: httpx.Client):
    before = api.get("/api/v3/stats").json()
    found = api.post("/api/v3/validate", json={"ruleset": "faxcloud-1", "dry_run": True})
    assert found.status_code == 200
    document = found.json()
    assert document["dry_run"] is True
    assert document["scanned"] == 3 * ROWS
    assert document["newly_valid"] == before["by_rule"]["number.mobile"] > 0
    assert api.get("/api/v3/stats").json() == before
    run = api.get(f"/api/v3/validation-runs/{document['run_id']}").json()
    assert (run["state"], run["changed"]) == ("done", document["changed"])
    assert "owner" not in run


def test_judging_by_another_ruleset_changes_every_number_at_once(api: httpx.Client):
    before = api.get("/api/v3/stats").json()
    run = api.post("/api/v3/validate", json={"ruleset": "faxcloud-1"}).json()
    after = api.get("/api/v3/stats").json()
    assert after["valid"] == before["valid"] + run["newly_valid"] - run["newly_invalid"]
    assert "number.mobile" not in after["by_rule"]
    assert api.get("/api/v3/rulesets").json()["active"] == "faxcloud-1"
    assert api.post("/api/v3/validate", json={"ruleset": "faxcloud-3"}).status_code == 200
    assert api.get("/api/v3/stats").json()["by_rule"] == before["by_rule"]


def test_a_run_that_nobody_waits_for_is_found_at_its_address(api: httpx.Client):
    answer = api.post("/api/v3/validate", json={}, headers={"Prefer": "respond-async"})
    if answer.status_code == 200:  # it was over before there was anything to wait for
        run_id = answer.json()["run_id"]
    else:
        assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")
        run_id = answer.json()["run_id"]
        assert answer.headers["location"] == f"/api/v3/validation-runs/{run_id}"
    ends = time.monotonic() + 30
    while api.get(f"/api/v3/validation-runs/{run_id}").json()["state"] != "done":
        assert time.monotonic() < ends
    assert api.get("/api/v3/validation-runs").json()["results"][0]["run_id"] == run_id


def test_a_report_is_put_under_another_contract_and_period(api: httpx.Client):
    path = f"/api/v3/reports/{api.get('/api/v3/reports').json()['results'][0]['report_id']}"
    edited = api.patch(path, json={"contract": "C7", "start": "2026-03-01", "end": "2026-03-31"})
    assert edited.status_code == 200
    assert edited.json() == api.get(path).json()
    kept = api.patch(path, json={"end": None}).json()
    assert (kept["contract"], kept["start"], kept["end"]) == ("C7", "2026-03-01", None)
    assert api.patch(path, json={}).json() == kept


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ({"start": "2026-03-02", "end": "2026-03-01"}, "request.report_edit"),
        ({"contract": "x" * 201}, "request.invalid"),
        ({"start": "hier"}, "request.invalid"),
        ({"start": 0}, "request.invalid"),
        ({"end": "2026-03-01T00:00:00"}, "request.invalid"),
        ({"file": "other.csv"}, "request.invalid"),
    ],
)
def test_an_edit_that_no_report_can_have_is_refused(edit: dict[str, str], code: str, api: httpx.Client):
    path = f"/api/v3/reports/{api.get('/api/v3/reports').json()['results'][1]['report_id']}"
    answer = api.patch(path, json=edit)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "Value error" not in answer.text
    assert api.get(path).json()["contract"] is None


def test_no_edit_without_a_report(api: httpx.Client):
    assert api.patch("/api/v3/reports/20260101-000000-aaaaaa", json={"contract": "C"}).status_code == 404


def test_one_run_at_a_time(server: Server, api: httpx.Client):
    validation = server.services.validation
    answers: list[httpx.Response] = []

    def post_meanwhile(_run_id: str) -> None:
        answers.append(api.post("/api/v3/validate", json={}))

    validation.run(begun=post_meanwhile)
    (answer,) = answers
    assert (answer.status_code, answer.json()["code"]) == (409, "validation.running")


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        ({"ruleset": "none-such"}, 404, "rules.ruleset_not_found"),
        ({"report_id": "none-such"}, 404, "store.report_not_found"),
        ({"rules": "faxcloud-1"}, 422, "request.invalid"),
        ({"dry_run": "yes"}, 422, "request.invalid"),
    ],
)
def test_an_order_that_cannot_be_followed_is_refused(
    order: dict[str, object], status: int, code: str, api: httpx.Client
):
    answer = api.post("/api/v3/validate", json=order)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_rulesets_are_shown_with_their_rules_in_both_languages(api: httpx.Client):
    shelf = api.get("/api/v3/rulesets").json()
    assert {ruleset["id"] for ruleset in shelf["rulesets"]} == {"faxcloud-1", "faxcloud-3"}
    assert shelf["errors"] == {}
    ruleset = api.get("/api/v3/rulesets/faxcloud-3").json()
    mobile = next(rule for rule in ruleset["rules"] if rule["id"] == "number.mobile")
    assert (mobile["severity"], mobile["label"]["en"]) == ("error", "Mobile number")
    assert mobile["label"]["fr"] != mobile["label"]["en"]
    assert api.get("/api/v3/rulesets/none-such").status_code == 404


def test_a_broken_ruleset_hides_no_other(api: httpx.Client, server: Server):
    folder = server.services.settings.rulesets_folder
    folder.mkdir(exist_ok=True)
    broken = folder / "broken.toml"
    broken.write_text("id = ", encoding="utf-8")
    try:
        shelf = api.get("/api/v3/rulesets").json()
        assert len(shelf["rulesets"]) == 2
        assert shelf["errors"]["broken.toml"]["code"] == "rules.ruleset_invalid"
    finally:
        broken.unlink()
