"""Errors of saved views and preferences."""

from faxcloud.errors.root import FaxCloudError
from faxcloud.i18n import N_


class ViewError(FaxCloudError):
    """Saved view or preference that cannot be stored or found."""

    code = "view.error"


class ViewNotFound(ViewError):
    """View not found: the same answer for another user's private view as for a deleted one."""

    code = "view.not_found"
    template = N_("There is no view {view_id} that you may open.")
    hint_template = N_("It may have been deleted, or its owner does not share it.")


class ViewInvalid(ViewError):
    code = "view.invalid"
    template = N_("The view was not saved: {reason}.")
    hint_template = N_("Nothing was changed. Correct it and save again.")


class TooManyViews(ViewError):
    code = "view.too_many"
    template = N_("There are {limit} views already, which is the maximum.")
    hint_template = N_("Delete those that are no longer needed.")


class ViewsFileInvalid(ViewError):
    """Invalid views file; `where` is a path into the file, such as `views[3].params`."""

    code = "view.file_invalid"
    template = N_("The file was not imported: {where}: {reason}.")
    hint_template = N_("Nothing was changed. Use a file that FaxCloud has exported.")


class PreferenceInvalid(ViewError):
    code = "view.preference_invalid"
    template = N_("The setting “{key}” was not saved: {reason}.")
    hint_template = N_("Nothing was changed. If this happens again, export your settings and reset them.")
