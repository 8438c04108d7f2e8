"""Axis ticks and labels of drawings."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import babel.dates

from faxcloud.i18n import Translator
from faxcloud.services.analytics.summaries import Row

LEAST_SPAN = 0.02
"""Of an axis of rates below its target."""
APART = 60
MONTHS_APART = 46
"""Units that a date, or a month, takes on the axis of time: those of thirteen months all fit."""


def floor_of(rates: Sequence[float | None], target: float) -> float:
    """Lower end of a rate axis: below the lowest value, so that the movement can be seen."""
    lowest = min([*(rate for rate in rates if rate is not None), max(target - LEAST_SPAN, 0)])
    step = 0.05 if lowest > 0.5 else 0.1
    return max(0.0, min(math.floor(lowest / step) * step, 0.95))


def rate_ticks(low: float) -> list[float]:
    """Four to six round rates from `low` to 1."""
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if (1 - low) / step <= 5.01)
    return [round(1 - step * index, 4) for index in range(int((1 - low) / step + 1e-9), -1, -1)]


def count_ticks(most: float) -> list[int]:
    """Zero and up to four round counts up to the largest."""
    if most < 1:
        return [0, 1]
    power = 10 ** math.floor(math.log10(most))
    step = next(s * power for s in (0.25, 0.5, 1, 2, 2.5, 5) if most / (s * power) <= 4)
    step = max(1, math.ceil(step))
    return list(range(0, int(most // step) * step + 1, step))


def labelled(rows: Sequence[Row], grain: str, middles: Sequence[float]) -> list[int]:
    """Rows with a written label: as many as fit; Mondays where there are enough."""
    apart = MONTHS_APART if grain == "month" else APART
    room = int(((middles[-1] - middles[0]) if middles else 0) / apart) + 1
    starts: list[dt.datetime] = [row["start"] for row in rows]
    candidates = [*range(len(rows))]
    round_ones = {
        "hour": [index for index, start in enumerate(starts) if start.hour % 6 == 0],
        "day": [index for index, start in enumerate(starts) if start.weekday() == 0],
    }.get(grain, [])
    if len(candidates) > room and len(round_ones) >= 4:
        candidates = round_ones
    return candidates[:: max(1, math.ceil(len(candidates) / room))]


def tick_text(t: Translator, start: dt.datetime, grain: str) -> str:
    if grain == "month":
        return f"{start:%m/%Y}"
    if grain == "hour":
        return f"{start:%H:%M}" if start.hour else _day(t, start)
    return _day(t, start)


def _day(t: Translator, start: dt.datetime) -> str:
    return f"{start:%d/%m}" if t.language == "fr" else babel.dates.format_date(start, "d MMM", locale="en")
