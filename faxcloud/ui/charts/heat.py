"""Heat map of faxes and of invalid faxes by weekday and hour."""

from collections.abc import Sequence
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.ui.charts.template import Figure, colours, figure, hover_text
from faxcloud.ui.screen import Screen

HOURS = range(24)
LEAST_FAXES = 20
"""Minimum for an hour with a coloured rate: otherwise one wrong fax of two would be the darkest cell."""

WEEKDAYS = range(1, 8)


def heat_chart(screen: Screen, rows: Sequence[dict[str, Any]], measure: str, keep: str) -> Figure:
    """Heat map of weekday by hour.

    An hour without a fax has no colour: it is missing data, not zero. An hour with few faxes has no rate.

    Args:
        rows: As `services.analytics.summaries.heatmap` gives them; missing cells had no fax.
        measure: `faxes`, or `invalid_rate` for the share of invalid ones.
    """
    t, c = screen.t, colours(screen)
    cells = {(row["weekday"], row["hour"]): row for row in rows if row["faxes"]}
    names = weekday_names(t)
    scale = c.trouble if measure == "invalid_rate" else c.volume
    is_share = measure == "invalid_rate"
    few = {place for place, row in cells.items() if is_share and row["faxes"] < LEAST_FAXES}
    values = [
        [None if (day, hour) in few else _value(cells.get((day, hour)), measure) for hour in HOURS]
        for day in WEEKDAYS
    ]
    texts = [[_hover(t, names[day - 1], hour, cells.get((day, hour))) for hour in HOURS] for day in WEEKDAYS]
    highest = max((value for row in values for value in row if value is not None), default=0)
    words = t.percent if is_share else t.number
    common = {
        "type": "heatmap",
        "x": list(HOURS),
        "y": names,
        "customdata": texts,
        "hovertemplate": "%{customdata}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
    }
    pale = common | {
        "z": [[1 if (day, hour) in few else None for hour in HOURS] for day in WEEKDAYS],
        "colorscale": [[0, c.grid], [1, c.grid]],
        "showscale": False,
        "hoverongaps": False,
    }
    heat = common | {
        "z": values,
        "hoverongaps": not few,
        "zmin": 0,
        "zmax": highest or 1,  # Plotly ignores zmin and zmax unless both are set
        "colorscale": [[index / (len(scale) - 1), colour] for index, colour in enumerate(scale)],
        "colorbar": {
            "orientation": "h",
            "thickness": 8,
            "len": 0.5,
            "x": 0,
            "xanchor": "left",
            "y": -0.16,
            "yanchor": "top",
            "outlinewidth": 0,
            "tickvals": [0, highest or 1],
            "ticktext": [words(0), words(highest or 1)],
            "tickfont": {"size": 11, "color": c.quiet},
        },
    }
    return figure(
        screen,
        [pale, heat] if few else [heat],
        keep,
        height=330,
        dragmode=False,
        xaxis={
            "tickvals": list(range(0, 24, 3)),
            "ticktext": [f"{hour} h" for hour in range(0, 24, 3)],
            "showgrid": False,
        },
        yaxis={"autorange": "reversed", "type": "category", "showgrid": False},
    )


def _value(cell: dict[str, Any] | None, measure: str) -> float | None:
    if cell is None:
        return None
    return float(1 - cell["compliance_rate"] if measure == "invalid_rate" else cell["faxes"])


def _hover(t: Translator, day: str, hour: int, cell: dict[str, Any] | None) -> str:
    return hover_text(t, f"{day} {hour:02d}:00 – {hour:02d}:59", cell or {"faxes": 0})
