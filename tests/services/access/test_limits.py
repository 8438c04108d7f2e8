"""Rate limits, in memory and with Redis."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from faxcloud.config import Settings
from faxcloud.services.access.limits import Limits, client_of
from faxcloud.store.cache.request_windows import RequestWindows
from tests.redis_server import RedisServer, running_redis

HERE = "GET /api/v3/stats"


def limits(rate: str = "3/minute", **settings: str) -> Limits:
    return Limits(Settings(rate_limit=rate, **settings))


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.mark.parametrize("rate", ["3/minute", "3/hour", "3/day"])
def test_as_many_are_allowed_as_the_limit_says_and_no_more(rate: str) -> None:
    judged = limits(rate)
    verdicts = [judged.hit(HERE, "a") for _ in range(5)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 3 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
    assert all(0 < verdict.reset_s <= verdict.window_s for verdict in verdicts)


def test_a_refused_request_does_not_make_the_wait_longer() -> None:
    judged = limits()
    waits = [judged.hit(HERE, "a").reset_s for _ in range(20)]
    assert waits == sorted(waits, reverse=True)


def test_the_window_moves() -> None:
    windows = RequestWindows()
    assert [windows.acquire_entry("a", 1, 1) for _ in range(2)] == [True, False]
    began = threading.Event()
    assert not began.wait(1.01)  # the window itself: nothing else moves it
    assert windows.acquire_entry("a", 1, 1)


def test_clients_and_endpoints_are_counted_apart() -> None:
    judged = limits("1/minute")
    assert judged.hit(HERE, "a").allowed
    assert judged.hit(HERE, "b").allowed
    assert judged.hit("GET /api/v3/search", "a").allowed
    assert not judged.hit(HERE, "a").allowed


def test_a_role_may_have_a_limit_of_its_own() -> None:
    judged = limits("1/minute", role_rate_limits="admin=5/second")
    assert judged.hit(HERE, "a", "admin").limit == 5
    assert judged.hit(HERE, "b", "viewer").limit == 1
    assert judged.hit(HERE, "c").limit == 1


def test_a_high_limit_holds_too() -> None:
    judged = limits("10001/day")
    allowed = sum(judged.hit(HERE, "a").allowed for _ in range(10_101))
    assert allowed == 10_001
    assert judged.hit(HERE, "a").reset_s > 0


def test_threads_together_get_no_more_than_one_would() -> None:
    judged, allowed = limits("100/minute"), []

    def ask() -> None:
        allowed.extend(judged.hit(HERE, "a").allowed for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), sum(allowed)) == (200, 100)


def test_many_addresses_take_bounded_memory() -> None:
    windows = RequestWindows(most=100)
    for number in range(1_000):
        windows.acquire_entry(f"a{number}", 5, 60)
    assert windows.size == 100
    assert windows.get_moving_window("a999", 5, 60)[1] == 1


def test_requests_clients_and_refusals_are_counted_by_endpoint() -> None:
    judged = limits("2/minute")
    for client in ("a", "a", "a", "b"):
        judged.hit(HERE, client)
    assert judged.stats() == {HERE: {"unique_clients": 2, "total_requests": 4, "limited": 1}}


@pytest.mark.parametrize(
    ("actor", "address", "client"),
    [
        ("key:k1", "192.0.2.1", "key:k1"),
        ("user:dr@example.org", "192.0.2.1", "user:dr@example.org"),
        ("local", "127.0.0.1", "127.0.0.1"),
        (None, "192.0.2.1", "192.0.2.1"),
        (None, "::ffff:192.0.2.1", "192.0.2.1"),
        (None, "2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"),
        (None, "fe80::1%eth0", "fe80::/64"),
        (None, "testclient", "testclient"),
    ],
)
def test_a_client_is_known_by_its_key_else_by_its_address(
    actor: str | None, address: str, client: str
) -> None:
    assert client_of(actor, address) == client


@pytest.mark.parametrize("rate", ["4/minute", "20000/minute"])
def test_servers_over_one_redis_limit_together(server: RedisServer, rate: str) -> None:
    one, two = (limits(rate, redis_url=server.url) for _ in range(2))
    for judged in (one, two):
        assert judged.hit(HERE, "a").allowed
    verdict = one.hit(HERE, "a")
    assert verdict.remaining == verdict.limit - 3
    assert 0 <= verdict.reset_s <= 60
    keys = server.client.keys()
    assert keys
    assert all(key.startswith(b"faxcloud:limits:") for key in keys)


def test_a_refusal_by_redis_says_how_long_to_wait(server: RedisServer) -> None:
    judged = limits("1/minute", redis_url=server.url)
    assert [judged.hit(HERE, "a").allowed for _ in range(2)] == [True, False]
    assert 0 < judged.hit(HERE, "a").reset_s <= 60


def test_while_redis_is_away_each_server_limits_on_its_own(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    judged = limits("2/minute", redis_url=server.url)
    judged.hit(HERE, "a")
    server.kill()
    with caplog.at_level(logging.WARNING):
        assert [judged.hit(HERE, "a").allowed for _ in range(3)] == [True, True, False]
    assert len(caplog.records) == 1
    assert judged.failures == 1
