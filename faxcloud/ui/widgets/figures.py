"""Auto-refreshing figures: redrawn every half minute while tables and forms stay as they are."""

from collections.abc import Callable, Sequence

import streamlit as st

from faxcloud.domain.roles import Permission
from faxcloud.ui.access import require
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.screen import Screen, current_screen

EVERY_S = 30


def follow(draw: Callable[[Screen], None], permission: Permission = "metrics.read") -> None:
    """Draw now, and again every `EVERY_S` seconds while the page is open.

    Args:
        permission: Asked for each time: a key may be revoked while its page stays open.
    """

    @st.fragment(run_every=EVERY_S)
    def drawn() -> None:
        with shown_errors():
            require(permission)
            draw(current_screen())

    drawn()


def show_figures(key: str, figures: Sequence[tuple[str, str, str | None]]) -> None:
    """Row of figures: label, value, and an explanation where the label is not enough.

    Args:
        key: Of the row; one on a page.
    """
    grid = st.grid(len(figures), min_column_width=140, gap="small", key=key)
    for label, value, meaning in figures:
        grid.metric(label, value, help=meaning, border=True, height="stretch")
