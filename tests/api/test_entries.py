"""Fax search over HTTP: pages, links, errors of a report, invalid queries."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from faxcloud.domain.entries import ENTRY_NAMES
from faxcloud.domain.filters import LAST_PAGE, Filters
from tests.api.serving import Server


def links(answer: httpx.Response) -> dict[str, str]:
    return {name: url for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["link"])}


def test_following_the_links_gives_every_fax_once(api: httpx.Client):
    answer = api.get("/api/v3/search", params={"per_page": 150, "sort": "line"})
    lines = []
    while True:
        lines += [row["line"] for row in answer.json()["results"]]
        if "next" not in links(answer):
            break
        answer = api.get(links(answer)["next"])
    assert lines == list(range(1, 401))
    assert answer.json() | {"results": []} == {
        "total": 400, "page": 3, "per_page": 150, "pages": 3, "results": [],
    }  # fmt: skip


def test_links_keep_the_filters_and_lead_back_from_beyond_the_end(api: httpx.Client):
    answer = api.get("/api/v3/search", params={"mode": "SF", "page": LAST_PAGE})
    assert answer.json()["results"] == []
    assert parse_qs(urlsplit(links(answer)["prev"]).query) == {"mode": ["SF"], "page": ["3"]}
    assert "next" not in links(answer)


def test_a_fax_has_the_names_of_the_contract(api: httpx.Client, report_id: str):
    (row,) = api.get(f"/api/v3/search/{report_id}", params={"per_page": 1}).json()["results"]
    assert tuple(row) == ENTRY_NAMES
    assert row["report_id"] == report_id


def test_the_errors_of_a_report_are_counted_named_and_listed(
    api: httpx.Client, server: Server, report_id: str
):
    invalid = server.services.summaries.summary(Filters()).values["invalid"]
    found = api.get(f"/api/v3/errors/{report_id}", params={"per_page": 2}).json()
    assert found["total_errors"] == found["error_entries"]["total"] == invalid
    assert len(found["error_entries"]["results"]) == 2
    assert all(row["erreurs"] for row in found["error_entries"]["results"])
    assert found["labels"].keys() == found["error_breakdown"].keys()
    assert found["labels"]["number.mobile"] == "Mobile number"


def test_labels_speak_the_reader_s_language(api: httpx.Client, report_id: str):
    french = api.get(f"/api/v3/errors/{report_id}", headers={"Accept-Language": "fr-FR,fr;q=0.9"}).json()
    english = api.get(f"/api/v3/errors/{report_id}").json()
    assert french["labels"] != english["labels"]
    assert french["error_breakdown"] == english["error_breakdown"]


@pytest.mark.parametrize(
    "path", ["search/20200101-000000-aaaaaa", "errors/x", "analytics/report/x", "export/x/csv"]
)
def test_a_report_that_is_not_there_is_no_empty_answer(path: str, api: httpx.Client):
    answer = api.get(f"/api/v3/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "store.report_not_found"


@pytest.mark.parametrize(
    "query",
    [
        "report=", "q=", "mode=%00", "status=maybe", "page=0", "page=10000001",
        "per_page=1001", "per_page=1e2",
        "start_date=2026-02-30", "end_date=2026-10-01&start_date=2026-10-02", "mode=SF&mode=RF",
        "start=2026-01-01",
        "report=a&report=a", "nothing=1&nothing=1", "weekday=8", "page=%D9%A1",
        "sort=number%3Bdrop", "pages_min=99999999999", "q=" + "9" * 201,
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_name(query: str, api: httpx.Client):
    answer = api.get(f"/api/v3/search?{query}")
    assert answer.status_code == 422
    document = answer.json()
    assert document["code"] == "query.filter_invalid"
    assert query.partition("=")[0].split("_")[0] in document["detail"]


def test_a_refusal_says_what_is_expected(api: httpx.Client):
    details = {
        query: api.get(f"/api/v3/{query}").json()["detail"]
        for query in ("stats?weekday=8", "breakdown", "rulesets?x=1", "timeline?grain=year", "stats?status=")
    }
    assert "a whole number from 1 to 7 is expected" in details["stats?weekday=8"]
    assert "one of user, mode, rule" in details["breakdown"]
    assert "no parameter is expected" in details["rulesets?x=1"]
    assert "one of hour, day, week, month is expected" in details["timeline?grain=year"]
    assert "valid or invalid is expected" in details["stats?status="]


def test_a_number_in_a_refused_filter_is_not_repeated(api: httpx.Client):
    answer = api.get("/api/v3/search", params={"q": "0145221134" * 21})
    assert answer.status_code == 422
    assert "0145221134" not in answer.text


def test_an_address_of_five_megabytes_gets_an_answer_at_once(server: Server):
    started = time.monotonic()
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        with contextlib.suppress(ConnectionError):  # it need not be read to the end
            connection.sendall(
                b"GET /api/v3/search?q=" + b"9" * 5_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
        answer = connection.recv(100)
    assert re.match(rb"HTTP/1.1 (400|414|431) ", answer)
    assert time.monotonic() - started < 5


def test_an_address_that_is_too_long_is_a_problem_document(api: httpx.Client):
    answer = api.get("/api/v3/stats", params={"q": "9" * 20_000})
    assert (answer.status_code, json.loads(answer.text)["code"]) == (414, "request.address_too_long")
