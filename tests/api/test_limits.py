"""Rate limits as a client sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.watched import Watched, client_of, watched

ROUTE = "/api/v3/reports/{report_id}"
REPORT = "/api/v3/reports/r1"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Watched]:
    with watched(
        tmp_path / "store",
        rate_limit="3/minute",
        role_rate_limits="admin=5/minute",
        admin_key="test-key-1234",
    ) as opened:
        yield opened


@pytest.fixture
def client(opened: Watched) -> Iterator[httpx.Client]:
    with client_of(opened) as client:
        yield client


def test_every_answer_says_how_many_requests_are_left(client: httpx.Client) -> None:
    answer = client.get(REPORT)
    assert answer.headers["RateLimit-Policy"] == '"default";q=3;w=60'
    assert answer.headers["RateLimit"] == '"default";r=2;t=60'


def test_the_one_too_many_is_a_problem_that_says_when_to_come_back(client: httpx.Client) -> None:
    answers = [client.get(REPORT) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "limits.exceeded"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"].startswith('"default";r=0;t=')
    assert refused.headers["RateLimit-Policy"] == '"default";q=3;w=60'


def test_an_endpoint_is_one_whatever_id_is_asked_for(opened: Watched, client: httpx.Client) -> None:
    statuses = [client.get(f"/api/v3/reports/r{number}").status_code for number in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert set(opened.limits.stats()) == {f"GET {ROUTE}"}


def test_health_has_no_limit(opened: Watched, client: httpx.Client) -> None:
    assert [client.get("/api/v3/health").status_code for _ in range(10)] == [200] * 10
    assert opened.limits.stats() == {}
    assert client.get(REPORT).headers["RateLimit"] == '"default";r=2;t=60'


def test_guessing_addresses_is_one_endpoint_too(opened: Watched, client: httpx.Client) -> None:
    assert [client.get(f"/api/{guess}").status_code for guess in "abcd"] == [404, 404, 404, 429]
    assert opened.limits.stats() == {"(none)": {"unique_clients": 1, "total_requests": 4, "limited": 1}}


def test_a_key_has_a_count_and_a_limit_of_its_own(client: httpx.Client) -> None:
    for _ in range(4):
        client.get(REPORT)
    answer = client.get(REPORT, headers={"X-API-Key": "test-key-1234"})
    assert answer.status_code == 200
    assert answer.headers["RateLimit"] == '"default";r=4;t=60'


def test_errors_say_it_too(client: httpx.Client) -> None:
    answer = client.get("/api/admin/metrics")
    assert answer.status_code == 401
    assert answer.headers["RateLimit"] == '"default";r=2;t=60'


def test_what_was_limited_is_counted_as_traffic(opened: Watched, client: httpx.Client) -> None:
    for _ in range(5):
        client.get(REPORT)
    counted = opened.traffic.endpoints()[f"GET {ROUTE}"]
    # The first request opened the store.
    assert counted.statuses == {200: 2, 429: 2}
    assert sum(counted.buckets) == 4
    assert opened.traffic.open == 0


def test_web_sockets_count_when_they_are_opened(opened: Watched, client: httpx.Client) -> None:
    url = f"ws://{client.base_url.netloc.decode()}/api/v3/stream"
    for left in (2, 1, 0):
        with connect(url) as socket:
            assert socket.response is not None
            assert socket.response.headers["RateLimit"] == f'"default";r={left};t=60'
    with pytest.raises(InvalidStatus) as refused, connect(url):
        pass
    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) <= 60
    counted = opened.traffic.endpoints()["WS /api/v3/stream"]
    assert counted.statuses == {101: 2, 429: 1}  # the first one opened the store


def test_invented_methods_are_one_too(opened: Watched, client: httpx.Client) -> None:
    client.get(REPORT)  # opens the store
    for method in ("BREW", "WHEN", "PROPFIND"):
        client.request(method, REPORT)
    assert set(opened.limits.stats()) == {f"GET {ROUTE}", f"OTHER {ROUTE}"}
