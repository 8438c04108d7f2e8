"""Webhook endpoints on a real server, to a real receiver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.listening import Listening, listening
from tests.webhook_receiver import LOOPBACK, Receiver, receiving, status


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """Open to this machine: no key was made."""
    home: Path = tmp_path_factory.mktemp("webhooks") / "store"
    with listening(home, webhook_networks=LOOPBACK) as found:
        yield found


@pytest.fixture
def receiver(server: Listening) -> Iterator[Receiver]:
    with receiving() as found:
        yield found
    for webhook_id in server.ask("GET", "/webhooks").json()["webhooks"]:
        server.ask("DELETE", f"/webhooks/{webhook_id}")


def registered(server: Listening, receiver: Receiver, event: str = "upload_complete") -> str:
    answer = server.ask("POST", "/webhooks/register", json={"url": receiver.url, "event": event})
    assert answer.status_code == 201
    assert set(answer.json()) == {"webhook_id", "secret"}
    receiver.secret = answer.json()["secret"]
    return str(answer.json()["webhook_id"])


def test_a_webhook_is_registered_listed_and_deleted(server: Listening, receiver: Receiver) -> None:
    webhook_id = registered(server, receiver)
    listed = server.ask("GET", "/webhooks").json()
    assert listed["count"] == 1
    webhook = listed["webhooks"][webhook_id]
    assert (webhook["url"], webhook["event"]) == (receiver.url, "upload_complete")
    assert "secret" not in str(listed)
    deleted = server.ask("DELETE", f"/webhooks/{webhook_id}")
    assert (deleted.status_code, deleted.json()) == (200, {"webhook_id": webhook_id})
    assert server.ask("GET", "/webhooks").json() == {"webhooks": {}, "count": 0}


def test_a_webhook_secret_is_returned_once_and_never_cached(server: Listening, receiver: Receiver) -> None:
    answer = server.ask("POST", "/webhooks/register", json={"url": receiver.url, "event": "alert"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["secret"].startswith("whsec_")


def test_a_test_says_what_came_of_it(server: Listening, receiver: Receiver) -> None:
    webhook_id = registered(server, receiver)
    receiver.behaviours = [status(204), status(302, Location="http://169.254.169.254/")]
    first, second = (server.ask("POST", f"/webhooks/{webhook_id}/test") for _ in range(2))
    assert (first.status_code, first.json()["state"]) == (200, "delivered")
    assert (second.status_code, second.json()["state"]) == (200, "failed")
    assert "redirect" in second.json()["attempts"][0]["error"]
    assert [request.verified for request in receiver.received] == [True, True]


def test_deliveries_are_a_page_with_links(server: Listening, receiver: Receiver) -> None:
    webhook_id = registered(server, receiver)
    sent = [server.ask("POST", f"/webhooks/{webhook_id}/test").json()["delivery_id"] for _ in range(3)]
    answer = server.ask("GET", f"/webhooks/{webhook_id}/deliveries?page=2&per_page=1")
    page = answer.json()
    assert (page["total"], page["page"], page["per_page"], page["pages"]) == (3, 2, 1, 3)
    assert [each["delivery_id"] for each in page["results"]] == [sent[1]]
    assert set(answer.links) == {"first", "prev", "next", "last"}


def test_what_has_not_changed_is_not_sent_again(server: Listening, receiver: Receiver) -> None:
    webhook_id = registered(server, receiver)
    for path in ("/webhooks", f"/webhooks/{webhook_id}/deliveries"):
        etag = server.ask("GET", path).headers["etag"]
        assert server.ask("GET", path, headers={"If-None-Match": etag}).status_code == 304
        server.ask("POST", f"/webhooks/{webhook_id}/test")
        assert server.ask("GET", path, headers={"If-None-Match": etag}).status_code == 200


def test_a_replay_is_sent_by_the_deliverer(server: Listening, receiver: Receiver) -> None:
    webhook_id = registered(server, receiver)
    delivery_id = server.ask("POST", f"/webhooks/{webhook_id}/test").json()["delivery_id"]
    replayed = server.ask("POST", f"/webhooks/deliveries/{delivery_id}/replay")
    assert (replayed.status_code, replayed.json()["state"]) == (202, "pending")
    assert server.services.deliverer.send_due() == 1
    assert receiver.ids == [delivery_id] * 2


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        (
            "POST",
            "/webhooks/register",
            {"url": "https://10.0.0.1/", "event": "error"},
            "webhook.destination_refused",
        ),
        (
            "POST",
            "/webhooks/register",
            {"url": "http://169.254.169.254/", "event": "error"},
            "webhook.destination_refused",
        ),
        ("POST", "/webhooks/register", {"url": "https://8.8.8.8/", "event": "import"}, "request.invalid"),
        ("POST", "/webhooks/register", {"url": "https://8.8.8.8/"}, "request.invalid"),
        (
            "POST",
            "/webhooks/register",
            {"url": f"https://8.8.8.8/{'a' * 2_000}", "event": "error"},
            "request.invalid",
        ),
        ("DELETE", "/webhooks/wh_0", None, "webhook.not_found"),
        ("GET", "/webhooks/wh_0/deliveries", None, "webhook.not_found"),
        ("POST", "/webhooks/wh_0/test", None, "webhook.not_found"),
        ("POST", "/webhooks/deliveries/msg_0/replay", None, "webhook.delivery_not_found"),
        ("GET", "/webhooks/a%00b/deliveries", None, "request.invalid"),
        ("GET", "/webhooks?unknown=1", None, "query.filter_invalid"),
        ("GET", "/webhooks/wh_0/deliveries?page=0", None, "query.filter_invalid"),
        ("PATCH", "/webhooks", None, "http.method_not_allowed"),
    ],
)
def test_what_is_wrong_is_a_problem_document(
    server: Listening, method: str, path: str, body: object, code: str
) -> None:
    answer = server.ask(method, path, json=body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["status"] == answer.status_code


def test_a_disabled_webhook_is_a_conflict(server: Listening, receiver: Receiver) -> None:
    webhook_id = registered(server, receiver)
    receiver.behaviours = [status(410)]
    server.ask("POST", f"/webhooks/{webhook_id}/test")
    answer = server.ask("POST", f"/webhooks/{webhook_id}/test")
    assert (answer.status_code, answer.json()["code"]) == (409, "webhook.disabled")
    assert server.ask("GET", "/webhooks").json()["webhooks"][webhook_id]["disabled_at"] is not None


def test_only_an_administrator_sees_and_changes_webhooks(tmp_path: Path) -> None:
    with listening(tmp_path / "store") as server:
        keys = {role: server.key(role) for role in ("admin", "analyst", "viewer")}
        for method, path in (
            ("GET", "/webhooks"),
            ("GET", "/webhooks/wh_0/deliveries"),
            ("DELETE", "/webhooks/wh_0"),
            ("POST", "/webhooks/wh_0/test"),
            ("POST", "/webhooks/deliveries/msg_0/replay"),
        ):
            assert server.ask(method, path).status_code == 401
            assert server.ask(method, path, keys["viewer"]).status_code == 403
            assert server.ask(method, path, keys["analyst"]).status_code == 403
            assert server.ask(method, path, keys["admin"]).status_code in (200, 404)
