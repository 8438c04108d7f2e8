"""The cache, for whoever looks after the server."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from faxcloud.services.actors import current_actor
from faxcloud.services.journal import Journal, Note
from faxcloud.store.cache.cache import Cache


class KeptAnswers:
    """What is kept so that it need not be asked again."""

    def __init__(self, cache: Cache, journal: Journal) -> None:
        self._cache = cache
        self._journal = journal

    def stats(self) -> dict[str, Any]:
        """Counters since the start; `hit_rate` is None before the first question.

        Raises:
            NotAllowed: the actor may not see metrics.
        """
        current_actor().require("metrics.read")
        stats = self._cache.stats()
        return {**asdict(stats), "hit_rate": stats.hit_rate, "cache_size": stats.entries}

    def clear(self) -> dict[str, int]:
        """Forget everything: `cleared` entries. Never needed for a right answer; it frees memory.

        Raises:
            NotAllowed: the actor may not.
        """
        current_actor().require("cache.clear")
        cleared = self._cache.clear()
        self._journal.write(Note("cache.clear", details={"entries": cleared}))
        return {"cleared": cleared}
