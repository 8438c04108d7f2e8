"""Errors of a command that asks a running server."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class ServerError(FaxCloudError):
    """Running server that a command sent a request to and that failed."""

    code = "server.error"


class ServerAway(ServerError):
    code = "server.away"
    template = N_("No FaxCloud server answers at {url}.")
    hint_template = N_("Start it with `make run`, or give its address with `--url`.")


class ServerUnproven(ServerError):
    code = "server.unproven"
    template = N_(
        "What answers at {url} does not prove that it is the server of the store {home}: no key was sent."
    )
    hint_template = N_("Start the server anew, or give its address and the key with `--url` and `--key`.")


class ServerRefused(ServerError):
    code = "server.refused"
    template = N_("The server at {url} refused: {reason}")
    hint_template = N_("Give an administrator's key with `--key` or FAXCLOUD_ADMIN_KEY.")
