"""Pareto chart of violations by rule, with the cumulative share."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from faxcloud.i18n import Translator
from faxcloud.ui.charts.bars import count_labels
from faxcloud.ui.charts.template import Figure, colours, figure
from faxcloud.ui.safe_text import in_chart
from faxcloud.ui.screen import Screen

HEIGHT = 410
ROOM = 1.06
"""Factor of both scales: space to the right of the longest bar, and above 100 %."""


def pareto_chart(screen: Screen, rows: Sequence[dict[str, Any]], keep: str, total: int) -> Figure:
    """Horizontal bars, which keep rule names readable, and the cumulative share as a line.

    Args:
        rows: `label` and `violations` (rows that violate the rule), the most frequent first.
        total: Violations of all rules, also of those that are not drawn.
    """
    t = screen.t
    shares = [part / total for part in accumulate(row["violations"] for row in rows)]
    labels = [in_chart(row["label"], 34) for row in rows]
    common = {
        # Two long names may be cut to the same label, so the place is the category and the name its text.
        "y": list(range(len(rows))),
        "customdata": [_says(t, *point) for point in zip(labels, rows, shares, strict=True)],
        "hovertemplate": "%{customdata}<extra></extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    return figure(
        screen,
        [_bars(screen, rows, total) | common, _line(screen, shares) | common],
        keep,
        height=HEIGHT,
        bargap=0.3 if len(rows) > 5 else 0.45,
        legend={"y": 1.06, "yanchor": "bottom"},
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        hovermode="closest",
        dragmode=False,
        clickmode="event+select",
        # With both axes fixed, Plotly hears no clicks at all.
        # Both scales end at the total, so that the line begins where the first bar ends.
        xaxis={"nticks": 4, "tickformat": ",d", "range": [0, total * ROOM], "fixedrange": False},
        xaxis2={
            "overlaying": "x",
            "side": "top",
            "range": [0, ROOM],
            "showgrid": False,
            "tickvals": [0.5, 1],
            "ticktext": [t.percent(0.5, 0), t.percent(1, 0)],
            "fixedrange": True,
        },
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "tickvals": common["y"],
            "ticktext": labels,
            "ticklabelstandoff": 6,
        },
    )


def _bars(screen: Screen, rows: Sequence[dict[str, Any]], total: int) -> dict[str, Any]:
    t, c = screen.t, colours(screen)
    counts = [row["violations"] for row in rows]
    return {
        "type": "bar",
        "orientation": "h",
        "name": t("Faxes"),
        "x": counts,
        "marker": {"color": c.invalid},
        **count_labels(t, c, counts, total),
    }


def _line(screen: Screen, shares: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": screen.t("Cumulative share"),
        "mode": "lines+markers",
        "x": shares,
        "xaxis": "x2",
        "line": {"color": colours(screen).neutral, "width": 1.5},
        "marker": {"size": 6},
    }


def _says(t: Translator, label: str, row: dict[str, Any], share: float) -> str:
    rows = t.ngettext("{count} row", "{count} rows", row["violations"])
    return "<br>".join(
        [f"<b>{label}</b>", rows, t("{share:percent} of all violations, including those above", share=share)]
    )
