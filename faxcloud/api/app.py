"""REST API application (FastAPI), mounted by the server at `/api`."""

from __future__ import annotations

from importlib import import_module

from fastapi import FastAPI
from fastapi.routing import APIRoute

from faxcloud import __version__
from faxcloud.api.http.etags import ResponseCache
from faxcloud.api.http.headers import CommonHeaders
from faxcloud.api.http.limits import LimitMiddleware
from faxcloud.api.http.problems import Incidents, add_problems
from faxcloud.api.http.receiving import BodyTimeout
from faxcloud.api.http.services import Shared
from faxcloud.api.http.traffic import TrafficMiddleware
from faxcloud.api.openapi import describe
from faxcloud.api.routes.audit import AuditedCalls

ROUTERS = (
    "stats", "realtime", "entries", "exports", "reports", "uploads", "analytics", "validation", "rulesets",
    "alerts", "webhooks", "stream", "audit", "cache", "health", "server_metrics", "documentation",
)  # fmt: skip
"""Modules with a `router`, in the order of the documentation; paths without the `/api` in front."""


def create_api(shared: Shared) -> FastAPI:
    """Build the API; it takes the services from `shared` at the first request."""
    app = FastAPI(
        title="FaxCloud",
        version=__version__,
        openapi_url=None,  # `documentation` serves it, with a permission check
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.shared = shared
    app.state.services = None
    app.state.answers = ResponseCache()
    add_problems(app)
    # The last one added is the outermost: what limits and errors answer is counted and compressed too.
    for layer in (BodyTimeout, Incidents, AuditedCalls, LimitMiddleware, CommonHeaders, TrafficMiddleware):
        app.add_middleware(layer)
    for name in ROUTERS:
        app.include_router(import_module(f"faxcloud.api.routes.{name}").router)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _operation_id(route: APIRoute) -> str:
    """OpenAPI operation id: the name of the endpoint's function, which client generators use."""
    return route.name
