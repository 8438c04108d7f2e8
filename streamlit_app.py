"""Composition root: the pages at `/`, the REST API at `/api`. Start: `streamlit run streamlit_app.py`."""

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from faxcloud.api.access import AccessMiddleware
from faxcloud.api.app import create_api, mounted
from faxcloud.api.downloads import download_routes
from faxcloud.api.signin import signin_routes
from faxcloud.config import load_settings
from faxcloud.errors import FaxCloudError
from faxcloud.services.actors import Actor
from faxcloud.services.keys import LOOPBACK, refuse_unprotected
from faxcloud.services.warming import keep_warm
from faxcloud.services.watching import watch_inbox
from faxcloud.ui.errors import show_error
from faxcloud.ui.running import Running, running
from faxcloud.ui.warmth import warm_up

# The store is opened before the first visit, which Streamlit's cache remarks on and which is harmless.
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)

Work = Callable[[threading.Event], object]

try:
    load_settings()
    address = st.config.get_option("server.address") or ""
    if address not in LOOPBACK:
        refuse_unprotected(address, running().services.keys)
except FaxCloudError as error:
    sys.exit(f"{error.message} {error.hint}")


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Load what is heavy beside the event loop, so that the first visitor does not wait; then work on."""
    stop = threading.Event()
    working = asyncio.create_task(asyncio.to_thread(_work, stop))
    yield
    stop.set()
    await working


def _work(stop: threading.Event) -> None:
    """What the server does beside answering, each in a thread, until it stops."""
    if not warm_up():
        return
    shared = running()
    threads = [threading.Thread(target=work, args=(stop,), name=name) for name, work in _workers(shared)]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join()
    shared.close()


def _workers(shared: Running) -> list[tuple[str, Work]]:
    services = shared.services
    workers: list[tuple[str, Work]] = [
        ("deliveries", services.deliverer.run),
        ("metrics", services.metrics.run),
        ("housekeeping", services.housekeeping.run),
        ("warming", partial(keep_warm, services.summaries, services.search)),
    ]
    if inbox := shared.settings.inbox:
        importing = partial(services.import_jobs.run, actor=Actor("inbox"))
        workers.append(("inbox", partial(watch_inbox, inbox, importing)))
    return workers


app = st.App(
    Path(__file__).resolve().parent / "faxcloud" / "ui" / "frame.py",
    routes=[
        *download_routes(lambda: (running().services, running().tickets)),
        *signin_routes(lambda: running().services),
        mounted(create_api(lambda: running().services)),
    ],
    middleware=[Middleware(AccessMiddleware, shared=lambda: running().services)],
    lifespan=lifespan,
    on_script_error=show_error,
)
