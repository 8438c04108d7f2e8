"""Errors of shared links."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class ShareError(FaxCloudError):
    """Shared link that cannot be created or opened."""

    code = "share.error"


class ShareGone(ShareError):
    """Shared link that is unknown, expired or revoked. Never says which, nor whether it ever existed."""

    code = "share.gone"
    template = N_("This link is unknown, has expired or was revoked.")
    hint_template = N_("Ask the sender for a new one.")


class ShareInvalid(ShareError):
    code = "share.invalid"
    template = N_("A link cannot have the {name} “{value}”.")
    hint_template = N_("Expected: {expected}.")


class ShareNotFound(ShareError):
    code = "share.not_found"
    template = N_("There is no link {share_id}.")
    hint_template = N_("The list of links shows those that you may revoke.")
