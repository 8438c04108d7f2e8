"""Axis of a compliance rate: from below the lowest value to 100 %, with target and threshold."""

from collections.abc import Sequence
from typing import Any

from faxcloud.domain.metrics import TARGET_RATE
from faxcloud.services.analytics.compliance_target import Rates
from faxcloud.services.papers.wording import target_text
from faxcloud.ui.charts.template import colours
from faxcloud.ui.screen import Screen

LEAST_SPAN = 0.02
HEADROOM = 0.07
"""Space above 100 % for the marks."""


def floor_of(rates: Sequence[float | None], target: float = TARGET_RATE) -> float:
    """Lower end of a rate axis, with room below the lowest value so that changes are visible."""
    known = [rate for rate in rates if rate is not None]
    lowest = min([*known, target - LEAST_SPAN])
    step = 0.05 if lowest > 0.5 else 0.1
    return max(0.0, int(lowest / step) * step)


def rate_ticks(low: float) -> list[float]:
    """Four to six round tick values from `low` to 1."""
    span = 1 - low
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.25) if span / step <= 5.01)
    count = int(span / step + 1e-9)
    return [round(1 - step * index, 4) for index in range(count, -1, -1)]


def top_of(low: float) -> float:
    """Height of the annotation marks: just above 100 %."""
    return 1 + (1 - low) * HEADROOM / 2


def rate_axis(screen: Screen, low: float) -> dict[str, Any]:
    """Plotly axis settings of a rate."""
    ticks = rate_ticks(low)
    decimals = 0 if all(round(tick * 100, 6) % 1 == 0 for tick in ticks) else 1
    return {
        "range": [low, 1 + (1 - low) * HEADROOM],
        "tickvals": ticks,
        "ticktext": [screen.t.percent(tick, decimals) for tick in ticks],
    }


def bands(screen: Screen, rates: Rates, low: float) -> list[dict[str, Any]]:
    """Background bands: good from the target up, bad below the threshold, clipped to the axis."""
    c = colours(screen)
    shapes: list[dict[str, Any]] = []
    if rates.target > low:
        shapes += [_area(rates.target, 1, c.band), _edge(rates.target, c.sent)]
    if rates.threshold > low:
        shapes += [_area(low, rates.threshold, c.alarm), _edge(rates.threshold, c.invalid)]
    return shapes


def band_labels(screen: Screen, rates: Rates, low: float) -> list[dict[str, Any]]:
    """Labels of target and threshold, above the plot at its right end.

    Inside the plot they would cover the newest points.
    """
    t, c = screen.t, colours(screen)
    names = []
    if rates.target > low:
        names.append((c.sent, t("Target {rate}", rate=_percent(screen, rates.target))))
    if rates.threshold > low:
        names.append((c.invalid, t("Threshold {rate}", rate=_percent(screen, rates.threshold))))
    text = "\u2003".join(f'<span style="color:{colour}">┄</span> {name}' for colour, name in names)
    return [_above(screen, text)] if names else []


def _percent(screen: Screen, rate: float) -> str:
    return target_text(screen.t, rate)


def _area(low: float, high: float, fill: str) -> dict[str, Any]:
    return {"type": "rect", **_WIDE, "y0": low, "y1": high, "fillcolor": fill, "line": {"width": 0}}


def _edge(rate: float, colour: str) -> dict[str, Any]:
    line = {"color": colour, "width": 1, "dash": "dot"}
    return {"type": "line", **_WIDE, "y0": rate, "y1": rate, "line": line}


_WIDE: dict[str, Any] = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "layer": "below"}


def _above(screen: Screen, text: str) -> dict[str, Any]:
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "borderpad": 1,
        "font": {"size": 11, "color": colours(screen).quiet},
    }
