"""Webhooks service: register, list, test, delete, and delivery history."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args, get_type_hints

from faxcloud.errors import EventUnknown, WebhookDisabled
from faxcloud.services.actors import current_actor
from faxcloud.services.journal import Event, Journal, Note
from faxcloud.services.webhooks.deliveries import Deliverer
from faxcloud.services.webhooks.destinations import Destinations
from faxcloud.services.webhooks.posting import new_secret
from faxcloud.store.catalogue.connection import Catalogue, Connection
from faxcloud.store.catalogue.instants import utc_now
from faxcloud.store.records.deliveries import (
    TEST,
    Attempt,
    Delivery,
    count_deliveries,
    delivery_with_attempts,
    get_delivery,
    list_deliveries,
    queue_message,
    send_again,
)
from faxcloud.store.records.webhooks import Webhook, add_webhook, delete_webhook, get_webhook, list_webhooks

EVENTS: tuple[str, ...] = get_args(get_type_hints(Event)["type"])
"""What a webhook can be registered for."""

MOST_PER_PAGE = 500


class Webhooks:
    """Webhooks service. Reading takes the permission `webhooks.read`, the rest `webhooks.change`."""

    def __init__(
        self, catalogue: Catalogue, journal: Journal, destinations: Destinations, deliverer: Deliverer
    ) -> None:
        self._catalogue = catalogue
        self._journal = journal
        self._destinations = destinations
        self._deliverer = deliverer

    def register(self, url: str, event: str) -> dict[str, str]:
        """Register a webhook; returns `webhook_id` and the signing `secret`, which is shown only here.

        Raises:
            EventUnknown, DestinationRefused: nothing was registered.
        """
        actor = current_actor()
        actor.require("webhooks.change")
        if event not in EVENTS:
            raise EventUnknown(event=event, known=", ".join(EVENTS))
        address, host = self._destinations.admit(url)
        secret = new_secret()
        with self._catalogue.write() as conn:
            webhook_id = add_webhook(conn, address, event, secret, actor.name)
            # The host alone: paths and queries of such URLs are often secrets.
            self._note(conn, "webhook.register", webhook_id, event=event, host=host)
        return {"webhook_id": webhook_id, "secret": secret}

    def list(self) -> dict[str, Any]:
        """Registered `webhooks`, oldest first, and their `count`; no secrets."""
        current_actor().require("webhooks.read")
        with self._catalogue.read() as conn:
            found = {
                webhook.webhook_id: _described(webhook, count_deliveries(conn, webhook.webhook_id))
                for webhook in list_webhooks(conn)
            }
        return {"webhooks": found, "count": len(found)}

    def delete(self, webhook_id: str) -> dict[str, str]:
        """Delete a webhook and its deliveries; unsent ones are not sent.

        Raises:
            WebhookNotFound: there is none of that id.
        """
        current_actor().require("webhooks.change")
        with self._catalogue.write() as conn:
            delete_webhook(conn, webhook_id)
            self._note(conn, "webhook.delete", webhook_id)
        return {"webhook_id": webhook_id}

    def deliveries(self, webhook_id: str | None = None, page: int = 1, per_page: int = 50) -> dict[str, Any]:
        """Page of deliveries, newest first, with their attempts; without an id of all webhooks.

        Raises:
            WebhookNotFound: there is none of that id.
        """
        current_actor().require("webhooks.read")
        per_page = min(max(per_page, 1), MOST_PER_PAGE)
        with self._catalogue.read() as conn:
            if webhook_id is not None:
                get_webhook(conn, webhook_id)
            total = sum(count_deliveries(conn, webhook_id).values())
            found = list_deliveries(conn, webhook_id, per_page, (max(page, 1) - 1) * per_page)
        return {
            "total": total,
            "page": page,
            "per_page": per_page,
            "pages": -(-total // per_page),
            "results": [_delivery_document(delivery, attempts) for delivery, attempts in found],
        }

    def test(self, webhook_id: str) -> dict[str, Any]:
        """Send a message of the type `test` now, once; returns the delivery with its result.

        Raises:
            WebhookNotFound: there is none of that id.
            WebhookDisabled: nothing is sent to it any more.
        """
        current_actor().require("webhooks.change")
        with self._catalogue.write() as conn:
            _refuse_disabled(get_webhook(conn, webhook_id))
            delivery_id = queue_message(conn, webhook_id, TEST, {"webhook_id": webhook_id}, utc_now())
            leased = self._deliverer.claim(conn, delivery_id)
            self._note(conn, "webhook.test", webhook_id)
        if leased is not None:
            self._deliverer.attempt(leased)
        return self._delivery(delivery_id)

    def replay(self, delivery_id: str) -> dict[str, Any]:
        """Send a message again, as soon as the server gets to it, under its old id; returns the delivery.

        Raises:
            DeliveryNotFound: there is none of that id.
            WebhookDisabled: nothing is sent to its webhook any more.
        """
        current_actor().require("webhooks.change")
        with self._catalogue.write() as conn:
            webhook = get_webhook(conn, get_delivery(conn, delivery_id).webhook_id)
            _refuse_disabled(webhook)
            send_again(conn, delivery_id, utc_now())
            self._note(conn, "webhook.replay", webhook.webhook_id, delivery_id=delivery_id)
        self._deliverer.worker.wake()
        return self._delivery(delivery_id)

    def _delivery(self, delivery_id: str) -> dict[str, Any]:
        with self._catalogue.read() as conn:
            return _delivery_document(*delivery_with_attempts(conn, delivery_id))

    def _note(self, conn: Connection, action: str, webhook_id: str, **details: str) -> None:
        self._journal.record(conn, Note(action, f"webhook:{webhook_id}", details=details))


def _refuse_disabled(webhook: Webhook) -> None:
    if webhook.disabled_at is not None:
        raise WebhookDisabled(
            webhook_id=webhook.webhook_id,
            disabled_at=webhook.disabled_at.date(),
            reason=webhook.disabled_reason,
        )


def _described(webhook: Webhook, counts: dict[Any, int]) -> dict[str, Any]:
    kept = ("event", "created_at", "created_by", "disabled_at", "disabled_reason")
    return {
        "url": webhook.url or "…",  # it could not be decrypted
        **{name: getattr(webhook, name) for name in kept},
        "deliveries": counts,
    }


def _delivery_document(delivery: Delivery, attempts: list[Attempt]) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "webhook_id": delivery.webhook_id,
        "event": delivery.event_type,
        "state": delivery.state,
        "created_at": delivery.created_at,
        "next_attempt_at": delivery.next_attempt_at,
        "finished_at": delivery.finished_at,
        "attempts": [dataclasses.asdict(attempt) for attempt in attempts],
    }
