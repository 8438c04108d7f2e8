"""Errors of exports."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class ExportFailed(FaxCloudError):
    code = "export.failed"
    template = N_("The export to {target} was not completed: {reason}.")
    hint_template = N_(
        "No incomplete file was left. Check disk space and permissions there, then export again."
    )


class ExportInterrupted(FaxCloudError):
    code = "export.interrupted"
    template = N_("The export was broken off: its reader has gone.")
    hint_template = N_("Export again.")


class TooManyExports(FaxCloudError):
    """Export limit reached; `seconds` is when to retry."""

    code = "export.too_many"
    template = N_("{count} exports are under way, and none of them has ended in time.")
    hint_template = N_("Try again in {seconds} seconds.")
