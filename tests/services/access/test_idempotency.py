"""Idempotency keys: one response each, for a day, across restarts and crashes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxcloud.errors import KeyUsedOtherwise, RequestUnderway
from faxcloud.services.access.idempotency import KEPT, Idempotency, Replay
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.records.idempotency import begin_request

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ANSWER = {"body": "{}", "headers": {}}


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = open_catalogue(f"sqlite:///{tmp_path / 'catalogue.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> list[dt.datetime]:
    return [NOW]


@pytest.fixture
def requests(catalogue: Catalogue, clock: list[dt.datetime]) -> Idempotency:
    return Idempotency(catalogue, lambda: clock[0])


def test_the_first_request_is_done_and_the_second_one_answered(requests: Idempotency):
    assert requests.begin("a", "key", "print") is None
    requests.finish("a", "key", 201, ANSWER)
    assert requests.begin("a", "key", "print") == Replay(201, ANSWER)


def test_another_server_gives_the_same_answer(requests: Idempotency, catalogue: Catalogue):
    requests.begin("a", "key", "print")
    requests.finish("a", "key", 201, ANSWER)
    assert Idempotency(catalogue, lambda: NOW).begin("a", "key", "print") == Replay(201, ANSWER)


def test_the_same_key_of_another_client_is_another_key(requests: Idempotency):
    requests.begin("a", "key", "print")
    assert requests.begin("b", "key", "print") is None


def test_a_key_belongs_to_one_request(requests: Idempotency):
    requests.begin("a", "key", "print")
    with pytest.raises(KeyUsedOtherwise):
        requests.begin("a", "key", "another")
    requests.finish("a", "key", 201, ANSWER)
    with pytest.raises(KeyUsedOtherwise):
        requests.begin("a", "key", "another")


def test_a_key_is_busy_while_its_request_is_at_work(requests: Idempotency):
    requests.begin("a", "key", "print")
    with pytest.raises(RequestUnderway):
        requests.begin("a", "key", "print")


def test_a_forgotten_key_can_be_used_again(requests: Idempotency):
    requests.begin("a", "key", "print")
    requests.forget("a", "key")
    assert requests.begin("a", "key", "another") is None


def test_an_answer_is_kept_for_a_day(requests: Idempotency, clock: list[dt.datetime]):
    requests.begin("a", "key", "print")
    requests.finish("a", "key", 201, ANSWER)
    clock[0] += KEPT
    assert requests.begin("a", "key", "print") == Replay(201, ANSWER)
    clock[0] += dt.timedelta(seconds=1)
    assert requests.begin("a", "key", "another") is None


def test_a_key_whose_server_has_died_is_free(requests: Idempotency, catalogue: Catalogue):
    with catalogue.write() as conn:
        begin_request(conn, "a", "key", "print", "elsewhere|1|0.00", NOW - dt.timedelta(hours=2))
    assert requests.begin("a", "key", "print") is None
