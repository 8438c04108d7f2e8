"""Plotly template of all charts: shared colours, both themes, both languages."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import babel.dates

from faxcloud.i18n import Language, Translator
from faxcloud.presentation.palette import DARK, LIGHT, Colours
from faxcloud.ui.screen import Screen

Figure = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"

SEPARATORS: dict[Language, str] = {"en": ".,", "fr": ",\u202f"}
"""Decimal and thousands separators in Plotly's format."""

CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False}

CHARACTER_PX = 6.9
"""Width of an average character of a label."""

_DAY = 86_400_000
TICKS: dict[Language, list[dict[str, Any]]] = {
    # The year under each first tick and wherever it changes: the order never breaks across New Year.
    "en": [
        {"dtickrange": [None, _DAY - 1], "value": "%H:%M\n%d %b %Y"},
        {"dtickrange": [_DAY, "M1"], "value": "%d %b\n%Y"},
        {"dtickrange": ["M1", "M12"], "value": "%b\n%Y"},
        {"dtickrange": ["M12", None], "value": "%Y"},
    ],
    # Numeric: Streamlit's Plotly knows the names of English months alone.
    "fr": [
        {"dtickrange": [None, _DAY - 1], "value": "%H:%M\n%d/%m/%Y"},
        {"dtickrange": [_DAY, "M1"], "value": "%d/%m\n%Y"},
        {"dtickrange": ["M1", "M12"], "value": "%m/%Y"},
        {"dtickrange": ["M12", None], "value": "%Y"},
    ],
}


MOST_MONTHS = 26
MOST_NAMED_MONTHS = 5
"""Above it a month has its first letter: on a phone there is no room for more without turning the labels."""


def time_ticks(t: Translator, starts: Sequence[dt.datetime], grain: str) -> dict[str, Any]:
    """Tick labels of a time axis: every month for up to two years, fewer round dates for longer."""
    if grain != "month" or len(starts) > MOST_MONTHS:
        return {"tickformatstops": TICKS[t.language], "nticks": 6}
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
            "separators": SEPARATORS[screen.t.language],
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
