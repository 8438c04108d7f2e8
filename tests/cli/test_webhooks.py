"""Webhook commands, over a real store and to a real receiver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.conftest import Faxcloud
from tests.webhook_receiver import LOOPBACK, Receiver, receiving, status


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """In a network that the administrator has named."""
    monkeypatch.setenv("FAXCLOUD_WEBHOOK_NETWORKS", LOOPBACK)
    with receiving() as found:
        yield found


def registered(faxcloud: Faxcloud, receiver: Receiver) -> str:
    made = faxcloud("webhooks", "register", receiver.url, "upload_complete", "--json").document
    receiver.secret = made["secret"]
    return str(made["webhook_id"])


def test_a_webhook_is_registered_tried_listed_and_deleted(faxcloud: Faxcloud, receiver: Receiver) -> None:
    webhook_id = registered(faxcloud, receiver)
    tried = faxcloud("webhooks", "test", webhook_id, "--json")
    assert (tried.code, tried.document["state"]) == (0, "delivered")
    [request] = receiver.received
    assert request.verified is True
    assert request.message["type"] == "test"
    listed = faxcloud("webhooks", "list", "--json").document
    assert listed["count"] == 1
    assert listed["webhooks"][webhook_id]["url"] == receiver.url
    assert receiver.secret not in str(listed)
    assert faxcloud("webhooks", "delete", webhook_id, "--json").document == {"webhook_id": webhook_id}
    assert faxcloud("webhooks", "list", "--json").document == {"webhooks": {}, "count": 0}


def test_a_test_that_is_not_taken_says_why_and_is_not_repeated(
    faxcloud: Faxcloud, receiver: Receiver
) -> None:
    webhook_id = registered(faxcloud, receiver)
    receiver.behaviours = [status(500), status(500)]
    tried = faxcloud("webhooks", "test", webhook_id)
    assert (tried.code, tried.out) == (1, "The message was not accepted: answered 500.\n")
    assert faxcloud("webhooks", "test", webhook_id, "--json").document["state"] == "failed"
    assert len(receiver.received) == 2


def test_the_tables_show_what_was_sent_and_a_replay_queues_it_again(
    faxcloud: Faxcloud, receiver: Receiver
) -> None:
    webhook_id = registered(faxcloud, receiver)
    faxcloud("webhooks", "test", webhook_id)
    table = faxcloud("webhooks", "list").out
    assert webhook_id in table
    assert receiver.url in table
    shown = faxcloud("webhooks", "deliveries", webhook_id)
    assert "delivered" in shown.out
    assert "204" in shown.out
    page = faxcloud("webhooks", "deliveries", "--json").document
    assert (page["total"], page["page"], page["pages"]) == (1, 1, 1)
    replayed = faxcloud("webhooks", "replay", page["results"][0]["delivery_id"], "--json").document
    assert replayed["state"] == "pending"
    assert "again" in faxcloud("webhooks", "replay", page["results"][0]["delivery_id"]).out


def test_a_registration_shows_the_secret_once(faxcloud: Faxcloud, receiver: Receiver) -> None:
    made = faxcloud("webhooks", "register", receiver.url, "alert")
    assert "whsec_" in made.out
    assert "not shown again" in made.out
    for command in ("list", "deliveries"):
        assert "whsec_" not in faxcloud("webhooks", command).out
        assert "whsec_" not in faxcloud("webhooks", command, "--json").out


@pytest.mark.parametrize(
    ("url", "event", "code"),
    [
        ("http://127.0.0.1:8000/", "alert", "webhook.destination_refused"),
        ("https://169.254.169.254/latest/meta-data", "alert", "webhook.destination_refused"),
        ("nonsense", "alert", "webhook.destination_refused"),
        ("https://example.org/", "import", "webhook.event_unknown"),
    ],
)
def test_what_cannot_be_registered_is_refused(faxcloud: Faxcloud, url: str, event: str, code: str) -> None:
    refused = faxcloud("webhooks", "register", url, event, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, code)
    assert faxcloud("webhooks", "list", "--json").document["count"] == 0


@pytest.mark.parametrize("command", ["delete", "deliveries", "test"])
def test_an_unknown_webhook_is_said_to_be_unknown(faxcloud: Faxcloud, command: str) -> None:
    refused = faxcloud("webhooks", command, "wh_0", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, "webhook.not_found")
