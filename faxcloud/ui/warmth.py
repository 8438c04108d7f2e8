"""What takes long the first time, done before the first visitor comes."""

import importlib
import logging

from faxcloud.errors import FaxCloudError
from faxcloud.ui.running import running

log = logging.getLogger(__name__)

HEAVY = ("pandas", "plotly.graph_objects", "babel.dates", "streamlit_autorefresh")


def warm_up() -> None:
    """Open the store, then import what charts and tables need. A store that does not open, the page tells."""
    try:
        running()
    except FaxCloudError as error:
        log.error("%s %s", error.message, error.hint)
    for name in HEAVY:
        importlib.import_module(name)
