"""Data of the dashboard tiles, queried on demand: a hidden tile costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from faxcloud.domain.calendar import Grain
from faxcloud.domain.filters import Filters
from faxcloud.services.analytics.summaries import Dashboard, Summaries, Summary, last_of
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.screen import Screen

Rows = list[dict[str, Any]]
MOST_NUMBERS = 10


@dataclass(frozen=True)
class TileData:
    """Figures of one selection, for one run of the page.

    Attributes:
        reports: Those whose faxes can be asked for, newest first.
        with_users: Whether a tile shows users: their groups then count the users of the figures as well, and
            everything comes from two scans of the lake. Without, one is enough.
    """

    screen: Screen
    selection: Filters
    grain: Grain
    reports: Sequence[dict[str, Any]]
    with_users: bool

    @property
    def keep(self) -> str:
        """Key of the zoom: a chart keeps its zoom while this value stays the same."""
        return filters.signature()

    @cached_property
    def _whole(self) -> Dashboard | None:
        return self._ask.dashboard(self.selection, self.grain) if self.with_users else None

    @cached_property
    def summary(self) -> Summary:
        return self._whole.summary if self._whole else self._ask.summary(self.selection)

    @property
    def invalid(self) -> int:
        return int(self.summary.values["invalid"] or 0)

    @cached_property
    def timeline(self) -> Rows:
        return self._whole.timeline if self._whole else self._ask.timeline(self.selection, self.grain)

    @cached_property
    def previous_timeline(self) -> Rows | None:
        """Timeline of the period before; None if there is none or it has no faxes."""
        before = self.selection.previous_period()
        if before is None or not (self.summary.compared or {}).get("faxes"):
            return None
        return last_of(self._ask.timeline(before, self.grain), len(self.timeline))

    @cached_property
    def rules(self) -> Rows:
        return self._whole.rules if self._whole else self._ask.breakdown(self.selection, "rule")

    @cached_property
    def heatmap(self) -> Rows:
        return self._whole.heatmap if self._whole else self._ask.heatmap(self.selection)

    @cached_property
    def users(self) -> Rows:
        return self._whole.users if self._whole else self._ask.breakdown(self.selection, "user")

    @cached_property
    def numbers(self) -> Rows:
        return self._ask.top_numbers(self.selection, limit=MOST_NUMBERS)

    @property
    def _ask(self) -> Summaries:
        return self.screen.services.summaries
