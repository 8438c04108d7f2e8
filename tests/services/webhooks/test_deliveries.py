"""Webhook deliveries to a real receiver that accepts, refuses, redirects, hangs and dies."""

from __future__ import annotations

import contextvars
import datetime as dt
import ipaddress
import random
from collections.abc import Iterator
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from faxcloud.services.journal import Journal
from faxcloud.services.outbox import JITTER
from faxcloud.services.webhooks.deliveries import DELAYS_S, KEPT_DAYS, Deliverer
from faxcloud.services.webhooks.destinations import Destinations
from faxcloud.services.webhooks.endpoints import Webhooks
from faxcloud.store.audit.chain import AuditTrail
from faxcloud.store.catalogue.connection import Catalogue, Connection, open_catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.encryption import Encryption
from faxcloud.store.records.deliveries import DELIVERIES, Delivery, begin_attempt
from faxcloud.store.records.events import KEPT_DAYS as EVENT_DAYS
from faxcloud.store.records.events import emit, events_after
from tests.dead_process import dead_process
from tests.waiting import wait_until
from tests.webhook_receiver import LOOPBACK, Behaviour, Receiver, die, flood, hang, receiving, status, trickle

AT_ONCE = (0.0,) * 10
ELSEWHERE = "another-host|77|1.00"


def begin(conn: Connection, delivery_id: str, owner: str, now: dt.datetime) -> Delivery:
    """Begin an attempt in the name of another process."""
    delivery = DELIVERIES.claim(conn, delivery_id, owner, now, 60)
    assert delivery is not None
    begin_attempt(conn, delivery, now)
    return delivery


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


