"""Granularity of time charts: derived from the length of the period, unless chosen."""

import datetime as dt
from typing import cast

import streamlit as st

from faxcloud.domain.calendar import Grain
from faxcloud.presentation.grains import GRAIN_NAMES, natural_grain
from faxcloud.ui.screen import Screen

DRAWABLE_DAYS: dict[Grain, int] = {"hour": 62, "day": 1_500, "week": 8_000, "month": 40_000}
"""Above these it cannot be chosen: a chart of more periods shows nothing."""

STEP_DAYS: dict[str, float] = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30}


def span_days(
    chosen: tuple[dt.date | None, dt.date | None] | None, data: tuple[dt.date, dt.date] | None
) -> int:
    """Length of the selected period in days; open ends are closed by the data."""
    first, last = chosen or (None, None)
    if data is not None:
        first, last = first or data[0], last or data[1]
    return (last - first).days + 1 if first and last and last >= first else 1


def choose_grain(screen: Screen, days: int) -> Grain:
    """Granularity widget, shown next to the period; automatic by default."""
    t = screen.t
    natural = natural_grain(days)
    names = {"auto": t("{step} (automatic)", step=t(GRAIN_NAMES[natural]))}
    names |= {grain: t(name) for grain, name in GRAIN_NAMES.items() if days <= DRAWABLE_DAYS[grain]}
    options = list(names)
    if st.session_state.get("grain") not in options:
        st.session_state["grain"] = "auto"
    grain = st.selectbox(
        t("Time step"),
        options,
        format_func=lambda key: (
            t("{step} (automatic)", step=t(GRAIN_NAMES[natural]))
            if key == "auto"
            else t(GRAIN_NAMES[cast("Grain", key)])
        ),
        key="grain",
        persist_state="session",
        width=190,
    )
    return natural if grain == "auto" else cast("Grain", grain)
