"""Query cache statistics and clearing, for administrators."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from faxcloud.services.actors import current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.store.cache.cache import Cache


class CacheAdmin:
    """Cache administration."""

    def __init__(self, cache: Cache, journal: Journal) -> None:
        self._cache = cache
        self._journal = journal

    def stats(self) -> dict[str, Any]:
        """Cache statistics since the start; `hit_rate` is None before the first query.

        Raises:
            NotAllowed: the actor may not see metrics.
        """
        current_actor().require("metrics.read")
        stats = self._cache.stats()
        return {**asdict(stats), "hit_rate": stats.hit_rate, "cache_size": stats.entries}

    def clear(self) -> dict[str, int]:
        """Clear the cache; `cleared` is the number of entries. It frees memory; right answers never need it.

        Raises:
            NotAllowed: the actor may not.
        """
        current_actor().require("cache.clear")
        cleared = self._cache.clear()
        self._journal.write(Note("cache.clear", details={"entries": cleared}))
        return {"cleared": cleared}
