"""Webhooks: registration, list, test, replay, deletion, permissions."""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud.errors import (
    DeliveryNotFound,
    DestinationRefused,
    EventUnknown,
    NotAllowed,
    WebhookDisabled,
    WebhookNotFound,
)
from faxcloud.services.actors import Actor, acting
from faxcloud.services.journal import Journal
from faxcloud.services.webhooks.deliveries import Deliverer
from faxcloud.services.webhooks.destinations import Destinations
from faxcloud.services.webhooks.endpoints import EVENTS, MOST_PER_PAGE, Webhooks
from faxcloud.services.webhooks.posting import new_secret, signature
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.encryption import Encryption
from faxcloud.store.records.events import emit
from tests.webhook_receiver import LOOPBACK, Receiver, receiving, status


class World:
    def __init__(self, folder: Path) -> None:
        self.catalogue: Catalogue = open_catalogue(
            f"sqlite:///{(folder / 'catalogue.sqlite').as_posix()}", Encryption(folder / "keys")
        )
        self.log = folder / "logs" / "audit.log"
        journal = Journal(self.catalogue, AuditTrail(folder / "keys", folder / "logs"))
        destinations = Destinations((ipaddress.ip_network(LOOPBACK),))
        self.deliverer = Deliverer(self.catalogue, journal, destinations, delays_s=(0,))
        self.webhooks = Webhooks(self.catalogue, journal, destinations, self.deliverer)

    def emit(self, **data: Any) -> None:
        with self.catalogue.write() as conn:
            emit(conn, "error", data)

    def audited(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.catalogue.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def registered(world: World, receiver: Receiver) -> str:
    made = world.webhooks.register(receiver.url, "error")
    receiver.secret = made["secret"]
    return made["webhook_id"]


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in secrets} == {32}


def test_the_signature_is_that_of_the_specifications_example() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_event_that_services_tell_of_can_be_registered(world: World, receiver: Receiver) -> None:
    assert EVENTS == ("upload_complete", "error", "validation_complete", "export_complete", "alert")
    for event in EVENTS:
        world.webhooks.register(receiver.url, event)
    listed = world.webhooks.list()
    assert [webhook["event"] for webhook in listed["webhooks"].values()] == list(EVENTS)
    assert listed["count"] == len(EVENTS)


def test_a_list_holds_everything_but_the_secret(world: World, receiver: Receiver) -> None:
    webhook_id = registered(world, receiver)
    [webhook] = world.webhooks.list()["webhooks"].values()
    assert webhook.pop("created_at").tzinfo is not None
    assert webhook == {
        "url": receiver.url,
        "event": "error",
        "created_by": "system",
        "disabled_at": None,
        "disabled_reason": None,
        "deliveries": {"pending": 0, "delivered": 0, "failed": 0},
    }
    assert webhook_id.startswith("wh_")


def test_what_cannot_be_registered_leaves_nothing(world: World, receiver: Receiver) -> None:
    with pytest.raises(EventUnknown, match="upload_complete"):
        world.webhooks.register(receiver.url, "test")
    with pytest.raises(DestinationRefused):
        world.webhooks.register("https://10.0.0.1/", "error")
    assert world.webhooks.list()["count"] == 0
    assert not world.log.exists()


def test_a_deleted_webhook_is_sent_nothing_that_was_queued(world: World, receiver: Receiver) -> None:
    webhook_id = registered(world, receiver)
    world.emit(n=1)
    world.webhooks.delete(webhook_id)
    assert world.deliverer.send_due() == 0
    assert receiver.received == []
    with pytest.raises(WebhookNotFound):
        world.webhooks.delete(webhook_id)


def test_a_test_is_sent_at_once_and_is_no_event(world: World, receiver: Receiver) -> None:
    delivery = world.webhooks.test(registered(world, receiver))
    assert (delivery["state"], delivery["event"]) == ("delivered", "test")
    [request] = receiver.received
    assert request.verified is True
    assert request.message["type"] == "test"


