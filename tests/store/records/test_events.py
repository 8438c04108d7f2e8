"""Event outbox and the webhook deliveries that it queues."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from faxcloud.errors import DeliveryNotFound, WebhookNotFound
from faxcloud.store.catalogue.connection import Catalogue
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.catalogue.tables import events
from faxcloud.store.records import events as outbox
from faxcloud.store.records.deliveries import (
    DELIVERIES,
    begin_attempt,
    count_deliveries,
    delivery_with_attempts,
    end_attempt,
    get_delivery,
    list_deliveries,
)
from faxcloud.store.records.events import emit, events_after, last_sequence, prune_events
from faxcloud.store.records.webhooks import (
    add_webhook,
    delete_webhook,
    disable_webhook,
    get_webhook,
    list_webhooks,
)

URL = "https://hook.example.org/"


def webhook(catalogue: Catalogue, event: str = "upload_complete") -> str:
    with catalogue.write() as conn:
        return add_webhook(conn, URL, event, "whsec_AAAA", "cli:me")


def emitted(catalogue: Catalogue, **data: object) -> str:
    with catalogue.write() as conn:
        return emit(conn, "upload_complete", data, "r1")


def test_events_come_out_in_the_order_in_which_they_went_in(catalogue: Catalogue) -> None:
    with catalogue.read() as conn:
        assert last_sequence(conn) == 0
    ids = [emitted(catalogue, n=n, text="é\x00") for n in range(3)]
    with catalogue.read() as conn:
        found = events_after(conn, 0)
        assert [event.event_id for event in found] == ids
        assert [event.data for event in found] == [{"n": n, "text": "é\x00"} for n in range(3)]
        assert {(event.type, event.report_id) for event in found} == {("upload_complete", "r1")}
        assert events_after(conn, found[0].sequence, limit=1) == found[1:2]
        assert events_after(conn, last_sequence(conn)) == []


def test_an_event_that_is_no_json_is_refused_and_nothing_is_kept(catalogue: Catalogue) -> None:
    for value in (dt.date(2026, 11, 22), float("nan")):
        with pytest.raises((TypeError, ValueError)):
            emitted(catalogue, value=value)
    with catalogue.read() as conn:
        assert last_sequence(conn) == 0


def test_one_delivery_is_queued_for_each_webhook_that_wants_the_event(catalogue: Catalogue) -> None:
    wanting = {webhook(catalogue), webhook(catalogue)}
    webhook(catalogue, "error")
    disabled = webhook(catalogue)
    with catalogue.write() as conn:
        assert disable_webhook(conn, disabled, "it answered 410 Gone")
        assert not disable_webhook(conn, disabled, "again")
    emitted(catalogue, n=1)
    with catalogue.read() as conn:
        queued = [delivery for delivery, _ in list_deliveries(conn, None, 10)]
    assert {delivery.webhook_id for delivery in queued} == wanting
    assert len({delivery.delivery_id for delivery in queued}) == 2
    message = json.loads(queued[0].body)
    assert (message["type"], message["data"]) == ("upload_complete", {"n": 1})
    assert dt.datetime.fromisoformat(message["timestamp"]) == queued[0].created_at


def test_a_deleted_webhook_takes_its_deliveries_along(catalogue: Catalogue) -> None:
    kept, gone = webhook(catalogue), webhook(catalogue)
    emitted(catalogue)
    with catalogue.write() as conn:
        delete_webhook(conn, gone)
    with catalogue.read() as conn:
        assert [each.webhook_id for each in list_webhooks(conn)] == [kept]
        assert count_deliveries(conn, gone) == {"pending": 0, "delivered": 0, "failed": 0}
        assert count_deliveries(conn) == {"pending": 1, "delivered": 0, "failed": 0}


def test_what_does_not_exist_is_said_to(catalogue: Catalogue) -> None:
    with catalogue.write() as conn:
        with pytest.raises(WebhookNotFound):
            get_webhook(conn, "wh_0")
        with pytest.raises(WebhookNotFound):
            delete_webhook(conn, "wh_0")
        with pytest.raises(DeliveryNotFound):
            get_delivery(conn, "msg_0")
        assert DELIVERIES.claim(conn, "msg_0", "me", utc_now(), 60) is None


def test_one_message_at_a_time_is_sent_to_a_webhook(catalogue: Catalogue) -> None:
    first, second = webhook(catalogue), webhook(catalogue)
    emitted(catalogue, n=1)
    emitted(catalogue, n=2)
    now = utc_now()
    begun = []
    with catalogue.write() as conn:
        while (delivery_id := DELIVERIES.due(conn, now)) is not None:
            begun.append(DELIVERIES.claim(conn, delivery_id, "elsewhere|1|1.0", now, 60))
    assert {delivery.webhook_id for delivery in begun if delivery} == {first, second}
    assert len(begun) == 2


def test_an_attempt_is_written_down_before_and_after(catalogue: Catalogue) -> None:
    webhook(catalogue)
    emitted(catalogue)
    now = utc_now()
    later = now + dt.timedelta(seconds=5)
    with catalogue.write() as conn:
        delivery_id = DELIVERIES.due(conn, now)
        assert delivery_id is not None
        begun = DELIVERIES.claim(conn, delivery_id, "elsewhere|1|1.0", now, 60)
        assert begun is not None
        begin_attempt(conn, begun, now)
        end_attempt(conn, begun, seconds=0.2, status=500, error="answered 500")
        assert DELIVERIES.finish(conn, begun, now, error="answered 500", next_attempt_at=later) == "pending"
        assert DELIVERIES.due(conn, now) is None
        assert DELIVERIES.due(conn, later) == delivery_id
        begun = DELIVERIES.claim(conn, delivery_id, "elsewhere|1|1.0", later, 60)
        assert begun is not None
        begin_attempt(conn, begun, later)
        end_attempt(conn, begun, seconds=0.1, status=200, error=None)
        assert DELIVERIES.finish(conn, begun, later, error=None) == "delivered"
        assert DELIVERIES.finish(conn, begun, later, error=None) is None
    with catalogue.read() as conn:
        delivery, attempts = delivery_with_attempts(conn, delivery_id)
    assert (delivery.state, delivery.attempts, delivery.finished_at) == ("delivered", 2, later)
    assert [(tried.attempt, tried.status, tried.error) for tried in attempts] == [
        (1, 500, "answered 500"),
        (2, 200, None),
    ]


def test_old_events_are_forgotten_by_age_and_by_number(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        emitted(catalogue, n=n)
    now = utc_now()
    with catalogue.write() as conn:
        oldest = events_after(conn, 0)[0].sequence
        aged = {"created_at": now - dt.timedelta(days=outbox.KEPT_DAYS, seconds=1)}
        conn.execute(sa.update(events).where(events.c.sequence == oldest).values(**aged))
        assert prune_events(conn, now) == 1
        monkeypatch.setattr(outbox, "KEPT_EVENTS", 2)
        assert prune_events(conn, now) == 2
        assert [event.data["n"] for event in events_after(conn, 0)] == [3, 4]


def test_sequences_go_on_after_everything_was_forgotten(catalogue: Catalogue) -> None:
    emitted(catalogue)
    with catalogue.write() as conn:
        before = last_sequence(conn)
        prune_events(conn, utc_now() + dt.timedelta(days=outbox.KEPT_DAYS + 1))
        assert last_sequence(conn) == 0
    emitted(catalogue)
    with catalogue.read() as conn:
        assert last_sequence(conn) > before
