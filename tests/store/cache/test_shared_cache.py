"""Shared cache of several servers through Redis, and its absence. Needs `redis-server`."""

from __future__ import annotations

import datetime as dt
import logging
import pickle
from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pytest

from faxcloud.store.cache.cache import Cache, open_cache
from faxcloud.store.cache.shared_values import NotReadable, NotShareable, from_bytes, to_bytes
from tests.redis_server import RedisServer, running_redis

ROWS = [
    {"key": "é|x", "faxes": 3, "rate": 0.5, "billed": Decimal("1.50"), "none": None, "valid": True},
    {"first": dt.datetime.fromisoformat("2026-03-04T09:30:00.000005"), "day": dt.date(2026, 3, 4)},
]
LAKE = {"lake": 1}


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


def another_server(server: RedisServer, namespace: str = "lake") -> Cache:
    return open_cache(server.url, namespace)


def test_what_one_server_found_another_does_not_ask_again(server: RedisServer) -> None:
    one, two = another_server(server), another_server(server)
    assert one.get("rows", lambda: ROWS, depends=LAKE) == ROWS
    assert two.get("rows", list, depends=LAKE) == ROWS
    assert (two.stats().misses, two.stats().shared_hits) == (1, 1)


def test_a_newer_version_is_another_question_for_every_server(server: RedisServer) -> None:
    one, two = another_server(server), another_server(server)
    one.get("rows", lambda: "of version 1", depends=LAKE)
    assert two.get("rows", lambda: "of version 2", depends={"lake": 2}) == "of version 2"


def test_two_stores_in_one_redis_do_not_meet(server: RedisServer) -> None:
    another_server(server, "one").get("rows", lambda: 1, depends=LAKE)
    assert another_server(server, "two").get("rows", lambda: 2, depends=LAKE) == 2


def test_an_arrow_table_is_shared_whole(server: RedisServer) -> None:
    table = pa.table({"n": [1, 2, None], "at": [ROWS[1]["first"]] * 3})
    another_server(server).get("cube", lambda: table)
    assert another_server(server).get("cube", lambda: pa.table({})).equals(table)


def test_what_has_no_form_as_bytes_stays_where_it_was_made(server: RedisServer) -> None:
    one = another_server(server)
    kept = one.get("a", lambda: (1, 2))
    assert one.get("a", lambda: ()) is kept
    assert server.client.keys() == []
    assert one.stats().shared_failures == 0


def test_a_pickle_in_redis_is_never_opened(server: RedisServer) -> None:
    one = another_server(server)
    one.get("a", lambda: 1)
    [name] = server.client.keys()
    server.client.set(name, pickle.dumps(pytest.fail))
    assert another_server(server).get("a", lambda: 2) == 2


def test_clearing_empties_redis_too_but_not_what_others_keep_there(server: RedisServer) -> None:
    one = another_server(server)
    one.get("a", lambda: 1)
    server.client.set("of somebody else", 1)
    assert one.clear() == 1
    assert server.client.keys() == [b"of somebody else"]
    assert another_server(server).get("a", lambda: 2) == 2


def test_every_entry_in_redis_goes_after_its_time(server: RedisServer) -> None:
    another_server(server).get("a", lambda: 1)
    [name] = server.client.keys()
    assert 0 < server.client.ttl(name) <= 3600


def test_a_redis_that_dies_costs_answers_nothing_but_time(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    cache = another_server(server)
    assert cache.shared_answers() is True
    server.kill()
    with caplog.at_level(logging.WARNING):
        assert [cache.get(n, lambda n=n: n) for n in range(3)] == [0, 1, 2]
    assert len(caplog.records) == 1
    assert cache.stats().shared_failures == 1, "once away, it is not asked for every answer"
    assert cache.shared_answers() is False
    assert cache.clear() == 3


@pytest.mark.parametrize("value", [ROWS, [], {}, None, 3, "text", {"nested": [{"a": [None]}]}])
def test_values_come_back_as_they_were(value: object) -> None:
    assert from_bytes(to_bytes(value)) == value


@pytest.mark.parametrize("value", [(1,), {1: 2}, {"$": 1}, object(), [b"x"], dt.timedelta(1)])
def test_other_values_are_not_sent(value: object) -> None:
    with pytest.raises(NotShareable):
        to_bytes(value)


@pytest.mark.parametrize(
    "data", [b"", b"1", b"1J{", b"1Axyz", b"2J1", b'1J{"$":"x","is":""}', b'1J{"$":"date"}', b'1J{"$":[]}']
)
def test_other_bytes_are_not_believed(data: bytes) -> None:
    with pytest.raises(NotReadable):
        from_bytes(data)
