"""Axis ticks and labels of drawings."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import babel.dates

from faxcloud.i18n import Translator
from faxcloud.services.analytics.summaries import Row

APART = 60
MONTHS_APART = 46
"""Units that a date, or a month, takes on the axis of time: those of thirteen months all fit."""


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
    return str(babel.dates.format_date(start, t.locale.day_month, locale=t.language))