class Post:
    """One store with one webhook at the receiver."""

    def __init__(self, catalogue: Catalogue, folder: Path, receiver: Receiver) -> None:
        self.catalogue = catalogue
        self.journal = Journal(catalogue, AuditTrail(folder / "keys", folder / "logs"))
        self.destinations = Destinations((ipaddress.ip_network(LOOPBACK),))
        self.webhooks = Webhooks(catalogue, self.journal, self.destinations, self.deliverer())
        registered = self.webhooks.register(receiver.url, "upload_complete")
        self.webhook_id, receiver.secret = registered["webhook_id"], registered["secret"]

    def deliverer(self, **choices: Any) -> Deliverer:
        choices = {"delays_s": AT_ONCE, "jitter": lambda: 0.0, **choices}
        return Deliverer(self.catalogue, self.journal, self.destinations, **choices)

    def emit(self, **data: Any) -> None:
        with self.catalogue.write() as conn:
            emit(conn, "upload_complete", data, data.get("report_id"))

    def only(self) -> dict[str, Any]:
        """The only delivery there is."""
        [delivery] = self.webhooks.deliveries()["results"]
        return dict(delivery)

    def errors(self) -> list[str | None]:
        return [attempt["error"] for attempt in self.only()["attempts"]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def post(tmp_path: Path, receiver: Receiver) -> Iterator[Post]:
    catalogue = open_catalogue(
        f"sqlite:///{(tmp_path / 'catalogue.sqlite').as_posix()}", Encryption(tmp_path / "keys")
    )
    yield Post(catalogue, tmp_path, receiver)
    catalogue.close()


def test_an_event_is_delivered_once_with_a_signature_that_the_reference_library_accepts(
    post: Post, receiver: Receiver
) -> None:
    post.emit(report_id="r1", imported=6, file="août.csv")
    assert post.deliverer().send_due() == 1
    [request] = receiver.received
    assert request.verified is True
    assert request.message["type"] == "upload_complete"
    assert request.message["data"] == {"report_id": "r1", "imported": 6, "file": "août.csv"}
    assert dt.datetime.fromisoformat(request.message["timestamp"]).tzinfo == dt.UTC
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    delivery = post.only()
    assert delivery["state"] == "delivered"
    assert delivery["delivery_id"] == request.message_id
    [attempt] = delivery["attempts"]
    assert (attempt["status"], attempt["error"]) == (204, None)
    assert post.deliverer().send_due() == 0


def test_an_event_that_was_rolled_back_is_not_delivered(post: Post, receiver: Receiver) -> None:
    def fail() -> None:
        with post.catalogue.write() as conn:
            emit(conn, "upload_complete", {})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert post.deliverer().send_due() == 0
    assert receiver.received == []


def test_only_the_event_that_a_webhook_was_registered_for_is_delivered(
    post: Post, receiver: Receiver
) -> None:
    with post.catalogue.write() as conn:
        emit(conn, "validation_complete", {})
    assert post.deliverer().send_due() == 0


def test_a_failure_is_tried_again_under_the_same_id_and_signed_anew(post: Post, receiver: Receiver) -> None:
    receiver.behaviours = [status(500), status(503), status(200)]
    post.emit(n=1)
    deliverer = post.deliverer()
    assert deliverer.send_due() == 3
    assert len(set(receiver.ids)) == 1
    assert [request.verified for request in receiver.received] == [True, True, True]
    assert post.errors() == ["answered 500", "answered 503", None]
    assert deliverer.stats() == {"delivered": 1, "failed": 0, "retried": 2, "pending": 0}


def test_the_delays_are_those_of_the_specification_and_then_it_has_failed(
    post: Post, receiver: Receiver
) -> None:
    receiver.otherwise = status(500)
    clock = Clock()
    deliverer = post.deliverer(clock=clock, delays_s=DELAYS_S)
    post.emit(n=1)
    clock.forward(1)  # than the clock of the catalogue
    waited = []
    while post.only()["state"] == "pending":
        due_at = post.only()["next_attempt_at"]
        clock.now = max(clock.now, due_at - dt.timedelta(milliseconds=1))
        if due_at > clock.now:
            assert deliverer.send_due() == 0
        before = clock.now = max(clock.now, due_at)
        assert deliverer.send_due() == 1
        next_at = post.only()["next_attempt_at"]
        waited += [] if next_at is None else [(next_at - before).total_seconds()]
    assert waited == list(DELAYS_S)
    assert post.only()["state"] == "failed"
    assert len(receiver.received) == len(DELAYS_S) + 1 == 10
    assert deliverer.stats() == {"delivered": 0, "failed": 1, "retried": 9, "pending": 0}
    clock.forward(10 * 86_400)
    assert deliverer.send_due() == 0


def test_jitter_makes_a_delay_longer_by_a_share_of_it(post: Post, receiver: Receiver) -> None:
    receiver.otherwise = status(500)
    clock = Clock()
    clock.forward(1)
    post.emit(n=1)
    post.deliverer(clock=clock, delays_s=DELAYS_S, jitter=lambda: 1.0).send_due()
    waits = post.only()["next_attempt_at"] - clock.now
    assert waits == dt.timedelta(seconds=DELAYS_S[0] * (1 + JITTER))


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks(
    post: Post, receiver: Receiver, code: int, as_date: bool
) -> None:
    retry_after = format_datetime(utc_now() + dt.timedelta(hours=1), usegmt=True) if as_date else "3600"
    receiver.behaviours = [status(code, Retry_After=retry_after)]
    clock = Clock()
    clock.forward(1)
    post.emit(n=1)
    post.deliverer(clock=clock, delays_s=DELAYS_S).send_due()
    waits = (post.only()["next_attempt_at"] - clock.now).total_seconds()
    assert waits == pytest.approx(3600, abs=30)


@pytest.mark.parametrize(
    "retry_after",
    ["999999999999", "soon", "-5", "²", "", f"Mon, 05 Jan {9**30} 00:00:00 GMT"],
)
def test_an_absurd_retry_after_delays_by_a_day_at_most(
    post: Post, receiver: Receiver, retry_after: str
) -> None:
    receiver.behaviours = [status(503, Retry_After=retry_after.encode().decode("latin-1"))]
    clock = Clock()
    clock.forward(1)
    post.emit(n=1)
    post.deliverer(clock=clock, delays_s=DELAYS_S).send_due()
    assert 5 <= (post.only()["next_attempt_at"] - clock.now).total_seconds() <= 86_400


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(post: Post, receiver: Receiver, code: int) -> None:
    receiver.behaviours = [status(code, Location=f"{receiver.url}/elsewhere")]
    post.emit(n=1)
    deliverer = post.deliverer(delays_s=DELAYS_S)
    assert deliverer.send_due() == 1
    assert post.errors() == [f"answered {code}: redirects are not followed"]
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("behaviour", "said"), [(hang, "no answer"), (trickle, "no answer"), (die, "failed")]
)
def test_a_receiver_without_an_answer_is_tried_again(
    post: Post, receiver: Receiver, behaviour: Behaviour, said: str
) -> None:
    receiver.behaviours = [behaviour]
    post.emit(n=1)
    assert post.deliverer(timeout_s=0.5).send_due() == 2
    first, second = post.errors()
    assert first is not None
    assert said in first
    assert second is None


