"""Notification channels: alerts through Apprise to a real receiver, with retries, and to no other address."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import logging
import socket
import threading
import wave
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from faxcloud.domain.alerts import AlertRule
from faxcloud.errors import ChannelInvalid, ChannelNotFound, DestinationRefused, NotAllowed
from faxcloud.i18n import translator
from faxcloud.services.actors import Actor, acting
from faxcloud.services.alerts import wording
from faxcloud.services.alerts.alert_sound import VARIANTS, alert_tone
from faxcloud.services.alerts.apprise_sender import NOT_TAKEN, AppriseSender, _plugin
from faxcloud.services.alerts.channels import Channels
from faxcloud.services.alerts.notifications import Notices
from faxcloud.services.connections import admitted_only
from faxcloud.services.journal import Journal
from faxcloud.services.webhooks.destinations import NOT_PUBLIC, Destinations
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.connection import Catalogue, open_catalogue
from faxcloud.store.encryption import Encryption
from faxcloud.store.records.alerts import open_alert
from faxcloud.store.records.channels import NOTICES, queue_notices
from tests.mail_receiver import receiving_mail
from tests.webhook_receiver import LOOPBACK, Receiver, hang, receiving, status

NOW = dt.datetime(2026, 4, 15, 12, tzinfo=dt.UTC)
LINK = "https://fax.example.org"
RULE = AlertRule.from_dict(
    {"name": "Conformité", "metric": "compliance_rate", "comparison": "below", "threshold": 0.95}
)
EVIDENCE: dict[str, Any] = {
    "value": 0.9,
    "faxes": 40,
    "baseline": None,
    "change_percent": None,
    "weeks": 0,
    "filters": {"start_date": "2026-03-09", "end_date": "2026-03-09"},
}


class World:
    def __init__(self, folder: Path) -> None:
        self.catalogue: Catalogue = open_catalogue(
            f"sqlite:///{(folder / 'catalogue.sqlite').as_posix()}", Encryption(folder / "keys")
        )
        self.log = folder / "logs" / "audit.log"
        self.now = NOW
        journal = Journal(self.catalogue, AuditTrail(folder / "keys", folder / "logs"))
        self.sender = AppriseSender(Destinations((ipaddress.ip_network(LOOPBACK),)))
        self.channels = Channels(self.catalogue, journal, self.sender, LINK)
        self.notices = Notices(self.catalogue, self.sender, LINK, delays_s=(30, 300), clock=lambda: self.now)

    def alert(self, kind: Any = "opened", channel: str = "team") -> str:
        with self.catalogue.write() as conn:
            alert_id = open_alert(conn, "rule_1", RULE, EVIDENCE, self.now)
            queue_notices(conn, alert_id, [channel], kind, self.now)
        return alert_id

    def states(self, alert_id: str) -> list[tuple[str, int, str | None]]:
        return [(each.state, each.attempts, each.error) for each in self.notices.of([alert_id])[alert_id]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.catalogue.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """What a server's log would hold."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def address(receiver: Receiver) -> str:
    """The receiver counts requests by a header of webhooks."""
    return f"json://127.0.0.1:{receiver.port}/hook?+webhook-id=alert"


def test_an_alert_notice_is_in_the_channels_language_with_a_link(world: World, receiver: Receiver) -> None:
    world.channels.add("team", address(receiver), "fr")
    alert_id = world.alert()
    assert world.notices.send_due() == 1
    [request] = receiver.received
    t = translator("fr")
    assert request.message["title"] == wording.title(t, RULE, "opened")
    assert request.message["message"].splitlines() == [
        wording.sentence(t, RULE, EVIDENCE),
        wording.basis(t, RULE, EVIDENCE),
        f"{LINK}/alerts",
    ]
    assert "90\N{NARROW NO-BREAK SPACE}%" in request.message["message"]
    assert world.states(alert_id) == [("sent", 1, None)]
    assert world.notices.send_due() == 0


def test_a_resolved_alert_sends_a_notice_too(world: World, receiver: Receiver) -> None:
    world.channels.add("team", address(receiver), "en")
    world.alert("resolved")
    world.notices.send_due()
    [request] = receiver.received
    assert request.message["title"] == "FaxCloud: resolved – Conformité"
    assert request.message["type"] == "success"


