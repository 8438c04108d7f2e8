"""Panels: parts of a page that are drawn again alone, so that a click in one costs no other its time."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from faxcloud.ui.errors import shown_errors

P = ParamSpec("P")


def panel(draw: Callable[P, None]) -> Callable[P, None]:
    """Make a panel of what draws one; what goes wrong in it is said in its place."""

    @st.fragment
    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        with shown_errors():
            draw(*args, **kwargs)

    return drawn
