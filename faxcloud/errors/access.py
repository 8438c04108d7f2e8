"""Errors of access: keys, roles, sign-in, hosts and origins."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class AccessError(FaxCloudError):
    """Access denied, or caller not authenticated."""

    code = "access.refused"


class NotAllowed(AccessError):
    code = "access.not_allowed"
    template = N_("The role {role} may not do this.")
    hint_template = N_("It takes a key with the role {needed}. Ask your administrator for one.")
    marked_values = frozenset({"role", "needed"})


class KeyRequired(AccessError):
    code = "access.key_required"
    template = N_("This needs a key.")
    hint_template = N_("Send it as X-API-Key or as Authorization: Bearer. An administrator creates keys.")


class KeyRefused(AccessError):
    """API key refused. Unknown, revoked and expired keys get the same answer, so trying reveals nothing."""

    code = "access.key_refused"
    template = N_("This key is not valid.")
    hint_template = N_("It may be mistyped, revoked or expired. Ask your administrator for a new one.")


class KeyNotFound(AccessError):
    code = "access.key_not_found"
    template = N_("There is no key {key_id}.")
    hint_template = N_("`faxcloud keys list` shows the ids of those that exist.")
    page_hint_template = N_("Administration, Keys lists those that exist.")


class KeyInvalid(AccessError):
    code = "access.key_invalid"
    template = N_("The {name} of a key cannot be “{value}”: {expected} is expected.")
    hint_template = N_("Correct it and try again; no key was created.")


class HostRefused(AccessError):
    """Host header refused: a name that is not this server's, as in a DNS rebinding attack."""

    code = "access.host_refused"
    template = N_("This server does not have the name “{host}”.")
    hint_template = N_("An administrator adds host names to FAXCLOUD_HOSTS.")


class OutOfScope(AccessError):
    """Request outside the scope of a key that is limited to some reports or contracts."""

    code = "access.out_of_scope"
    template = N_("This key is limited to some imports, and this request concerns others too.")
    hint_template = N_("Ask for an import that it may see, or use a key without this limit.")


class CrossSite(AccessError):
    code = "access.cross_site"
    template = N_("Requests from another site are refused.")
    hint_template = N_("Open FaxCloud directly, or call the API from a program instead of a web page.")


class LocalOnly(AccessError):
    code = "access.local_only"
    template = N_("No key has been created yet, so FaxCloud only answers on its own machine.")
    hint_template = N_("Create a key there with `faxcloud keys create --role admin --name NAME`.")
    page_hint_template = N_("Ask the administrator of the server for a key.")


class TooManyAttempts(AccessError):
    code = "access.too_many_attempts"
    template = N_("Too many wrong keys came from this address.")
    hint_template = N_("Wait {seconds} seconds, then try again.")


class Unprotected(AccessError):
    code = "access.unprotected"
    template = N_(
        "FaxCloud does not start on {address} without protection: everybody there could read the faxes."
    )
    hint_template = N_(
        "Set FAXCLOUD_ADMIN_KEY, or create an admin key with `faxcloud keys create --role admin "
        "--name NAME`, or stay on 127.0.0.1."
    )
