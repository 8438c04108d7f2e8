"""Line charts of server metrics over time."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.ui.charts.template import Figure, figure, tick_formats
from faxcloud.ui.screen import Screen

HEIGHT = 230
LEAST_SPAN = dt.timedelta(minutes=10)
"""Minimum of the time axis: right after a start, a few samples do not fill its whole width."""

HEADROOM = 1.08
"""Scale's upper end over the highest value: a line along the very edge is drawn at half its width."""

LEAST_TOP = 4.0
"""Minimum of the scale's upper end: counts that stay at zero get whole-number ticks."""

GAP_S = 60.0
"""A longer time without samples is drawn as a gap in the line."""


@dataclass(frozen=True)
class Line:
    """A line of the chart: the key of its value in the samples, its name and its colour."""

    key: str
    name: str
    colour: str


def history_chart(
    screen: Screen,
    samples: Sequence[Mapping[str, Any]],
    lines: Sequence[Line],
    keep: str,
    *,
    top: float | None = None,
) -> Figure:
    """Line chart of server metrics; a time without samples is a gap, never zero.

    Args:
        samples: Oldest first, with an instant `at`.
        top: Highest possible value, such as 100 %; the highest sample when not given.
    """
    t = screen.t
    rows = _with_gaps(samples)
    times = [row["at"].astimezone(screen.running.settings.zone).replace(tzinfo=None) for row in rows]
    traces = [
        {
            "type": "scatter",
            "mode": "lines" if len(rows) > 1 else "markers",
            "name": line.name,
            "x": [moment.isoformat() for moment in times],
            "y": [row.get(line.key) for row in rows],
            "line": {"color": line.colour, "width": 2},
            "marker": {"color": line.colour},
            "connectgaps": False,
            "cliponaxis": False,
            "customdata": [
                _says(t, line.name, moment, row.get(line.key))
                for moment, row in zip(times, rows, strict=True)
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for line in lines
    ]
    return figure(
        screen,
        traces,
        keep,
        height=HEIGHT,
        showlegend=len(lines) > 1,
        hovermode="closest",
        dragmode=False,
        margin={"l": 8, "r": 12, "t": 28 if len(lines) > 1 else 8, "b": 8},
        xaxis={
            "type": "date",
            "range": [min(times[0], times[-1] - LEAST_SPAN).isoformat(), times[-1].isoformat()],
            "tickformatstops": tick_formats(t),
            "nticks": 5,
            "showgrid": False,
        },
        yaxis={"range": [0, HEADROOM * (top or max(LEAST_TOP, _highest(rows, lines)))], "nticks": 4},
    )


def instants(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Samples of `services.monitoring.server_metrics` with `at` as an instant instead of text."""
    return [{**row, "at": dt.datetime.fromisoformat(row["at"])} for row in history]


def per_minute(samples: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Rates per minute between samples, from counters that count since the server's start.

    A counter that went back belongs to a server that was started anew: nothing is known of that step.
    """
    return [
        {"at": after["at"], **{key: _speed(before, after, key) for key in keys}}
        for before, after in pairwise(samples)
    ]


def _speed(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> float | None:
    seconds = (after["at"] - before["at"]).total_seconds()
    added = after[key] - before[key]
    return None if seconds <= 0 or added < 0 else round(added * 60 / seconds, 1)


def _with_gaps(samples: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for sample in samples:
        if rows and (sample["at"] - rows[-1]["at"]).total_seconds() > GAP_S:
            rows.append({"at": rows[-1]["at"] + dt.timedelta(seconds=1)})
        rows.append(sample)
    return rows


def _highest(rows: Sequence[Mapping[str, Any]], lines: Sequence[Line]) -> float:
    return max((row.get(line.key) or 0.0 for row in rows for line in lines), default=0.0)


def _says(t: Translator, name: str, moment: dt.datetime, value: float | None) -> str:
    return f"<b>{name}</b><br>{moment:%H:%M:%S} · {t.number(value, 1)}"
