"""Timeline chart: compliance rate above, volume below, on one time axis."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.presentation.axes import floor_of
from faxcloud.presentation.wording import period_name
from faxcloud.services.analytics.compliance_target import DEFAULT_RATES, Rates
from faxcloud.ui.charts.marks import Group, mark_lines, mark_traces
from faxcloud.ui.charts.rate_axis import band_labels, bands, rate_axis, top_of
from faxcloud.ui.charts.template import Figure, colours, figure, fixed_margin, hover_text, time_ticks
from faxcloud.ui.screen import Screen

HEIGHT = 430
MOST_DOTS = 45
PALE = 0.55
"""Opacity of a bar whose period the data covers only in part."""
PERIODS = {"hour": 3_600_000, "day": 86_400_000, "week": 604_800_000, "month": "M1"}

Row = dict[str, Any]


@dataclass(frozen=True)
class TimelineContext:
    """What the timeline draws besides the numbers of the selection.

    Attributes:
        previous: The rows of the period before; the first is drawn over the first, and so on.
        zoom: From and to; everything when not given. Streamlit draws a chart with other data from scratch, so
            a zoom that Plotly alone knows of would be lost with each import.
    """

    rates: Rates = DEFAULT_RATES
    marks: Sequence[Group] = ()
    previous: Sequence[Row] = ()
    zoom: Sequence[str] | None = None


def timeline_chart(
    screen: Screen, rows: Sequence[Row], grain: str, keep: str, beside: TimelineContext | None = None
) -> Figure:
    """Compliance rate and volume by period; a period without faxes is a gap, never zero.

    The volume alone where no period has a compliance, as of faxes that are selected by verdict.

    Args:
        rows: As `services.analytics.summaries.timeline` gives them.
    """
    beside = beside or TimelineContext()
    starts = [row["start"] for row in rows]
    before = beside.previous[: len(rows)]
    most = max((row["faxes"] for row in (*rows, *before)), default=0)
    low = floor_of([row["compliance_rate"] for row in (*rows, *before)], beside.rates.target)
    has_rates = any(row["compliance_rate"] is not None for row in rows)
    traces = [
        *_lines_before(screen, before, starts, grain),
        *([_rate_line(screen, rows, grain)] if has_rates else []),
        *_volume_bars(screen, rows, grain),
        *mark_traces(screen, beside.marks, top_of(low)),
    ]
    return figure(
        screen,
        traces,
        keep,
        height=HEIGHT,
        barmode="stack",
        hovermode="closest",
        dragmode="select",
        selectdirection="h",
        legend={"y": 0.36 if has_rates else 0.88, "x": 0, "yanchor": "bottom"},
        margin=fixed_margin(["100 %", screen.t.number(most)], right=8, top=24, bottom=44),
        xaxis={
            "type": "date",
            "anchor": "y2",
            "showgrid": False,
            **({"range": list(beside.zoom)} if beside.zoom else {}),
            "ticklabelstandoff": 6,  # or the first date and the scale's zero would meet
            **time_ticks(screen.t, starts, grain),
        },
        yaxis={"domain": [0.48 if has_rates else 0.94, 1], "visible": has_rates, **rate_axis(screen, low)},
        yaxis2={
            "domain": [0, 0.34 if has_rates else 0.88],
            "nticks": 4,
            "tickformat": ",d",
            "rangemode": "tozero",
        },
        shapes=[*(bands(screen, beside.rates, low) if has_rates else ()), *mark_lines(screen, beside.marks)],
        annotations=band_labels(screen, beside.rates, low) if has_rates else [],
    )


def _rate_line(screen: Screen, rows: Sequence[Row], grain: str) -> dict[str, Any]:
    c = colours(screen)
    rates = [row["compliance_rate"] for row in rows]
    has_dots = len(rows) <= MOST_DOTS or _isolated(rates)
    return {
        "type": "scatter",
        "name": screen.t("Compliance"),
        "y": rates,
        "mode": "lines+markers" if has_dots else "lines",
        "line": {"color": c.valid, "width": 2.25},
        "marker": {"size": 5, "color": c.valid},
        "connectgaps": False,
        "showlegend": False,
        **_place([row["start"] for row in rows], grain),
        **_said(screen.t, rows, grain),
    }


def _volume_bars(screen: Screen, rows: Sequence[Row], grain: str) -> list[dict[str, Any]]:
    t, c = screen.t, colours(screen)
    return [
        {
            "type": "bar",
            "name": name,
            "y": [row[key] or None for row in rows],
            "marker": {
                "color": colour,
                "line": {"width": 0},
                "opacity": [1 if row.get("is_whole", True) else PALE for row in rows],
            },
            "yaxis": "y2",
            **_place([row["start"] for row in rows], grain),
            **_said(t, rows, grain),
        }
        for key, name, colour in (
            ("valid", t("Valid"), c.valid),
            ("invalid", t("Invalid"), c.invalid),
        )
    ]


def _lines_before(
    screen: Screen, before: Sequence[Row], starts: Sequence[dt.datetime], grain: str
) -> list[dict[str, Any]]:
    """Dashed comparison lines: rate and volume of the period before, drawn over this one."""
    if not before:
        return []
    c = colours(screen)
    return [
        {
            "type": "scatter",
            "name": screen.t("Previous period"),
            "y": [row[key] or None if key == "faxes" else row[key] for row in before],
            "yaxis": axis,
            "mode": "lines" if len(before) > 1 else "markers",
            "line": {"color": c.text, "width": 1.5, "dash": "dash"},
            "marker": {"color": c.text},
            "connectgaps": False,
            "legendgroup": "before",
            "showlegend": axis == "y",
            **_place(starts[: len(before)], grain),
            **_said(screen.t, before, grain),
        }
        for key, axis in (("compliance_rate", "y"), ("faxes", "y2"))
    ]


def _place(starts: Sequence[dt.datetime], grain: str) -> dict[str, Any]:
    x = [start.isoformat() for start in starts]
    return {"x": x, "xperiod": PERIODS[grain], "xperiodalignment": "middle"}


def _said(t: Translator, rows: Sequence[Row], grain: str) -> dict[str, Any]:
    texts = [hover_text(t, period_name(t, row["start"], grain), row) for row in rows]
    return {"customdata": texts, "hovertemplate": "%{customdata}<extra></extra>"}


def _isolated(rates: Sequence[float | None]) -> bool:
    """Whether a point stands between two gaps and needs a marker, since it has no line."""
    padded = [None, *rates, None]
    return any(
        rate is not None and padded[index] is None and padded[index + 2] is None
        for index, rate in enumerate(rates)
    )
