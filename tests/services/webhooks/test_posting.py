"""Webhook requests over HTTPS: certificate checked by name, connection to the checked address."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxcloud.services.outbox import Result
from faxcloud.services.webhooks.destinations import Destinations
from faxcloud.services.webhooks.posting import Sender, new_secret
from faxcloud.store.catalogue.instants import utc_now
from tests.webhook_receiver import LOOPBACK, Receiver, receiving

# Made for these tests, for hook.example.org alone, with its key; it signs itself and is valid for a century.
CERTIFICATE = Path(__file__).parent / "certificates" / "hook.example.org.pem"


def at_home(host: str, port: int) -> list[Any]:
    """A name server that knows every name, here."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


@pytest.fixture
def asked_for() -> list[str | None]:
    """The names that clients ask the TLS server for (SNI)."""
    return []


@pytest.fixture
def receiver(asked_for: list[str | None]) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    with receiving(context) as found:
        found.secret = new_secret()
        yield found


def send(receiver: Receiver, host: str) -> Result:
    assert receiver.secret is not None
    sender = Sender(Destinations((ipaddress.ip_network(LOOPBACK),), at_home))
    return sender.send(f"https://{host}:{receiver.port}/hook", receiver.secret, "msg_1", "{}", utc_now())


def test_the_name_is_asked_for_and_proven_though_the_address_is_connected_to(
    receiver: Receiver, asked_for: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    answer = send(receiver, "hook.example.org")
    assert (answer.status, answer.error) == (204, None)
    assert asked_for == ["hook.example.org"]
    [request] = receiver.received
    assert request.verified is True
    assert request.headers["host"] == f"hook.example.org:{receiver.port}"


def test_a_certificate_that_nobody_vouches_for_is_refused(receiver: Receiver) -> None:
    answer = send(receiver, "hook.example.org")
    assert answer.status is None
    assert answer.error is not None
    assert "CERTIFICATE_VERIFY_FAILED" in answer.error
    assert receiver.received == []


def test_a_certificate_of_another_name_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    for host in ("other.example.org", "127.0.0.1"):
        answer = send(receiver, host)
        assert answer.error is not None
        assert "CERTIFICATE_VERIFY_FAILED" in answer.error
    assert receiver.received == []