def test_a_refused_notice_is_retried_after_its_delays_and_then_given_up(
    world: World, receiver: Receiver
) -> None:
    world.channels.add("team", address(receiver), "en")
    receiver.otherwise = status(503)
    alert_id = world.alert()
    assert world.notices.send_due() == 1
    assert world.states(alert_id) == [("pending", 1, "answered 503")]
    world.now += dt.timedelta(seconds=29)
    assert world.notices.send_due() == 0
    world.now += dt.timedelta(seconds=1)
    assert world.notices.send_due() == 1
    world.now += dt.timedelta(seconds=300)
    assert world.notices.send_due() == 1
    assert world.states(alert_id) == [("failed", 3, "answered 503")]
    world.now += dt.timedelta(days=1)
    assert world.notices.send_due() == 0


def test_an_alert_that_cannot_be_put_into_words_is_given_up_like_any_other(
    world: World, receiver: Receiver
) -> None:
    world.channels.add("team", address(receiver), "en")
    with world.catalogue.write() as conn:
        alert_id = open_alert(conn, "rule_1", RULE, {"filters": {}}, world.now)  # of another version's making
        queue_notices(conn, alert_id, ["team"], "opened", world.now)
    for _ in range(3):
        assert world.notices.send_due() == 1
        world.now += dt.timedelta(seconds=300)
    assert world.states(alert_id) == [("failed", 3, NOT_TAKEN)]
    assert world.notices.send_due() == 0


def test_the_reason_for_a_refused_host_does_not_name_it(world: World, receiver: Receiver) -> None:
    world.channels.add("team", address(receiver), "en")
    alert_id = world.alert()
    strict = Notices(world.catalogue, AppriseSender(Destinations()), LINK, clock=lambda: world.now)
    assert strict.send_due() == 1
    assert world.states(alert_id) == [("pending", 1, NOT_PUBLIC)]
    assert receiver.received == []


def test_the_lines_of_a_message_stay_lines_in_a_mail_too(world: World) -> None:
    with receiving_mail() as mails:
        url = f"mailto://127.0.0.1:{mails.port}?smtp=127.0.0.1&from=fax@example.org&to=ann@example.org"
        error = world.sender.send(
            url, "FaxCloud", "Faxes < 5 & pages\nhttps://fax.example.org/alerts", "info"
        )
    assert error is None
    message = mails.mail_to("ann@example.org")
    assert message.get_content_type() == "text/plain"
    assert message.get_content().splitlines() == ["Faxes < 5 & pages", "https://fax.example.org/alerts"]


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254"])
def test_a_service_that_builds_its_host_itself_reaches_no_private_address(host: str) -> None:
    told = AppriseSender(Destinations()).send(
        f"zulip://bot@{host}/{'a' * 32}/general", "title", "body", "failure"
    )
    assert told == NOT_PUBLIC


def test_a_connection_to_a_name_is_vetted_by_its_addresses_and_other_threads_are_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, admitted_only(Destinations().admits) as refused:
        port = listening.getsockname()[1]
        with pytest.raises(ConnectionRefusedError), socket.socket() as outgoing:
            outgoing.connect(("localhost", port))
        with pytest.raises(ConnectionRefusedError), socket.socket(type=socket.SOCK_DGRAM) as outgoing:
            outgoing.sendto(b"x", ("127.0.0.1", port))
        assert refused()
        thread = threading.Thread(target=lambda: socket.create_connection(("127.0.0.1", port)).close())
        thread.start()
        thread.join()
        listening.settimeout(10)
        listening.accept()[0].close()


def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    channel_id = world.channels.add("team", address(receiver) + "&redirect=yes", "en")
    receiver.behaviours = [status(307, Location=f"http://127.0.0.1:{receiver.port}/elsewhere")]
    assert world.channels.test(channel_id) == "answered 307"
    assert len(receiver.received) == 1


def test_a_running_server_tells_at_once_when_it_is_woken(world: World, receiver: Receiver) -> None:
    world.channels.add("team", address(receiver), "en")
    with world.notices.worker:
        world.alert()
        world.notices.worker.wake()
        receiver.wait_for(1)


def test_a_channel_that_hangs_does_not_delay_another(world: World, receiver: Receiver) -> None:
    receiver.otherwise = hang
    world.channels.add("team", address(receiver), "en")
    world.alert()
    with receiving() as other:
        world.channels.add("night", address(other), "en")
        with world.notices.worker:
            receiver.wait_for(1)
            world.alert(channel="night")
            world.notices.worker.wake()
            other.wait_for(1)
            receiver.released.set()


