"""Cumulative chart: running totals of faxes, pages and invalid faxes."""

from collections.abc import Sequence
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.presentation.wording import period_name
from faxcloud.ui.charts.template import Figure, colours, figure, tick_formats
from faxcloud.ui.screen import Screen

HEIGHT = 360


def cumulative_chart(screen: Screen, rows: Sequence[dict[str, Any]], grain: str, keep: str) -> Figure:
    """Running totals of faxes and pages above, of invalid faxes below.

    Invalid faxes have their own scale: on that of the pages their line would be flat.

    Args:
        rows: As `domain.running_totals` gives them; None is a gap.
    """
    t, c = screen.t, colours(screen)
    lines = [
        _line(t, rows, grain, "pages", t("Pages"), c.received, "y"),
        _line(t, rows, grain, "faxes", t("Faxes"), c.valid, "y"),
        _line(t, rows, grain, "invalid", t("Invalid"), c.invalid, "y2"),
    ]
    counts = {"nticks": 4, "tickformat": ",d", "rangemode": "tozero"}
    return figure(
        screen,
        lines,
        keep,
        height=HEIGHT,
        hovermode="closest",
        dragmode=False,
        margin={"l": 8, "r": 8, "t": 32, "b": 8},
        xaxis={
            "type": "date",
            "anchor": "y2",
            "showgrid": False,
            "ticklabelstandoff": 6,  # or the first day and the scale's zero would meet
            "tickformatstops": tick_formats(t),
            "nticks": 6,
        },
        yaxis={"domain": [0.42, 1], **counts},
        yaxis2={"domain": [0, 0.32], **counts},
    )


def _line(
    t: Translator, rows: Sequence[dict[str, Any]], grain: str, key: str, name: str, colour: str, axis: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if len(rows) > 1 else "markers",
        "name": name,
        "x": [row["start"].isoformat() for row in rows],
        "y": [row[key] for row in rows],
        "yaxis": axis,
        "line": {"color": colour, "width": 2.25},
        "marker": {"color": colour},
        "connectgaps": False,
        "customdata": [
            f"<b>{period_name(t, row['start'], grain)}</b><br>"
            + t("{name}, total so far: {total}", name=name, total=row[key] or 0)
            for row in rows
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
