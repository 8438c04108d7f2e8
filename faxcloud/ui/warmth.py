"""What takes long the first time, done before the first visitor comes."""

import gc
import importlib
import logging

from faxcloud.errors import FaxCloudError
from faxcloud.ui.running import running

log = logging.getLogger(__name__)

# Not streamlit_autorefresh: imported before Streamlit runs, its component would be registered nowhere.
HEAVY = ("pandas.io.formats.style", "plotly.graph_objects", "babel.dates")


def warm_up() -> bool:
    """Open the store and import what charts and tables need; whether the store did open.

    Where it does not, the log says so now and the page to each visitor.
    """
    try:
        running()
    except FaxCloudError as error:
        log.error("%s %s", error.message, error.hint)
        return False
    for name in HEAVY:
        importlib.import_module(name)
    return True


def keep_for_good() -> None:
    """Tell Python that what is loaded by now stays: its collections need not look at it again and again."""
    gc.collect()
    gc.freeze()
