"""Services dependency of the endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

if TYPE_CHECKING:
    from faxcloud.wiring import Services
else:
    Services = Any  # FastAPI reads annotations; the real one would load DuckDB before the first request

Shared = Callable[[], "Services"]
"""Function that returns the services, built at the first call, which may take a second."""


async def services_of(connection: HTTPConnection) -> Services:
    """Services of a request or web socket; no thread is used once they are built.

    Raises:
        StoreError: the store cannot be opened.
    """
    state = connection.app.state
    if state.services is None:
        state.services = await run_in_threadpool(state.shared)
    found: Services = state.services
    return found


Faxcloud = Annotated[Services, Depends(services_of)]
"""Dependency: `async def endpoint(faxcloud: Faxcloud)`."""
