"""Axis of a compliance rate: from below the lowest value to 100 %, with target and threshold."""

from typing import Any

from faxcloud.presentation.axes import rate_ticks
from faxcloud.presentation.wording import target_text
from faxcloud.services.analytics.compliance_target import Rates
from faxcloud.ui.charts.template import colours
from faxcloud.ui.screen import Screen

HEADROOM = 0.07
"""Space above 100 % for the marks."""


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
        names.append((c.sent, t("Target {rate}", rate=target_text(t, rates.target))))
    if rates.threshold > low:
        names.append((c.invalid, t("Threshold {rate}", rate=target_text(t, rates.threshold))))
    text = "\u2003".join(f'<span style="color:{colour}">┄</span> {name}' for colour, name in names)
    return [_above(screen, text)] if names else []


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
