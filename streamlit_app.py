"""Composition root: the pages at `/`, downloads at `/download`. Start: `streamlit run streamlit_app.py`."""

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import streamlit as st

from faxcloud.api.downloads import download_routes
from faxcloud.config import load_settings
from faxcloud.errors import SettingError
from faxcloud.services.watching import watch_inbox
from faxcloud.ui.errors import show_error
from faxcloud.ui.running import running
from faxcloud.ui.warmth import warm_up

# The store is opened before the first visit, which Streamlit's cache remarks on and which is harmless.
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)

try:
    load_settings()
except SettingError as error:
    sys.exit(f"{error.message} {error.hint}")


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Load what is heavy beside the event loop, so that the first visitor does not wait; watch the inbox."""
    stop = threading.Event()
    warming = asyncio.create_task(asyncio.to_thread(warm_up))
    watching = asyncio.create_task(asyncio.to_thread(_watch_inbox, stop))
    yield
    stop.set()
    await watching
    if await warming:
        await asyncio.to_thread(running().close)


def _watch_inbox(stop: threading.Event) -> None:
    inbox = load_settings().inbox
    if inbox is None or not warm_up():
        return
    imports = running().services.imports
    watch_inbox(inbox, lambda file: imports.import_file(file, imported_by="inbox"), stop)


app = st.App(
    Path(__file__).resolve().parent / "faxcloud" / "ui" / "frame.py",
    routes=download_routes(lambda: (running().services, running().tickets)),
    lifespan=lifespan,
    on_script_error=show_error,
)
