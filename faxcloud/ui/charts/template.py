"""Plotly template of all charts: shared colours, both themes, both languages."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import babel.dates

from faxcloud.i18n import Translator
from faxcloud.presentation.palette import DARK, LIGHT, Colours
from faxcloud.ui.screen import Screen

Figure = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"

CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False}

CHARACTER_PX = 6.9
"""Width of an average character of a label."""

_DAY = 86_400_000
_RANGES: tuple[list[Any], ...] = ([None, _DAY - 1], [_DAY, "M1"], ["M1", "M12"], ["M12", None])
"""Distances between ticks, for each format of `Locale.ticks`."""

MOST_MONTHS = 26
MOST_NAMED_MONTHS = 5
"""Above it a month has its first letter: on a phone there is no room for more without turning the labels."""


def tick_formats(t: Translator) -> list[dict[str, Any]]:
    """Formats of a time axis, by the distance between its ticks."""
    stops = zip(_RANGES, t.locale.ticks, strict=True)
    return [{"dtickrange": apart, "value": written} for apart, written in stops]


def time_ticks(t: Translator, starts: Sequence[dt.datetime], grain: str) -> dict[str, Any]:
    """Tick labels of a time axis: every month for up to two years, fewer round dates for longer."""
    if grain != "month" or len(starts) > MOST_MONTHS:
        return {"tickformatstops": tick_formats(t), "nticks": 6}
    width: Literal["abbreviated", "narrow"] = "abbreviated" if len(starts) <= MOST_NAMED_MONTHS else "narrow"
    names = babel.dates.get_month_names(width, "stand-alone", locale=t.language)
    return {
        "tickvals": [start.replace(day=16).isoformat() for start in starts],
        "ticktext": [
            names[start.month] + (f"<br>{start.year}" if index == 0 or start.month == 1 else "")
            for index, start in enumerate(starts)
        ],
        "tickangle": 0,
    }


def colours(screen: Screen) -> Colours:
    """Colours of the visitor's theme."""
    return DARK if screen.dark else LIGHT


def fixed_margin(labels: Sequence[str], *, right: int, top: int, bottom: int) -> dict[str, Any]:
    """Left margin for the labels, set in advance: Plotly would need a second drawing to find it."""
    longest = max(map(len, labels), default=0)
    return {
        "l": round(longest * CHARACTER_PX) + 16,
        "r": right,
        "t": top,
        "b": bottom,
        "autoexpand": False,
    }


def template(screen: Screen, *, finds_room: bool = True) -> dict[str, Any]:
    """Plotly template shared by all charts.

    Args:
        finds_room: Axes make room for their labels by themselves.
    """
    c = colours(screen)
    axis = {
        "gridcolor": c.grid,
        "linecolor": c.grid,
        "zeroline": False,
        "automargin": finds_room,
        "tickfont": {"color": c.quiet, "size": 12},
        "title": {"font": {"color": c.quiet, "size": 12}},
        "fixedrange": True,
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 13, "color": c.text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "separators": screen.t.locale.separators,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "hoverlabel": {
                "bgcolor": c.surface,
                "bordercolor": c.grid,
                "font": {"family": FONT, "size": 13, "color": c.text},
                "align": "left",
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"color": c.quiet, "size": 12},
            },
            "xaxis": axis,
            "yaxis": axis,
            "bargap": 0.18,
        }
    }


def figure(screen: Screen, traces: list[dict[str, Any]], keep: str, **layout: Any) -> Figure:
    """Plotly figure of traces with the shared template.

    Args:
        keep: While this stays the same, the visitor's zoom survives new data (Plotly's uirevision).
    """
    finds_room = layout.get("margin", {}).get("autoexpand", True)
    look = template(screen, finds_room=finds_room)
    return {"data": traces, "layout": {"template": look, "uirevision": keep, **layout}}


def hover_text(t: Translator, title: str, row: Mapping[str, Any]) -> str:
    """Hover text of a point: its name and its values, or that there are none.

    Args:
        title: Escaped for Plotly already.
    """
    if not row["faxes"]:
        lines = [t("no data")]
    else:
        rate = row["compliance_rate"]
        lines = [
            *([] if rate is None else [t("Compliance") + " " + t.percent(rate)]),
            t("Faxes") + " " + t.number(row["faxes"]),
            t("Invalid") + " " + t.number(row["invalid"]),
        ]
    if not row.get("is_whole", True):
        lines.append(t("incomplete period"))
    return "<br>".join([f"<b>{title}</b>", *lines])
