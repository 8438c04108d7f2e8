"""Warm-up at server start: slow first-time work, done before the first visitor comes."""

import contextlib
import gc
import importlib
import logging
from collections.abc import Iterator

from faxcloud.errors import FaxCloudError
from faxcloud.ui.running import running

log = logging.getLogger(__name__)

# Not streamlit_autorefresh: imported before Streamlit runs, its component would be registered nowhere.
HEAVY = ("pandas.io.formats.style", "plotly.graph_objects", "babel.dates")


def warm_up() -> bool:
    """Open the store and import the libraries of charts and tables; returns whether the store opened.

    Where it does not, the log says so now and the page to each visitor.
    """
    try:
        running().services.load()
    except FaxCloudError as error:
        log.error("%s %s", error.message, error.hint)
        return False
    for name in HEAVY:
        importlib.import_module(name)
    return True


@contextlib.contextmanager
def no_collections() -> Iterator[None]:
    """Pause the garbage collector while modules load, and exempt what was loaded from later collections.

    Processor time (medians of 5): loading takes 0.89 s instead of 0.94, a later full collection 0.00 s
    instead of 0.11.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.collect()
    gc.freeze()
