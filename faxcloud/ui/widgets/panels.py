"""Panels (fragments): parts of a page that rerun alone, so that a click in one does not rerun the others."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from faxcloud.ui.errors import shown_errors

P = ParamSpec("P")


def panel(draw: Callable[P, None]) -> Callable[P, None]:
    """Turn a drawing function into a panel; an error in it is shown in its place."""

    @st.fragment
    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        with shown_errors():
            draw(*args, **kwargs)

    return drawn
