"""Errors of re-validations."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class ValidationError(FaxCloudError):
    """Re-validation that cannot start or be shown."""

    code = "validation.error"


class ValidationRunning(ValidationError):
    code = "validation.running"
    template = N_("Re-validation {run} has been running since {since}.")
    hint_template = N_("One runs at a time. Wait until it has finished, then try again.")


class RunNotFound(ValidationError):
    code = "validation.run_not_found"
    template = N_("There is no re-validation {run}.")
    hint_template = N_("`faxcloud validate runs` lists those that exist.")
    page_hint_template = N_("The page Rules lists those that exist.")


class EngineUnavailable(ValidationError):
    code = "validation.engine_unavailable"
    template = N_("The engine “{engine}” is not available: {reason}.")
    hint_template = N_("Use the engine duckdb, or install what this one needs.")
