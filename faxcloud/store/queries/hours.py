"""Queries by part of the week (business hours, nights, weekends), from the cube.

The cube counts by hour, and opening hours are whole hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from faxcloud.domain.hours import SATURDAY, OpeningHours, french_holidays
from faxcloud.store.cache.cache import Cache
from faxcloud.store.queries.cube import OVER_CUBE, columns_sql, cube_sql
from faxcloud.store.queries.engine import Engine
from faxcloud.store.queries.filters import Selection


class FaxHours:
    """Queries for when faxes were sent."""

    def __init__(self, engine: Engine, cache: Cache) -> None:
        self._engine = engine
        self._cache = cache

    def parts(self, selection: Selection, hours: OpeningHours) -> list[dict[str, Any]]:
        """Metrics by part of the week, as far as the cube has them.

        One row per `domain.hours.Part` that has faxes.
        """

        def ask() -> list[dict[str, Any]]:
            # The cube that FaxReader keeps: one scan answers both.
            cube = self._cache.get(
                ("cube", *selection.key),
                lambda: self._engine.table(cube_sql(selection.rows), selection.values),
                depends=selection.depends,
            )
            years: list[int] = []
            if hours.holidays:
                found = self._engine.rows(
                    "SELECT DISTINCT year(hour) AS year FROM cube WHERE hour IS NOT NULL", cube=cube
                )
                years = [row["year"] for row in found]
            numbers = columns_sql(OVER_CUBE, by_verdict=bool(selection.by_verdict))
            sql = f"SELECT {_part_sql(hours, years)} AS part, {numbers} FROM cube GROUP BY part"
            return self._engine.rows(sql, cube=cube)

        return self._cache.get(("hours", hours, *selection.key), ask, depends=selection.depends)


def _part_sql(hours: OpeningHours, years: Iterable[int]) -> str:
    """`OpeningHours.part_of` for the cube's column `hour`."""
    days = {day for year in years if dt.MINYEAR <= year <= dt.MAXYEAR for day in french_holidays(year)}
    closed = ", ".join(f"DATE '{day.isoformat()}'" for day in sorted(days))
    holiday = f"WHEN CAST(hour AS DATE) IN ({closed}) THEN 'holiday'" if closed else ""
    is_open = " OR ".join(
        f"(isodow(hour) = {day} AND hour(hour) >= {first} AND hour(hour) < {end})"
        for day, (first, end) in hours.days
    )
    return f"""CASE WHEN hour IS NULL THEN 'undated' {holiday}
      WHEN {is_open or "FALSE"} THEN 'business'
      WHEN isodow(hour) >= {SATURDAY} THEN 'weekend' ELSE 'night' END"""
