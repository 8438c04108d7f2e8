"""Readings of the server metrics at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faxcloud.services.monitoring.machine import System
from faxcloud.store.cache.cache import CacheStats
from faxcloud.store.catalogue.counts import Levels
from faxcloud.store.queries.query_counts import QueryStats


@dataclass(frozen=True, slots=True)
class LakeFacts:
    """Newest version of the lake; -1 before the first import."""

    version: int
    files: int
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Readings:
    """All readings of one moment.

    A value that the store did not give is None; the others are there all the same.
    """

    system: System
    cache: CacheStats
    queries: QueryStats
    levels: Levels | None
    lake: LakeFacts | None
    delivered: Mapping[str, int]
