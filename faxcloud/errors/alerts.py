"""Errors of alert rules, alerts and channels."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class AlertError(FaxCloudError):
    """Invalid or missing alert, alert rule or channel."""

    code = "alert.error"


class AlertRuleInvalid(AlertError):
    """Invalid alert rule; `reason` says what is allowed. A personal value is not repeated."""

    code = "alert.rule_invalid"
    template = N_("In the alert rule, {field} cannot be “{value}”: {reason}.")
    hint_template = N_("Nothing was changed. Correct it and save again.")


class AlertRuleNotFound(AlertError):
    code = "alert.rule_not_found"
    template = N_("There is no alert rule {rule_id}.")
    hint_template = N_("It may have been deleted. The page Alerts shows those that exist.")


class AlertNotFound(AlertError):
    code = "alert.not_found"
    template = N_("There is no alert {alert_id}.")
    hint_template = N_("`faxcloud alerts list` shows those that exist.")
    page_hint_template = N_("The page Alerts lists those that exist.")


class AlertIsResolved(AlertError):
    code = "alert.is_resolved"
    template = N_("Alert {alert_id} is resolved already.")
    hint_template = N_("There is nothing left to do.")


class ChannelInvalid(AlertError):
    """Invalid channel; `reason` is one of our sentences. The address may hold a password: never quote it."""

    code = "channel.invalid"
    template = N_("The channel was not saved: {reason}.")
    hint_template = N_("Write its address as Apprise does, such as mailtos://user:password@example.org.")


class ChannelNotFound(AlertError):
    code = "channel.not_found"
    template = N_("There is no channel {channel_id}.")
    hint_template = N_("It may have been deleted. The page Alerts shows those that exist.")
