"""Errors of webhooks and their deliveries."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class WebhookError(FaxCloudError):
    """Webhook that cannot be registered or used."""

    code = "webhook.error"


class WebhookNotFound(WebhookError):
    code = "webhook.not_found"
    template = N_("There is no webhook {webhook_id}.")
    hint_template = N_("It may have been deleted. `faxcloud webhooks list` shows those that exist.")
    page_hint_template = N_("It may have been deleted. Administration, Webhooks lists those that exist.")


class DeliveryNotFound(WebhookError):
    code = "webhook.delivery_not_found"
    template = N_("There is no delivery {delivery_id}.")
    hint_template = N_("It may have been deleted with its webhook, or because of its age.")


class WebhookDisabled(WebhookError):
    code = "webhook.disabled"
    template = N_("Webhook {webhook_id} was disabled on {disabled_at}: {reason}.")
    hint_template = N_("Delete it, and register its URL again when messages are wanted there.")


class EventUnknown(WebhookError):
    code = "webhook.event_unknown"
    template = N_("There is no event “{event}”. There are: {known}.")
    hint_template = N_("Register the webhook for one of these.")


class DestinationRefused(WebhookError):
    """Webhook destination refused; only `host` of the URL is quoted, since the rest may hold a secret."""

    code = "webhook.destination_refused"
    template = N_("Webhooks are not sent to {host}: {reason}.")
    hint_template = N_(
        "Use a public https:// address, or have the administrator add the network to "
        "FAXCLOUD_WEBHOOK_NETWORKS."
    )
