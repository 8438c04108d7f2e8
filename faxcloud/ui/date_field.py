"""A date field: the same form and width on every page."""

import datetime as dt
from typing import Literal

import streamlit as st

SHAPE = "DD/MM/YYYY"
"""Read alike in both languages; the calendar follows the browser."""

WIDTH_PX = 190
"""Room for the year and the two buttons behind it."""


def date_field(
    label: str,
    key: str,
    value: dt.date | None = None,
    persist_state: Literal["session"] | None = None,
) -> dt.date | None:
    """Draw the field; return its day, None while it is empty."""
    return st.date_input(
        label, value=value, format=SHAPE, key=key, persist_state=persist_state, width=WIDTH_PX
    )