def test_a_receiver_that_is_not_there_is_tried_again(post: Post, receiver: Receiver) -> None:
    with receiving() as gone:
        url = gone.url
    post.webhooks.delete(post.webhook_id)
    post.webhooks.register(url, "upload_complete")
    post.emit(n=1)
    assert post.deliverer(delays_s=(0,)).send_due() == 2
    assert all(error is not None and "connection failed" in error for error in post.errors())


def test_an_answer_without_end_is_not_read(post: Post, receiver: Receiver) -> None:
    receiver.behaviours = [flood]
    post.emit(n=1)
    assert post.deliverer().send_due() == 1
    assert post.only()["state"] == "delivered"


def test_410_disables_the_webhook_and_drops_what_was_queued(post: Post, receiver: Receiver) -> None:
    receiver.behaviours = [status(410)]
    for n in range(3):
        post.emit(n=n)
    deliverer = post.deliverer()
    assert deliverer.send_due() == 1
    [webhook] = post.webhooks.list()["webhooks"].values()
    assert webhook["disabled_at"] is not None
    assert webhook["deliveries"] == {"pending": 0, "delivered": 0, "failed": 3}
    post.emit(n=4)
    assert deliverer.send_due() == 0
    assert len(receiver.received) == 1


def test_a_name_that_moved_into_a_private_network_is_not_sent_to(post: Post, receiver: Receiver) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.215.14" if len(asked) == 1 else "169.254.169.254", port))]

    post.destinations = Destinations((ipaddress.ip_network(LOOPBACK),), rebinding)
    Webhooks(post.catalogue, post.journal, post.destinations, post.deliverer()).register(
        "https://hook.example.org/", "error"
    )
    with post.catalogue.write() as conn:
        emit(conn, "error", {})
    assert post.deliverer(delays_s=()).send_due() == 1
    assert post.errors() == [
        "Webhooks are not sent to hook.example.org: it has an address that is not public."
    ]
    assert asked == ["hook.example.org"] * 2


def test_the_connection_is_made_to_the_address_that_was_looked_at(post: Post, receiver: Receiver) -> None:
    asked: list[str] = []

    def once(host: str, port: int) -> list[Any]:
        asked.append(host)
        # The first is dead (nothing listens there), so the second is taken.
        return [(2, 1, 6, "", (address, port)) for address in ("127.0.0.99", "127.0.0.1")]

    post.webhooks.delete(post.webhook_id)
    post.destinations = Destinations((ipaddress.ip_network(LOOPBACK),), once)
    url = f"http://name.that.does.not.exist.example:{receiver.port}/hook"
    registered = Webhooks(post.catalogue, post.journal, post.destinations, post.deliverer()).register(
        url, "upload_complete"
    )
    receiver.secret = registered["secret"]
    post.emit(n=1)
    assert post.deliverer().send_due() == 1
    [request] = receiver.received
    assert request.headers["host"] == f"name.that.does.not.exist.example:{receiver.port}"
    assert request.verified is True
    assert len(asked) == 2  # at registration and for this attempt, never by the HTTP client


