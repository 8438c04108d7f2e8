"""Problem documents: one format for every error."""

from __future__ import annotations

import logging
import re

import httpx
import pytest

from faxcloud import errors
from faxcloud.api.http.problems import STATUSES, status_of_kind, title_of
from faxcloud.api.routes.documentation import page
from faxcloud.errors import FaxCloudError
from tests.api.serving import Server


def kinds() -> list[type[FaxCloudError]]:
    found = vars(errors).values()
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, FaxCloudError)]


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == f"/api/docs#{code}"
    assert document["title"]
    assert document["detail"].endswith(".")


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_and_a_title(kind: type[FaxCloudError]):
    assert 400 <= status_of_kind(kind) < 500 or status_of_kind(kind) in (500, 503, 507)
    assert re.fullmatch(r"[A-Z][a-z ]+", title_of(kind))


def test_the_table_names_no_class_that_says_the_same_as_the_one_above_it():
    for kind, status in STATUSES.items():
        above = next((STATUSES[each] for each in kind.__mro__[1:] if each in STATUSES), None)
        assert status != above, f"{kind.__name__} says {status} twice"


@pytest.mark.parametrize(
    "path", ["/api/v3/nothing", "/api/v3/stats/", "/api/v2/stats", "/api/", "/api/v3/%00", "/api/a%0Ab"]
)
def test_where_there_is_nothing_a_problem_says_so(path: str, api: httpx.Client):
    assert_problem(api.get(path), 404, "http.not_found")


def test_a_method_that_is_not_possible_is_told_which_are(api: httpx.Client):
    answer = api.put("/api/v3/reports")
    assert_problem(answer, 405, "http.method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("body", ["", "{", '{"url": 1}', "[]", "null", '{"ruleset": "a b"}', '{"dry": true}'])
def test_a_body_that_is_not_understood_is_refused(body: str, api: httpx.Client):
    answer = api.post("/api/v3/validate", content=body or "{", headers={"Content-Type": "application/json"})
    if body == "null":  # no order is the default order
        assert answer.status_code == 200
    else:
        assert answer.status_code == 422
        assert answer.json()["code"] == "request.invalid"


def test_a_body_that_is_too_large_is_refused(api: httpx.Client):
    answer = api.post("/api/v3/validate", json={"ruleset": "x" * 2_000_000})
    assert_problem(answer, 413, "http.content_too_large")


def test_an_unexpected_error_is_a_number_that_the_log_explains(
    server: Server, api: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(type(server.services.reports), "list", lambda _reports: 1 / 0)
    with caplog.at_level(logging.ERROR, "faxcloud.api.http.problems"):
        answer = api.get("/api/v3/reports")
    assert_problem(answer, 500, "server.incident")
    assert answer.json()["incident"] in caplog.text
    assert "division" in caplog.text
    assert "division" not in answer.text


def test_every_answer_has_the_headers_that_protect_it(api: httpx.Client):
    for path in ("v3/stats", "v3/nothing", "v3/export/csv", "docs", "openapi.json"):
        answer = api.get(f"/api/{path}")
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_documentation_needs_no_other_site_and_no_script(api: httpx.Client):
    answer = api.get("/api/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script" not in answer.text.lower().replace("description", "")
    assert not re.search(r"(src|href)=['\"]?(https?:)?//", answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for kind in kinds():
        assert f"id='{kind.code}'" in answer.text


def test_the_documentation_shows_every_endpoint_and_escapes_what_it_shows(api: httpx.Client):
    document = api.get("/api/openapi.json").json()
    text = page(document)
    for path in document["paths"]:
        assert f"/api{path}" in text
    document["paths"]["/v3/stats"]["get"]["description"] = "<b onclick=x>"
    assert "<b onclick" not in page(document)
