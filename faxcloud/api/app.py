"""The REST API: one application, mounted by the server at `/api`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from fastapi import FastAPI

from faxcloud import __version__
from faxcloud.api.problems import add_problems
from faxcloud.api.services import Shared

ROUTERS = ("webhooks", "stream", "audit", "admin", "health", "metrics")


def create_api(shared: Shared) -> FastAPI:
    """The application over the services that `shared` gives at the first request.

    Every module of `ROUTERS` has a `router`, its paths without the `/api` in front.
    """
    app = FastAPI(
        title="FaxCloud",
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.shared = shared
    app.state.services = None
    add_problems(app)
    for name in ROUTERS:
        if find_spec(f"faxcloud.api.{name}"):
            app.include_router(import_module(f"faxcloud.api.{name}").router)
    return app
