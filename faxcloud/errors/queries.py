"""Errors of filters and queries."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class QueryError(FaxCloudError):
    """Query that cannot be answered."""

    code = "query.error"


class FilterInvalid(QueryError):
    """Invalid filter value; the caller masks `value` where it may be personal (a number, a name)."""

    code = "query.filter_invalid"
    template = N_("The filter {name} cannot be “{value}”: {expected} is expected.")
    hint_template = N_("Correct the value of {name}, or leave the filter out.")


class QueryTooSlow(QueryError):
    code = "query.too_slow"
    template = N_("The query took longer than {seconds} seconds and was stopped.")
    hint_template = N_("Choose a shorter period or fewer imports.")
