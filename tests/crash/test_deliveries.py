"""Webhook deliveries when servers are killed, and with two servers on one store."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud.services.webhooks.endpoints import Webhooks
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.records.events import emit
from tests.crash.delivering import opened
from tests.waiting import wait_until
from tests.webhook_receiver import Receiver, hang, receiving, status

ROOT = Path(__file__).parents[2]


class Store:
    """A store with a webhook, seen from outside of the servers that deliver from it."""

    def __init__(self, home: Path, catalogue: Catalogue, webhooks: Webhooks) -> None:
        self.home = home
        self.catalogue = catalogue
        self.webhooks = webhooks
        self.servers: list[subprocess.Popen[bytes]] = []

    def serve(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.crash.delivering", str(self.home)]
        self.servers.append(subprocess.Popen(command, cwd=ROOT))
        return self.servers[-1]

    def emit(self, count: int) -> None:
        for n in range(count):
            with self.catalogue.write() as conn:
                emit(conn, "error", {"n": n})

    def deliveries(self) -> list[dict[str, Any]]:
        return list(self.webhooks.deliveries(per_page=500)["results"])

    def wait_until_delivered(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def is_delivered() -> bool:
            found[:] = self.deliveries()
            return all(delivery["state"] == "delivered" for delivery in found)

        wait_until(is_delivered, 0.05)
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def store(tmp_path: Path, receiver: Receiver) -> Iterator[Store]:
    catalogue, _, webhooks = opened(tmp_path)
    receiver.secret = webhooks.register(receiver.url, "error")["secret"]
    made = Store(tmp_path, catalogue, webhooks)
    yield made
    for server in made.servers:
        server.kill()
        server.wait(30)
    catalogue.close()


def test_what_a_killed_server_was_sending_is_sent_by_the_next(store: Store, receiver: Receiver) -> None:
    receiver.behaviours = [hang]
    store.emit(3)
    first = store.serve()
    receiver.wait_for(1)
    first.kill()
    first.wait(30)
    store.serve()
    found = store.wait_until_delivered()
    attempts = {delivery["delivery_id"]: delivery["attempts"] for delivery in found}
    interrupted, done = attempts[receiver.ids[0]]
    assert (interrupted["seconds"], interrupted["status"]) == (None, None)
    assert done["status"] == 204
    assert Counter(receiver.ids) == {message_id: len(each) for message_id, each in attempts.items()}
    assert all(request.verified for request in receiver.received)


def test_nothing_is_lost_however_often_servers_are_killed(store: Store, receiver: Receiver) -> None:
    store.emit(30)
    kills = 0
    for count in (4, 9, 15, 22):
        server = store.serve()
        receiver.wait_for(count)
        server.kill()
        server.wait(30)
        kills += 1
    store.serve()
    found = store.wait_until_delivered()
    assert len(found) == 30
    came = Counter(receiver.ids)
    assert set(came) == {delivery["delivery_id"] for delivery in found}
    assert {request.message["data"]["n"] for request in receiver.received} == set(range(30))
    # One webhook is sent one message at a time: a kill interrupts one, which comes twice at most for it.
    assert sum(came.values()) <= 30 + kills


def test_two_servers_on_one_store_make_each_attempt_once(store: Store, receiver: Receiver) -> None:
    receiver.behaviours = [status(500), status(503)] * 10
    with receiving() as second, receiving() as third:
        for other in (second, third):
            other.secret = store.webhooks.register(other.url, "error")["secret"]
        for _ in range(2):
            store.serve()
        store.emit(20)
        found = store.wait_until_delivered()
        came = Counter(receiver.ids + second.ids + third.ids)
    assert came == {delivery["delivery_id"]: len(delivery["attempts"]) for delivery in found}
    assert (len(found), sum(came.values())) == (60, 80)
