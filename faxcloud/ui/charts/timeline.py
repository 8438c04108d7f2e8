"""Compliance over time above, the volume that it rests on below; both on one time axis."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.rules.metrics import TARGET_RATE
from faxcloud.ui.charts.look import TICKS, Figure, colours, figure, hover_text
from faxcloud.ui.screen import Screen

PERIODS = {"hour": 3_600_000, "day": 86_400_000, "week": 604_800_000, "month": "M1"}
LEAST_SPAN = 0.02


def timeline_chart(
    screen: Screen, rows: Sequence[dict[str, Any]], grain: str, keep: str, zoom: Sequence[str] | None = None
) -> Figure:
    """A period without faxes is a gap in the line, never a point at zero.

    Args:
        rows: As `services.summaries.timeline` gives them.
        zoom: From and to; everything when not given. Streamlit draws a chart with other data from scratch, so
            a zoom that Plotly alone knows of would be lost with each import.
    """
    t, c = screen.t, colours(screen)
    starts = [row["start"].isoformat() for row in rows]
    texts = [hover_text(t, period_name(t, row["start"], grain), row) for row in rows]
    place = {"x": starts, "xperiod": PERIODS[grain], "xperiodalignment": "middle"}
    said = {"customdata": texts, "hovertemplate": "%{customdata}<extra></extra>"}
    rates = [row["compliance_rate"] for row in rows]
    lonely = len(rows) <= 45 or _isolated(rates)
    line = {
        "type": "scatter",
        "name": t("Compliance"),
        "y": rates,
        "mode": "lines+markers" if lonely else "lines",
        "line": {"color": c.valid, "width": 2.25},
        "marker": {"size": 5, "color": c.valid},
        "connectgaps": False,
        "showlegend": False,
        **place,
        **said,
    }
    bars = [
        {
            "type": "bar",
            "name": name,
            "y": [row[key] or None for row in rows],
            "marker": {"color": colour, "line": {"width": 0}},
            "yaxis": "y2",
            **place,
            **said,
        }
        for key, name, colour in (
            ("valid", t("Valid"), c.valid),
            ("invalid", t("Invalid"), c.invalid),
        )
    ]
    low = floor_of(rates)
    return figure(
        screen,
        [line, *bars],
        keep,
        height=420,
        barmode="stack",
        hovermode="closest",
        dragmode="select",
        selectdirection="h",
        legend={"y": 0.36, "x": 0, "yanchor": "bottom"},
        margin={"l": 8, "r": 8, "t": 24, "b": 8},
        xaxis={
            "type": "date",
            "anchor": "y2",
            "showgrid": False,
            **({"range": list(zoom)} if zoom else {}),
            "tickformatstops": TICKS[t.language],
            "nticks": 6,
        },
        yaxis={
            "domain": [0.48, 1],
            "range": [low, 1 + (1 - low) * 0.04],
            "tickvals": (ticks := rate_ticks(low)),
            "ticktext": [
                t.percent(tick, 0 if all(round(v * 100, 6) % 1 == 0 for v in ticks) else 1) for tick in ticks
            ],
        },
        yaxis2={"domain": [0, 0.34], "nticks": 4, "tickformat": ",d", "rangemode": "tozero"},
        shapes=_band(c.band, c.sent, low),
        annotations=[_band_label(screen)] if low <= TARGET_RATE else [],
    )


def period_name(t: Translator, start: dt.datetime, grain: str) -> str:
    """`14/03/2026`, `14/03/2026 – 20/03/2026`, `03/2026`, `14/03/2026 08:00`."""
    if grain == "hour":
        return t.datetime(start)
    if grain == "week":
        return f"{t.date(start)} – {t.date(start + dt.timedelta(days=6))}"
    if grain == "month":
        return f"{start:%m/%Y}"
    return t.date(start)


def floor_of(rates: Sequence[float | None]) -> float:
    """Where the axis of a rate begins: room below the lowest, so that the movement can be seen."""
    known = [rate for rate in rates if rate is not None]
    lowest = min([*known, TARGET_RATE - LEAST_SPAN])
    step = 0.05 if lowest > 0.5 else 0.1
    return max(0.0, int(lowest / step) * step)


def rate_ticks(low: float) -> list[float]:
    """Four to six round rates from `low` to 1."""
    span = 1 - low
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.25) if span / step <= 5.01)
    count = int(span / step + 1e-9)
    return [round(1 - step * index, 4) for index in range(count, -1, -1)]


def _isolated(rates: Sequence[float | None]) -> bool:
    """A point between two gaps has no line to be seen by."""
    padded = [None, *rates, None]
    return any(
        rate is not None and padded[index] is None and padded[index + 2] is None
        for index, rate in enumerate(rates)
    )


def _band(fill: str, edge: str, low: float) -> list[dict[str, Any]]:
    if low > TARGET_RATE:
        return []
    wide = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "layer": "below"}
    return [
        {"type": "rect", **wide, "y0": TARGET_RATE, "y1": 1, "fillcolor": fill, "line": {"width": 0}},
        {
            "type": "line",
            **wide,
            "y0": TARGET_RATE,
            "y1": TARGET_RATE,
            "line": {"color": edge, "width": 1, "dash": "dot"},
        },
    ]


def _band_label(screen: Screen) -> dict[str, Any]:
    c = colours(screen)
    return {
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": "y",
        "y": TARGET_RATE,
        "yanchor": "top",
        "text": screen.t("Target {rate}", rate=screen.t.percent(TARGET_RATE, 0)),
        "showarrow": False,
        "bgcolor": c.surface,
        "opacity": 0.85,
        "borderpad": 1,
        "font": {"size": 11, "color": c.quiet},
    }