def test_a_test_that_fails_is_not_tried_again(world: World, receiver: Receiver) -> None:
    receiver.behaviours = [status(500)]
    delivery = world.webhooks.test(registered(world, receiver))
    assert delivery["state"] == "failed"
    assert [attempt["error"] for attempt in delivery["attempts"]] == ["answered 500"]
    assert world.deliverer.send_due() == 0


def test_a_replay_has_the_id_that_the_message_had(world: World, receiver: Receiver) -> None:
    registered(world, receiver)
    receiver.behaviours = [status(500), status(500)]
    world.emit(n=1)
    world.deliverer.send_due()
    [failed] = world.webhooks.deliveries()["results"]
    assert failed["state"] == "failed"
    assert world.webhooks.replay(failed["delivery_id"])["state"] == "pending"
    assert world.deliverer.send_due() == 1
    [delivered] = world.webhooks.deliveries()["results"]
    assert delivered["state"] == "delivered"
    assert receiver.ids == [failed["delivery_id"]] * 3
    assert [attempt["attempt"] for attempt in delivered["attempts"]] == [1, 2, 3]
    with pytest.raises(DeliveryNotFound):
        world.webhooks.replay("msg_0")


def test_a_disabled_webhook_is_neither_tried_nor_replayed_to(world: World, receiver: Receiver) -> None:
    webhook_id = registered(world, receiver)
    receiver.behaviours = [status(410)]
    gone = world.webhooks.test(webhook_id)
    with pytest.raises(WebhookDisabled, match="410"):
        world.webhooks.test(webhook_id)
    with pytest.raises(WebhookDisabled):
        world.webhooks.replay(gone["delivery_id"])
    assert len(receiver.received) == 1


def test_deliveries_come_in_pages_newest_first(world: World, receiver: Receiver) -> None:
    webhook_id = registered(world, receiver)
    for n in range(5):
        world.emit(n=n)
    world.deliverer.send_due()
    pages = [world.webhooks.deliveries(webhook_id, page, 2) for page in (1, 2, 3, 4)]
    assert [len(page["results"]) for page in pages] == [2, 2, 1, 0]
    assert {(page["total"], page["per_page"], page["pages"]) for page in pages} == {(5, 2, 3)}
    assert [each["delivery_id"] for page in pages for each in page["results"]] == receiver.ids[::-1]
    assert world.webhooks.deliveries(per_page=10**9)["per_page"] == MOST_PER_PAGE
    with pytest.raises(WebhookNotFound):
        world.webhooks.deliveries("wh_0")


def test_every_change_is_in_the_audit_log_without_the_url(world: World, receiver: Receiver) -> None:
    webhook_id = registered(world, receiver)
    receiver.behaviours = [status(200), status(410)]
    delivery = world.webhooks.test(webhook_id)
    world.webhooks.replay(delivery["delivery_id"])
    world.deliverer.send_due()
    world.webhooks.delete(webhook_id)
    audited = world.audited()
    actions = ["webhook.register", "webhook.test", "webhook.replay", "webhook.disable", "webhook.delete"]
    assert [line["action"] for line in audited] == actions
    assert {line["resource"] for line in audited} == {f"webhook:{webhook_id}"}
    assert audited[0]["details"] == {"event": "error", "host": "127.0.0.1"}
    assert "/hook" not in world.log.read_text("utf-8")


def test_only_administrators_see_and_change_webhooks(world: World, receiver: Receiver) -> None:
    webhook_id = registered(world, receiver)
    attempts = (
        lambda: world.webhooks.register(receiver.url, "error"),
        world.webhooks.list,
        world.webhooks.deliveries,
        lambda: world.webhooks.test(webhook_id),
        lambda: world.webhooks.replay("msg_0"),
        lambda: world.webhooks.delete(webhook_id),
    )
    with acting(Actor("key:1", "analyst")):
        for attempt in attempts:
            with pytest.raises(NotAllowed):
                attempt()
    assert world.webhooks.list()["count"] == 1
