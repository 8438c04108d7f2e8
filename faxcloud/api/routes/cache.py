"""Query cache endpoints: `/admin/cache`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from faxcloud.api.http.authentication import requires
from faxcloud.api.http.json_response import json_response
from faxcloud.api.http.services import Faxcloud
from faxcloud.api.routes.server_metrics import CacheAnswer, Watcher
from faxcloud.services.actors import Actor

router = APIRouter(tags=["administration"])

Cleaner = Annotated[Actor, requires("cache.clear")]


class ClearedAnswer(BaseModel):
    """Number of entries that were removed."""

    cleared: int


@router.get("/admin/cache", response_model=CacheAnswer)
async def cache_stats(faxcloud: Faxcloud, _actor: Watcher) -> Response:
    """Cache statistics: hits, misses, entries and their lifetimes."""
    return json_response(await run_in_threadpool(faxcloud.cache_admin.stats))


@router.delete("/admin/cache", response_model=ClearedAnswer)
async def clear_cache(faxcloud: Faxcloud, _actor: Cleaner) -> Response:
    """Clear the cache. Results are never out of date; this only frees memory."""
    return json_response(await run_in_threadpool(faxcloud.cache_admin.clear))
