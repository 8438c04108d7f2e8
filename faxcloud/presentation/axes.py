"""Axis arithmetic of charts: lower end and round ticks of rates and counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

LEAST_SPAN = 0.02
"""Of an axis of rates below its target."""


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