def test_a_notice_that_a_living_server_elsewhere_is_sending_is_left_to_it(
    world: World, receiver: Receiver
) -> None:
    world.channels.add("team", address(receiver), "en")
    alert_id = world.alert()
    [notice] = world.notices.of([alert_id])[alert_id]
    with world.catalogue.write() as conn:
        NOTICES.claim(conn, notice.notice_id, "another-host|77|1.00", world.now, 60)
    assert world.notices.send_due() == 0
    world.now += dt.timedelta(seconds=60)
    assert world.notices.send_due() == 1
    assert world.states(alert_id) == [("sent", 2, None)]


def test_matrix_server_discovery_is_disabled() -> None:
    assert not _plugin("matrixs://user:password@example.org/#room?discovery=yes").discovery


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("json://10.0.0.1/hook", DestinationRefused),
        ("json://169.254.169.254/latest", DestinationRefused),
        ("jsons://[fd00::1]/hook", DestinationRefused),
        ("json://127.0.0.1:22/hook", DestinationRefused),
        ("mailtos://user:password@example.org?smtp=10.0.0.1", DestinationRefused),
        ("ntfy://192.168.1.1/topic", DestinationRefused),
        (f"nostr://{'1' * 64}/?relay=ws://10.0.0.1:8080", DestinationRefused),
        ("syslog://", ChannelInvalid),
        ("no address", ChannelInvalid),
        ("https://example.org/hook", ChannelInvalid),
        ("json://example.org/" + "a" * 2_000, ChannelInvalid),
        ("workflow://example.org/abc/password?template=/etc/hostname", ChannelInvalid),
        ("workflow://example.org/abc/password?template=http://10.0.0.1/", ChannelInvalid),
        ("tgram://123456789:abcdefg_password/1?template=/etc/hostname", ChannelInvalid),
        ("slack://bad/password", ChannelInvalid),
    ],
)
def test_a_forbidden_channel_address_is_refused_without_being_quoted(
    world: World, logged: StringIO, url: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as refused:
        world.channels.add("team", url, "en")
    assert "password" not in str(refused.value) + logged.getvalue()
    assert world.channels.list() == []


def test_a_channels_secret_is_shown_nowhere(world: World, receiver: Receiver) -> None:
    url = f"json://user:hunter2@127.0.0.1:{receiver.port}/T0K3N?+webhook-id=a"
    channel_id = world.channels.add("team", url, "en")
    receiver.otherwise = status(500)
    shown = [repr(world.channels.list()), str(world.channels.test(channel_id)), world.log.read_text("utf-8")]
    for text in shown:
        assert "hunter2" not in text
        assert "T0K3N" not in text
    assert f"json://127.0.0.1:{receiver.port}/…" in shown[0]


def test_a_deleted_channel_gets_no_more_notices(world: World, receiver: Receiver) -> None:
    channel_id = world.channels.add("team", address(receiver), "en")
    world.alert()
    world.channels.delete(channel_id)
    assert world.notices.send_due() == 0
    assert receiver.received == []
    with pytest.raises(ChannelNotFound):
        world.channels.delete(channel_id)


def test_channels_are_the_administrators_and_have_names_of_their_own(
    world: World, receiver: Receiver
) -> None:
    world.channels.add("team", address(receiver), "en")
    with pytest.raises(ChannelInvalid, match="another channel has that name"):
        world.channels.add(" team ", address(receiver), "en")
    with acting(Actor("key:a", "analyst")):
        assert list(world.channels.names()) == ["team"]
        with pytest.raises(NotAllowed):
            world.channels.list()
        with pytest.raises(NotAllowed):
            world.channels.add("x", address(receiver), "en")
    actions = [json.loads(line)["action"] for line in world.log.read_text("utf-8").splitlines()]
    assert actions == ["channel.add"]


def test_a_tone_is_a_short_sound_and_the_next_one_is_another_file() -> None:
    with wave.open(BytesIO(alert_tone(1))) as sound:
        seconds = sound.getnframes() / sound.getframerate()
        samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
    assert 0.2 < seconds < 1
    assert 5_000 < max(samples) < 32_767
    assert alert_tone(1) != alert_tone(2)
    assert len(alert_tone(VARIANTS + 1)) == len(alert_tone(1))
