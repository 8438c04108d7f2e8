"""Which part of a chart over time is shown: a range by its name, or what the visitor has dragged over."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.i18n import N_
from faxcloud.ui.screen import Screen

ZOOM = "timeline_zoom"
"""The selection, and the part of it that the visitor has dragged over."""
KEY = "timeline-range"
ALL, DRAGGED = "all", "dragged"
DAYS = {"week": 7, "month": 30, "quarter": 90, "year": 365}
NAMES = {
    "week": N_("1 week"),
    "month": N_("1 month"),
    "quarter": N_("3 months"),
    "year": N_("1 year"),
    ALL: N_("Everything"),
    DRAGGED: N_("Part"),
}
STEP_DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30}
LEAST_STEPS = 4
"""A range of fewer periods is no chart."""


def offered(rows: Sequence[dict[str, Any]], grain: str) -> list[str]:
    """The named ranges that are shorter than the whole and still a chart."""
    days = (rows[-1]["start"] - rows[0]["start"]).days + STEP_DAYS[grain] if rows else 0
    return [name for name, length in DAYS.items() if LEAST_STEPS * STEP_DAYS[grain] <= length < days]


def range_of(rows: Sequence[dict[str, Any]], grain: str, name: str) -> list[str] | None:
    """From and to of a named range: the last days that have data; None for all."""
    dated = [row["start"] for row in rows if row["faxes"]]
    if name not in DAYS or not dated:
        return None
    end = dated[-1] + dt.timedelta(days=STEP_DAYS[grain])
    return [(end - dt.timedelta(days=DAYS[name])).isoformat(), end.isoformat()]


def choose_range(screen: Screen, rows: Sequence[dict[str, Any]], grain: str, keep: str) -> list[str] | None:
    """Draw the choice; from and to of what is chosen, None for all."""
    of, dragged = st.session_state.get(ZOOM, ("", None))
    dragged = dragged if of == keep else None
    named = offered(rows, grain)
    if not named and dragged is None:
        return None
    options = [*named, ALL, *([DRAGGED] if dragged else [])]
    if dragged:
        st.session_state[KEY] = DRAGGED
    elif st.session_state.get(KEY) not in options:
        st.session_state[KEY] = ALL
    t = screen.t
    name = st.segmented_control(
        t("Part of the time axis"),
        options,
        required=True,
        format_func=lambda option: t(NAMES[option]),
        key=KEY,
        on_change=_let_go,
        label_visibility="collapsed",
        persist_state="session",
    )
    return dragged or range_of(rows, grain, name or ALL)


def drag(keep: str, dragged: list[str]) -> bool:
    """Show what was dragged over; False where it is shown already."""
    if st.session_state.get(ZOOM) == (keep, dragged):
        return False
    st.session_state[ZOOM] = (keep, dragged)
    return True


def _let_go() -> None:
    st.session_state.pop(ZOOM, None)
