"""Errors of settings and price lists."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class SettingError(FaxCloudError):
    """Invalid configuration: FaxCloud does not start with this environment."""

    code = "setting.error"


class SettingUnknown(SettingError):
    code = "setting.unknown"
    template = N_("There is no setting {setting}.")
    hint_template = N_("Did you mean {nearest}? Correct the name or remove the variable.")


class SettingInvalid(SettingError):
    """Invalid setting; `value` never holds a key or a password."""

    code = "setting.invalid"
    template = N_("{setting} cannot be “{value}”.")
    hint_template = N_("Expected: {expected}.")


class PriceListInvalid(SettingError):
    """Invalid price list; `line` counts from 1, and is 0 for what concerns the whole list."""

    code = "setting.price_list"
    template = N_("The price list cannot be used: line {line}, {field} “{value}”. {reason}")
    hint_template = N_("Nothing was changed. Correct the line and save the list again.")
