"""A chart on the page: the drawing, what it says in a sentence, and the numbers behind it."""

from collections.abc import Sequence
from typing import Any

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
    clickable: bool = False,
) -> list[int]:
    """Draw it and return the points that were clicked, none unless `clickable`.

    Args:
        says: The chart in a sentence, for those who do not see it and those who want to be sure.
        rows: What was drawn, as a table for the same readers.
    """
    event: Any = st.plotly_chart(
        figure,
        theme=None,
        key=key,
        config=CONFIG,
        on_select="rerun" if clickable else "ignore",
        selection_mode="points",
        alt=says,
    )
    st.caption(says)
    with st.expander(screen.t("Show the numbers"), icon=":material/table:", type="compact"):
        show_table(screen, rows, fields, key=f"{key}-table")
    if not clickable:
        return []
    return [point["point_index"] for point in event["selection"]["points"]]
