"""Webhook commands: `faxcloud webhooks …`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from faxcloud.cli.opening import services
from faxcloud.cli.options import AsJson
from faxcloud.cli.output import DONE, FAILED, say, say_json, terminal
from faxcloud.cli.tables import Heading, show_facts, show_table
from faxcloud.i18n import N_, NO_DATA, Translator

WebhookId = Annotated[str, typer.Argument(metavar="ID", help=N_("The webhook's id."))]
DeliveryId = Annotated[str, typer.Argument(metavar="DELIVERY", help=N_("The delivery's id."))]
OptionalWebhookId = Annotated[
    str | None, typer.Argument(metavar="ID", help=N_("The webhook's id. Default: all webhooks."))
]
Url = Annotated[str, typer.Argument(metavar="URL", help=N_("URL that receives the messages."))]
EventName = Annotated[
    str,
    typer.Argument(
        metavar="EVENT",
        help=N_("upload_complete, error, validation_complete, export_complete or alert."),
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help=N_("Maximum number, newest first."))]

STATES: dict[str, str] = {"pending": N_("pending"), "delivered": N_("delivered"), "failed": N_("failed")}


def add_to(app: typer.Typer) -> None:
    """Register the command group."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help=N_("Notify other systems of events.")
    )
    group.command("list", help=N_("All webhooks, oldest first."))(list_webhooks)
    group.command("register", help=N_("Send messages to a URL whenever an event happens."))(register)
    group.command("delete", help=N_("Delete a webhook; pending messages are not sent."))(delete)
    group.command("deliveries", help=N_("Deliveries, newest first."))(deliveries)
    group.command("test", help=N_("Send a test message now and show the result."))(try_webhook)
    group.command("replay", help=N_("Send a message again from the server."))(replay)
    app.add_typer(group, name="webhooks")


def list_webhooks(as_json: AsJson = False) -> None:
    with services() as opened:
        found, zone = opened.webhooks.list(), opened.settings.zone
    if as_json:
        say_json(found)
        return
    t = terminal()
    headings = (
        Heading(t("Webhook")),
        Heading(t("Event")),
        Heading(t("Registered on")),
        Heading(t("Delivered"), right=True),
        Heading(t("Pending"), right=True),
        Heading(t("Failed"), right=True),
        Heading(t("Disabled on")),
        Heading(t("URL"), shrinks=True),
    )
    show_table(headings, [_webhook_row(name, each, zone, t) for name, each in found["webhooks"].items()])


def register(url: Url, event: EventName, as_json: AsJson = False) -> None:
    with services() as opened:
        registered = opened.webhooks.register(url, event)
    if as_json:
        say_json(registered)
        return
    t = terminal()
    show_facts(
        (t(label), registered[key])
        for label, key in ((N_("Webhook"), "webhook_id"), (N_("Secret"), "secret"))
    )
    say(t("The secret signs the messages. Store it now: it is not shown again."))


def delete(webhook_id: WebhookId, as_json: AsJson = False) -> None:
    with services() as opened:
        deleted = opened.webhooks.delete(webhook_id)
    if as_json:
        say_json(deleted)
        return
    say(terminal().gettext("Webhook {webhook_id} was deleted.", webhook_id=webhook_id))


def deliveries(webhook_id: OptionalWebhookId = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    with services() as opened:
        found, zone = opened.webhooks.deliveries(webhook_id, per_page=limit), opened.settings.zone
    if as_json:
        say_json(found)
        return
    t = terminal()
    headings = (
        Heading(t("Delivery")),
        Heading(t("Webhook")),
        Heading(t("Event")),
        Heading(t("State")),
        Heading(t("Queued on")),
        Heading(t("Attempts"), right=True),
        Heading(t("Status"), right=True),
        Heading(t("Last error"), shrinks=True),
    )
    show_table(headings, [_delivery_row(each, zone, t) for each in found["results"]])


def try_webhook(webhook_id: WebhookId, as_json: AsJson = False) -> int:
    """Exit code 1 when the message was not taken."""
    with services() as opened:
        delivery = opened.webhooks.test(webhook_id)
    code = DONE if delivery["state"] == "delivered" else FAILED
    if as_json:
        say_json(delivery)
        return code
    t = terminal()
    last = delivery["attempts"][-1]
    if code == DONE:
        say(t("The message was accepted: status {status} after {seconds:.2f} s.", **last))
    else:
        say(t("The message was not accepted: {error}.", **last))
    return code


def replay(delivery_id: DeliveryId, as_json: AsJson = False) -> None:
    with services() as opened:
        delivery = opened.webhooks.replay(delivery_id)
    if as_json:
        say_json(delivery)
        return
    say(terminal().gettext("The server sends {delivery_id} again.", delivery_id=delivery_id))


def _webhook_row(webhook_id: str, webhook: dict[str, Any], zone: dt.tzinfo, t: Translator) -> tuple[str, ...]:
    counts = webhook["deliveries"]
    return (
        webhook_id,
        webhook["event"],
        t.datetime(webhook["created_at"], zone),
        *(t.number(counts[state]) for state in ("delivered", "pending", "failed")),
        t.datetime(webhook["disabled_at"], zone),
        webhook["url"],
    )


def _delivery_row(delivery: dict[str, Any], zone: dt.tzinfo, t: Translator) -> tuple[str, ...]:
    attempts = delivery["attempts"]
    last = attempts[-1] if attempts else {"status": None, "error": None}
    return (
        delivery["delivery_id"],
        delivery["webhook_id"],
        delivery["event"],
        t(_state(delivery)),
        t.datetime(delivery["created_at"], zone),
        t.number(len(attempts)),
        NO_DATA if last["status"] is None else str(last["status"]),
        last["error"] or "",
    )


def _state(delivery: dict[str, Any]) -> str:
    return STATES[delivery["state"]]
