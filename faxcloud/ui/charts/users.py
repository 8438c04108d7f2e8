"""Bar chart of the users with the most invalid faxes."""

from collections.abc import Sequence
from typing import Any

from faxcloud.ui.charts.bars import invalid_bars
from faxcloud.ui.charts.template import Figure, colours, figure, fixed_margin, hover_text
from faxcloud.ui.safe_text import in_chart
from faxcloud.ui.screen import Screen


def users_chart(screen: Screen, rows: Sequence[dict[str, Any]], keep: str) -> Figure:
    """Horizontal bars with counts, most invalid faxes first.

    Args:
        rows: As `services.summaries.breakdown(by="user")` gives them, sorted.
    """
    t, c = screen.t, colours(screen)
    places = list(range(len(rows)))
    labels = [in_chart(row["key"] or t("(no name)"), 28) for row in rows]
    texts = [hover_text(t, in_chart(row["key"] or t("(no name)"), 60), row) for row in rows]
    # Two long names may be cut to the same label, so the place is the category and the name its text.
    bars = invalid_bars(t, c, [row["invalid"] for row in rows], places, texts) | {
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    return figure(
        screen,
        [bars],
        keep,
        height=410,
        bargap=0.3 if len(rows) > 5 else 0.45,
        dragmode=False,
        clickmode="event+select",
        margin=fixed_margin(labels, right=24, top=8, bottom=24),
        # With both axes fixed, Plotly hears no clicks at all.
        xaxis={"nticks": 4, "tickformat": ",d", "rangemode": "tozero", "fixedrange": False},
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "tickvals": places,
            "ticktext": labels,
            "ticklabelstandoff": 6,
        },
    )
