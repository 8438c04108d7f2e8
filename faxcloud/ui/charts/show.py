"""A chart on the page: the drawing, what it says in a sentence, and the numbers behind it."""

from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st

from faxcloud.ui.charts.look import CONFIG, Figure
from faxcloud.ui.screen import Screen
from faxcloud.ui.tables import Field, show_table


def show_chart(
    screen: Screen,
    figure: Figure,
    key: str,
    says: str,
    rows: Sequence[dict[str, Any]],
    fields: Sequence[Field],
    *,
    picks: Literal["points", "box"] | None = None,
) -> Any:
    """Draw it; return what was clicked (indices of points) or dragged over (`[from, to]` in time).

    Args:
        says: The chart in a sentence, for those who do not see it and those who want to be sure.
        rows: What was drawn, as a table for the same readers.
        picks: What the visitor can do; nothing is returned for None.
    """
    event: Any = st.plotly_chart(
        figure,
        theme=None,
        key=key,
        config=CONFIG,
        on_select="rerun" if picks else "ignore",
        selection_mode=picks or "points",
        alt=says,
    )
    st.caption(says)
    numbers = st.expander(
        screen.t("Show the numbers"),
        icon=":material/table:",
        type="compact",
        key=f"{key}-numbers",
        on_change="rerun",  # a table costs as much as its chart, and few visitors open it
    )
    if numbers.open:
        with numbers:
            show_table(screen, rows, fields, key=f"{key}-table")
    if picks is None:
        return []
    if picks == "box":
        return event["selection"]["box"][0]["x"] if event["selection"]["box"] else []
    return [point["point_index"] for point in event["selection"]["points"]]
