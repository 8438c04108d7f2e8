"""Composition root of the server: pages at `/`, REST API at `/api`.

Start: `streamlit run streamlit_app.py`.
"""

import asyncio
import contextlib
import gc
import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from faxcloud.api.http.access_log import AccessLog
from faxcloud.api.http.mounting import LazyAccess, LazyApp, mounted
from faxcloud.api.web.pwa import PageHead, pwa_routes
from faxcloud.api.web.response_headers import SecurityHeaders, SubPath
from faxcloud.config import load_settings
from faxcloud.errors import FaxCloudError
from faxcloud.services.access.client_addresses import is_loopback
from faxcloud.services.imports.archives import Outcome
from faxcloud.services.monitoring.json_logs import log_as_json
from faxcloud.services.monitoring.server_identity import published
from faxcloud.services.worker import Worker
from faxcloud.ui.errors import show_error
from faxcloud.ui.frame.startup import no_collections, warm_up
from faxcloud.ui.running import Running, running
from faxcloud.ui.workarounds.header_timeout import limit_header_time
from faxcloud.ui.workarounds.stale_reruns import StaleReruns
from faxcloud.ui.workarounds.upload_limits import UploadLimits

# Opening the store before the first visit makes Streamlit's cache log a harmless warning.
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)

FIRST_VISIT_S = 4.0
"""Delay of background work after the start: the first visit comes at once and needs the processor."""

WEB_PATHS = ("/signin", "/signin/{ticket}", "/signout", "/download/{ticket}/{name}", "/shared/{rest:path}")

try:
    settings = load_settings()
    if settings.log_format == "json":
        log_as_json()
    address = st.config.get_option("server.address") or ""
    if not is_loopback(address):
        from faxcloud.services.access.keys import refuse_unprotected

        refuse_unprotected(address, running().services.keys)
except FaxCloudError as error:
    sys.exit(f"{error.message} {error.hint}")


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Load heavy modules in a thread while the server answers; then run the background work."""
    stop = threading.Event()
    working = asyncio.create_task(asyncio.to_thread(_work, stop))
    yield
    stop.set()
    await working
    gc.unfreeze()  # otherwise DuckDB's binding prints a long warning about objects exempt from collection


def _work(stop: threading.Event) -> None:
    """Background workers of the server, each in a thread, until it stops."""
    with contextlib.ExitStack() as until_stopped:
        with no_collections():
            if not warm_up():
                return
            shared = running()
            until_stopped.callback(shared.close)
            until_stopped.enter_context(published(shared.settings, _own_url()))
            if stop.wait(FIRST_VISIT_S):
                return
            api.load()
        shared.services.import_jobs.warm()
        workers = _workers(shared)
        for worker in workers:
            worker.start()
        stop.wait()
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()


def _own_url() -> str:
    """Base URL at which commands on this machine reach this server."""
    bound = address if address not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 - a comparison
    scheme = "https" if st.config.get_option("server.sslCertFile") else "http"
    return f"{scheme}://{f'[{bound}]' if ':' in bound else bound}:{st.config.get_option('server.port')}"


def _workers(shared: Running) -> list[Worker]:
    from faxcloud.services.analytics.warming import warming_worker
    from faxcloud.services.imports.watching import inbox_worker

    services = shared.services
    workers = [
        services.deliverer.worker,
        services.alerts.worker,
        services.notices.worker,
        services.mailings.worker,
        services.metrics.worker,
        services.housekeeping.worker,
        warming_worker(services.summaries, services.search),
    ]
    if inbox := shared.settings.inbox:

        def import_each(file: Path) -> Iterator[Outcome]:
            return services.archives.outcomes(
                file, file.name, lambda path, name: services.import_jobs.run(path, name=name)
            )

        workers.append(inbox_worker(inbox, import_each))
    return workers


def _api() -> ASGIApp:
    from faxcloud.api.app import create_api

    return create_api(lambda: running().services)


def _web() -> ASGIApp:
    """Routes besides pages and API: sign-in, shared reports, downloads."""
    from faxcloud.api.web.downloads import download_routes
    from faxcloud.api.web.shares import share_routes
    from faxcloud.api.web.signin import signin_routes

    downloads = download_routes(lambda: (running().services, running().tickets))
    signin, shares = (make(lambda: running().services) for make in (signin_routes, share_routes))
    return Router([*downloads, *signin, *shares])


def _access(inside: ASGIApp) -> ASGIApp:
    from faxcloud.api.http.authentication import AccessMiddleware

    return AccessMiddleware(inside, lambda: running().services)


limit_header_time()
api, web = LazyApp(_api), LazyApp(_web)
app = st.App(
    Path(__file__).resolve().parent / "faxcloud" / "ui" / "frame" / "frame.py",
    routes=[
        *(Route(path, web) for path in WEB_PATHS),
        *pwa_routes(),
        mounted(api),
    ],
    # Where a key is required in any case, not even empty HTML is served without one.
    middleware=[
        *([Middleware(AccessLog)] if settings.log_format == "json" else []),
        Middleware(SecurityHeaders, framed_by=settings.framing_sites),
        Middleware(SubPath, path=settings.public_path),
        Middleware(LazyAccess, make=_access, html_first=settings.admin_key is None),
        Middleware(PageHead, streamlit=Path(st.__file__).parent / "static"),
        Middleware(StaleReruns),
        Middleware(UploadLimits),
    ],
    lifespan=lifespan,
    on_script_error=show_error,
)
