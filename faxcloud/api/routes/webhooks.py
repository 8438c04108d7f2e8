"""Webhook endpoints: `/v3/webhooks`, with deliveries, tests and replays."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.etags import answer_by_content
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.paging import link_header
from faxcloud.api.http.parameters import PAGES, NoParams, Params, query
from faxcloud.api.http.services import Faxcloud
from faxcloud.services.actors import Actor

router = APIRouter(tags=["webhooks"])

WebhookReader = Annotated[Actor, requires("webhooks.read")]
WebhookChanger = Annotated[Actor, requires("webhooks.change")]
WebhookId = Annotated[
    str, Path(pattern="^[A-Za-z0-9_-]{1,64}$", description="Id of a webhook, from its registration.")
]
DeliveryId = Annotated[
    str,
    Path(
        pattern="^[A-Za-z0-9_-]{1,64}$",
        description="Id of a delivery: the header `webhook-id` of its message.",
    ),
]
EventName = Literal["upload_complete", "error", "validation_complete", "export_complete", "alert"]
State = Literal["pending", "delivered", "failed"]
PageParams = Annotated[Params, query(PAGES)]


Described = dict[int | str, dict[str, Any]]

NO_WEBHOOK: Described = {404: {"description": "There is no such webhook."}}
NO_DELIVERY: Described = {404: {"description": "There is no such delivery."}}
NOT_THERE: Described = {403: {"description": "The role does not allow it, or the URL may not be sent to."}}
DISABLED: Described = {409: {"description": "The webhook is disabled."}}


class NewWebhook(BaseModel):
    """A webhook to be registered."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        min_length=1,
        max_length=2_000,
        pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s\\]+$",
        description="Where messages are posted to: https://, or http:// in networks that the "
        "administrator has named.",
        examples=["https://example.org/hooks/faxcloud"],
    )
    event: EventName = Field(description="Event that the webhook is called for.")


class RegisteredWebhook(BaseModel):
    """A registered webhook."""

    webhook_id: str
    secret: str = Field(description="Signs the messages (Standard Webhooks); it is never shown again.")


class DeliveryCounts(BaseModel):
    """Number of messages by state, in the last 30 days."""

    pending: int
    delivered: int
    failed: int


class ListedWebhook(BaseModel):
    """A webhook, without its secret."""

    url: str
    event: EventName
    created_at: dt.datetime
    created_by: str
    disabled_at: dt.datetime | None = Field(
        description="Time since which nothing is sent; see `disabled_reason`."
    )
    disabled_reason: str | None
    deliveries: DeliveryCounts


class WebhookList(BaseModel):
    """All webhooks by their ids, oldest first."""

    webhooks: dict[str, ListedWebhook]
    count: int


class DeletedWebhook(BaseModel):
    """The deleted webhook."""

    webhook_id: str


class DeliveryAttempt(BaseModel):
    """One attempt to send a message."""

    attempt: int
    started_at: dt.datetime
    seconds: float | None = Field(description="Null while it runs, or if the server stopped meanwhile.")
    status: int | None = Field(description="HTTP status of the response; null without a response.")
    error: str | None = Field(description="Reason of the failure; null after a success.")


class SentMessage(BaseModel):
    """A message to a webhook, with every attempt to send it."""

    delivery_id: str
    webhook_id: str
    event: str
    state: State
    created_at: dt.datetime
    next_attempt_at: dt.datetime | None
    finished_at: dt.datetime | None
    attempts: list[DeliveryAttempt]


class SentMessages(BaseModel):
    """A page of messages, newest first."""

    total: int
    page: int
    per_page: int
    pages: int
    results: list[SentMessage]


@router.post("/v3/webhooks/register", status_code=201, response_model=RegisteredWebhook, responses=NOT_THERE)
def register_webhook(webhook: NewWebhook, faxcloud: Faxcloud, _actor: WebhookChanger) -> Response:
    """Register a webhook: messages are posted to its URL whenever the event happens.

    Messages are signed as [Standard Webhooks](https://www.standardwebhooks.com) say, and delivered at least
    once: an answer of 2xx takes one, anything else has it sent again, up to ten times in three days. 410 Gone
    ends it. The secret is in this answer and nowhere else.
    """
    return json_response(faxcloud.webhooks.register(webhook.url, webhook.event), 201)


@router.get("/v3/webhooks", response_model=WebhookList)
async def list_webhooks(
    request: Request, faxcloud: Faxcloud, _actor: WebhookReader, _params: NoParams
) -> Response:
    """All webhooks, without their secrets."""
    return await answer_by_content(request, faxcloud.webhooks.list)


@router.delete("/v3/webhooks/{webhook_id}", response_model=DeletedWebhook, responses=NO_WEBHOOK)
def delete_webhook(webhook_id: WebhookId, faxcloud: Faxcloud, _actor: WebhookChanger) -> Response:
    """Delete a webhook and its deliveries. Pending messages are not sent."""
    return json_response(faxcloud.webhooks.delete(webhook_id))


@router.get(
    "/v3/webhooks/{webhook_id}/deliveries",
    response_model=SentMessages,
    responses=NO_WEBHOOK,
)
async def list_deliveries(
    request: Request, webhook_id: WebhookId, faxcloud: Faxcloud, _actor: WebhookReader, params: PageParams
) -> Response:
    """Deliveries of a webhook in the last 30 days, sent and pending, newest first, with every attempt."""
    page, per_page = params["page"], params["per_page"]
    return await answer_by_content(
        request,
        lambda: faxcloud.webhooks.deliveries(webhook_id, page, per_page),
        lambda found: link_header(request, page, found["pages"]),
    )


@router.post("/v3/webhooks/{webhook_id}/test", response_model=SentMessage, responses=NO_WEBHOOK | DISABLED)
def try_webhook(webhook_id: WebhookId, faxcloud: Faxcloud, _actor: WebhookChanger) -> Response:
    """Send one message of the type `test` now and return the result."""
    return json_response(faxcloud.webhooks.test(webhook_id))


@router.post(
    "/v3/webhooks/deliveries/{delivery_id}/replay",
    status_code=202,
    response_model=SentMessage,
    responses=NO_DELIVERY | DISABLED,
)
def replay_delivery(delivery_id: DeliveryId, faxcloud: Faxcloud, _actor: WebhookChanger) -> Response:
    """Send a message again, with the same id. It is queued at once and sent within a second."""
    return json_response(faxcloud.webhooks.replay(delivery_id), 202)
