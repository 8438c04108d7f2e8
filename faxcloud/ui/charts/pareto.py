"""Which rules are violated most, and how much of the whole the first few make."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from faxcloud.ui.charts.look import Figure, colours, figure
from faxcloud.ui.screen import Screen
from faxcloud.ui.text import in_chart

HEIGHT = 410


def pareto_chart(screen: Screen, rows: Sequence[dict[str, Any]], keep: str) -> Figure:
    """Lying bars, so that the rules' names stay readable, and the cumulative share as a line over them.

    Args:
        rows: `label` and `violations` (rows that violate the rule), the most frequent first.
    """
    t, c = screen.t, colours(screen)
    total = sum(row["violations"] for row in rows)
    shares = [part / total for part in accumulate(row["violations"] for row in rows)]
    labels = [in_chart(row["label"], 34) for row in rows]
    texts = [
        f"<b>{label}</b><br>"
        + t.ngettext("{count} row", "{count} rows", row["violations"])
        + "<br>"
        + t("{share:percent} of all violations with those above", share=share)
        for label, row, share in zip(labels, rows, shares, strict=True)
    ]
    said = {"customdata": texts, "hovertemplate": "%{customdata}<extra></extra>"}
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": t("Rows"),
        "x": [row["violations"] for row in rows],
        "y": labels,
        "marker": {"color": c.invalid},
        "text": [t.number(row["violations"]) for row in rows],
        "textposition": "auto",
        "insidetextfont": {"color": c.surface},
        "cliponaxis": False,
        **said,
    }
    line = {
        "type": "scatter",
        "name": t("Cumulative share"),
        "mode": "lines+markers",
        "x": shares,
        "y": labels,
        "xaxis": "x2",
        "line": {"color": c.neutral, "width": 1.5},
        "marker": {"size": 6},
        **said,
    }
    return figure(
        screen,
        [bars, line],
        keep,
        height=HEIGHT,
        bargap=0.3 if len(rows) > 5 else 0.45,
        legend={"y": 1.06, "yanchor": "bottom"},
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        hovermode="closest",
        dragmode=False,
        # Both scales end at the whole, so that the line begins where the first bar ends.
        xaxis={"nticks": 4, "tickformat": ",d", "range": [0, total * 1.06]},
        xaxis2={
            "overlaying": "x",
            "side": "top",
            "range": [0, 1.06],
            "showgrid": False,
            "tickvals": [0.5, 1],
            "ticktext": [t.percent(0.5, 0), t.percent(1, 0)],
            "fixedrange": True,
        },
        yaxis={"autorange": "reversed", "type": "category", "showgrid": False, "ticklabelstandoff": 6},
    )