def test_a_proxy_of_the_environment_is_not_asked(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    post.emit(n=1)
    assert post.deliverer().send_due() == 1
    assert post.errors() == [None]


def test_what_a_living_deliverer_of_another_host_sends_is_left_to_it_until_its_lease_ends(
    post: Post, receiver: Receiver
) -> None:
    post.emit(n=1)
    clock = Clock()
    clock.forward(1)
    with post.catalogue.write() as conn:
        delivery_id = DELIVERIES.due(conn, clock.now)
        assert delivery_id is not None
        begin(conn, delivery_id, ELSEWHERE, clock.now)
    deliverer = post.deliverer(clock=clock)
    clock.forward(59)
    assert deliverer.send_due() == 0
    clock.forward(1)
    assert deliverer.send_due() == 1
    interrupted, done = post.only()["attempts"]
    assert interrupted["seconds"] is None
    assert done["status"] == 204


def test_what_a_dead_process_of_this_host_had_begun_is_taken_over_at_once(
    post: Post, receiver: Receiver
) -> None:
    post.emit(n=1)
    with post.catalogue.write() as conn:
        delivery_id = DELIVERIES.due(conn, utc_now())
        assert delivery_id is not None
        begin(conn, delivery_id, dead_process(), utc_now())
    assert post.deliverer().send_due() == 1
    assert len(receiver.received) == 1


def test_an_attempt_whose_delivery_was_taken_over_changes_nothing(post: Post, receiver: Receiver) -> None:
    post.emit(n=1)
    clock = Clock()
    clock.forward(1)
    with post.catalogue.write() as conn:
        delivery_id = DELIVERIES.due(conn, clock.now)
        assert delivery_id is not None
        slow = begin(conn, delivery_id, ELSEWHERE, clock.now)
    clock.forward(61)
    assert post.deliverer(clock=clock).send_due() == 1
    receiver.behaviours = [status(500)]
    late = post.deliverer(clock=clock)
    late.attempt(slow)
    assert post.only()["state"] == "delivered"
    assert late.stats() == {"delivered": 0, "failed": 0, "retried": 0, "pending": 0}


def test_a_webhook_that_is_deleted_while_it_is_sent_to_is_no_trouble(post: Post, receiver: Receiver) -> None:
    post.emit(n=1)
    delete = partial(contextvars.copy_context().run, post.webhooks.delete, post.webhook_id)
    receiver.behaviours = [lambda handler: (delete(), status(200)(handler))[1]]
    deliverer = post.deliverer()
    assert deliverer.send_due() == 1
    assert post.webhooks.deliveries()["total"] == 0
    assert deliverer.stats() == {"delivered": 0, "failed": 0, "retried": 0, "pending": 0}


def test_a_receiver_that_hangs_holds_up_nobody_else(post: Post, receiver: Receiver) -> None:
    with receiving() as other:
        other.secret = post.webhooks.register(other.url, "upload_complete")["secret"]
        receiver.behaviours = [hang]
        worker = post.deliverer(timeout_s=20).worker
        worker.start()
        for n in range(5):
            post.emit(n=n)
        assert {request.message["data"]["n"] for request in other.wait_for(5)} == {0, 1, 2, 3, 4}
        assert len(receiver.received) <= 1
        receiver.released.set()
        receiver.wait_for(5)
        worker.stop()
        worker.join()


def test_twenty_receivers_that_hang_do_not_delay_another(post: Post, receiver: Receiver) -> None:
    receiver.otherwise = hang
    for _ in range(19):
        post.webhooks.register(receiver.url, "upload_complete")
    with receiving() as other:
        other.secret = post.webhooks.register(other.url, "upload_complete")["secret"]
        for n in range(5):
            post.emit(n=n)
        worker = post.deliverer(timeout_s=40).worker
        worker.start()
        other.wait_for(5)
        assert len(receiver.received) <= 20  # each hangs in its first message
        receiver.otherwise = status(204)
        receiver.released.set()
        worker.stop()
        worker.join()


def test_two_deliverers_make_each_attempt_once(post: Post, receiver: Receiver) -> None:
    receiver.behaviours = [status(random.choice([200, 500])) for _ in range(60)]
    with receiving() as other:
        other.secret = post.webhooks.register(other.url, "upload_complete")["secret"]
        for n in range(15):
            post.emit(n=n)
        deliverers = [post.deliverer(delays_s=(0.0,) * 60) for _ in range(2)]
        with deliverers[0].worker, deliverers[1].worker:
            other.wait_for(15)
            wait_until(lambda: not deliverers[0].stats()["pending"])
    deliveries = post.webhooks.deliveries(per_page=100)["results"]
    assert {delivery["state"] for delivery in deliveries} == {"delivered"}
    recorded = {delivery["delivery_id"]: len(delivery["attempts"]) for delivery in deliveries}
    arrived = receiver.ids + other.ids
    assert recorded == {message_id: arrived.count(message_id) for message_id in set(arrived)}
    assert len(recorded) == 30
    stats = [each.stats() for each in deliverers]
    assert sum(each["delivered"] for each in stats) == 30
    assert sum(each["retried"] for each in stats) == len(arrived) - 30


def test_what_is_old_is_forgotten_and_what_is_still_to_be_sent_stays(post: Post, receiver: Receiver) -> None:
    receiver.behaviours = [status(200), status(500)]
    for n in range(2):
        post.emit(n=n)
    clock = Clock()
    clock.forward(1)
    post.deliverer(clock=clock, delays_s=(10 * 365 * 86_400,)).send_due()
    assert post.webhooks.deliveries()["total"] == 2
    clock.forward(max(KEPT_DAYS, EVENT_DAYS) * 86_400 + 60)
    with post.deliverer(clock=clock).worker:
        wait_until(lambda: post.webhooks.deliveries()["total"] == 1)
    assert post.only()["state"] == "pending"
    with post.catalogue.read() as conn:
        assert events_after(conn, 0) == []
