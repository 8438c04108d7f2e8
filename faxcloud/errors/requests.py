"""Errors of requests to the API."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class RequestError(FaxCloudError):
    """HTTP request that cannot be understood or repeated."""

    code = "request.error"


class UploadInvalid(RequestError):
    code = "request.upload_invalid"
    template = N_("The upload cannot be read: {reason}.")
    hint_template = N_("Send one file, as the request body or as the only part of multipart/form-data.")


class HeaderInvalid(RequestError):
    code = "request.header_invalid"
    template = N_("The header {name} cannot be used: {expected} is expected.")
    hint_template = N_("Correct it, or omit it.")


class KeyUsedOtherwise(RequestError):
    """Idempotency-Key used for a different request; the key is the client's own and not a secret."""

    code = "request.key_used_otherwise"
    template = N_("The Idempotency-Key {key} was used for a different request.")
    hint_template = N_("Use a new key for each request; repeat a key only to repeat its request.")


class RequestUnderway(RequestError):
    code = "request.underway"
    template = N_("The request with the Idempotency-Key {key} is still being processed.")
    hint_template = N_("Wait a little, then repeat it with the same key.")


class ReportEditInvalid(RequestError):
    """Invalid edit of a report; `name` is the field: `contract`, `start` or `end`."""

    code = "request.report_edit"
    template = N_("An import cannot have the {name} “{value}”.")
    hint_template = N_("Expected: {expected}. Nothing was changed.")
