"""Errors of scheduled mails."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class MailingError(FaxCloudError):
    """Scheduled mail that cannot be stored or sent."""

    code = "mailing.error"


class MailingNotFound(MailingError):
    code = "mailing.not_found"
    template = N_("There is no scheduled e-mail {mailing_id}.")
    hint_template = N_("It may have been deleted. The page Scheduled e-mails shows those that exist.")


class MailingInvalid(MailingError):
    """Invalid scheduled mail; `name` is the wrong part, such as the hour or a recipient."""

    code = "mailing.invalid"
    template = N_("The {name} of a scheduled e-mail cannot be “{value}”: {expected} is expected.")
    hint_template = N_("Nothing was changed. Correct it and save again.")
    marked_values = frozenset({"name", "expected"})


class MailServerMissing(MailingError):
    code = "mailing.no_server"
    template = N_("No mail server is configured, so nothing can be sent.")
    hint_template = N_("An administrator sets FAXCLOUD_SMTP_URL and restarts the server.")


class MakerGone(MailingError):
    """Owner of a schedule is gone. Scheduled work runs with the rights of its owner; `maker` is that actor's
    name.
    """

    code = "mailing.maker_gone"
    template = N_("{maker}, whose permissions are used to send this, no longer has access to FaxCloud.")
    hint_template = N_(
        "Another person with access opens it and saves it again: it is then sent with their permissions."
    )
