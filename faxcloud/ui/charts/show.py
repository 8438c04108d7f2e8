"""Chart panel: the Plotly chart, its caption, its data as a table, its download."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

from faxcloud.ui.charts.picture import heading_of, offer_picture
from faxcloud.ui.charts.template import CONFIG, Figure
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table


def show_chart(
    screen: Screen,
    figure: Figure,
    key: str,
    title: str,
    says: str,
    rows: Sequence[dict[str, Any]],
    fields: Sequence[Field],
    *,
    picks: Literal["points"] | None = None,
    part: str = "",
    on_drag: Callable[[list[str]], None] | None = None,
) -> list[int]:
    """Draw a chart with caption and data table; returns the indices of the clicked points.

    A row of the table, picked, counts as a click on its point: so does the keyboard.

    Args:
        title: What stands over it in the saved picture, with the selection of the page.
        says: The chart in a sentence, for those who do not see it and those who want to be sure.
        rows: What was drawn, as a table for the same readers; in the order of the points where these can be
            clicked.
        picks: Whether points can be clicked.
        part: Which part of the selection it shows; "" for all of it.
        on_drag: Called before the next run with from and to, in time, of what was dragged over.
    """
    chart = f"{key}-{st.session_state.get(_turn(key), 0)}" if picks == "points" else key

    def dragged() -> None:
        boxes = st.session_state[chart]["selection"]["box"]
        if on_drag:
            on_drag(boxes[0]["x"] if boxes else [])

    event: Any = st.plotly_chart(
        figure,
        theme=None,
        key=chart,
        config=CONFIG,
        on_select=dragged if on_drag else "rerun" if picks else "ignore",
        selection_mode="box" if on_drag else "points",
        alt=says,
    )
    st.caption(says)
    row = None
    numbers = st.expander(
        screen.t("Data and export"),
        icon=":material/table:",
        type="compact",
        key=f"{key}-numbers",
        on_change="rerun",  # a table costs as much as its chart, and few visitors open it
    )
    if numbers.open:
        with numbers:
            row = show_table(screen, rows, fields, key=f"{chart}-table", selectable=picks == "points")
            offer_picture(screen, key, chart, says, heading_of(screen, title, part))
    if picks is None:
        return []
    return [row] if row is not None else [point["point_index"] for point in event["selection"]["points"]]


def forget_pick(key: str) -> None:
    """Clear the clicked points by a new widget key.

    Otherwise a visitor who comes back to the page would follow the click again.
    """
    st.session_state[_turn(key)] = st.session_state.get(_turn(key), 0) + 1


def _turn(key: str) -> str:
    return f"{key}_clicks"
