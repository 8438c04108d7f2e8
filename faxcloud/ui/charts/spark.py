"""Sparklines of the KPI cards: bars or a line without axes, as SVG.

Not Streamlit's own: its metric draws with Vega, whose scripts cost a first visit half a second.
"""

import base64
from collections.abc import Sequence
from itertools import groupby

HEIGHT = 40
MARGIN = 2
BAR = 0.7
"""Width of a bar as a share of its slot."""


def spark_image(values: Sequence[float | None], colour: str, *, as_line: bool) -> str:
    """Sparkline as HTML. Screen readers skip it: the KPI and its chart give the same values."""
    # Streamlit removes inline SVG from HTML, but not images.
    source = base64.b64encode(spark_svg(values, colour, as_line=as_line).encode()).decode()
    return (
        f'<img alt="" src="data:image/svg+xml;base64,{source}" '
        f'style="display: block; width: 100%; height: {HEIGHT}px">'
    )


def spark_svg(values: Sequence[float | None], colour: str, *, as_line: bool) -> str:
    """Sparkline of points in order; a point without data leaves a gap. Bars start at zero, a line need not.

    >>> spark_svg([1.0, None, 2.0], "#5b6770", as_line=False).count("<rect")
    2
    """
    known = [value for value in values if value is not None]
    lowest = min(known, default=0.0) if as_line else 0.0
    span = (max(known, default=0.0) - lowest) or 1.0
    heights = [None if value is None else (value - lowest) / span * (HEIGHT - 2 * MARGIN) for value in values]
    drawn = _line(heights, colour) if as_line else _bars(heights, colour)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(values)} {HEIGHT}" '
        f'preserveAspectRatio="none">{drawn}</svg>'
    )


def _bars(heights: Sequence[float | None], colour: str) -> str:
    return "".join(
        f'<rect x="{place + (1 - BAR) / 2:g}" y="{HEIGHT - MARGIN - height:.1f}" width="{BAR}" '
        f'height="{height:.1f}" fill="{colour}"/>'
        for place, height in enumerate(heights)
        if height is not None
    )


def _line(heights: Sequence[float | None], colour: str) -> str:
    points = [(place + 0.5, height) for place, height in enumerate(heights)]
    runs = [list(run) for known, run in groupby(points, lambda point: point[1] is not None) if known]
    return "".join(
        '<polyline fill="none" stroke-width="1.5" stroke-linejoin="round" vector-effect="non-scaling-stroke" '
        f'stroke="{colour}" points="{_path(run)}"/>'
        for run in runs
    )


def _path(run: Sequence[tuple[float, float | None]]) -> str:
    return " ".join(f"{x:g},{HEIGHT - MARGIN - (height or 0):.1f}" for x, height in run)
