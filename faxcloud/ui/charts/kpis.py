"""KPI cards: value, change against the period before, sparkline, definition."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from faxcloud.domain.metrics import BY_KEY, Direction
from faxcloud.i18n import Translator
from faxcloud.presentation import wording
from faxcloud.presentation.wording import HEADLINES
from faxcloud.ui.charts.spark import spark_image
from faxcloud.ui.charts.template import colours
from faxcloud.ui.screen import Screen

DELTA_COLOURS: dict[Direction, Literal["normal", "inverse", "off"]] = {
    "up": "normal",
    "down": "inverse",
    "neither": "off",
}
MOST_POINTS = 60
HYPHEN = "-"
"""Minus sign that Streamlit recognises for the direction of the arrow."""


def show_kpis(
    screen: Screen,
    values: Mapping[str, Any],
    previous: Mapping[str, Any] | None,
    timeline: Sequence[Mapping[str, Any]],
    keys: Sequence[str] = HEADLINES,
) -> None:
    """Draw one card per metric; the cards wrap to the width of the page."""
    t, target = screen.t, screen.services.targets.rates().target
    grid = st.grid(len(keys), min_column_width=150, gap="small")
    colour = colours(screen).neutral
    for key in keys:
        metric = BY_KEY[key]
        change = change_text(t, key, values.get(key), (previous or {}).get(key))
        points = spark(timeline, key)
        with grid.container(border=True, height="stretch", gap="xsmall"):
            st.metric(
                t(metric.label),
                value_text(t, key, values.get(key), target),
                delta=change,
                delta_color=DELTA_COLOURS[metric.good] if has_direction(change) else "off",
                delta_arrow="auto" if has_direction(change) else "off",
                help=t("Counts {basis}.", basis=t(metric.basis)),
            )
            if points is not None:
                st.html(spark_image(points, colour, as_line=metric.unit == "rate"))


def value_text(t: Translator, key: str, value: float | None, target: float | None = None) -> str:
    """A metric's value in the visitor's number format, on pages and in PDFs; a dash for no value."""
    return wording.value_text(t, key, value, target)


def change_text(t: Translator, key: str, value: float | None, before: float | None) -> str | None:
    """Change in points for a rate, in per cent for a count; None without a comparable earlier value."""
    return wording.change_text(t, key, value, before).replace("\N{MINUS SIGN}", HYPHEN) or None


def signed(text: str, change: float) -> str:
    """Text of a change without its sign, preceded by the sign that Streamlit recognises."""
    return wording.sign(change, text).replace("\N{MINUS SIGN}", HYPHEN) + text


def has_direction(change: str | None) -> bool:
    """Whether a change is a rise or a fall; Streamlit draws every other one as a rise."""
    return change is not None and change.startswith(("+", HYPHEN))


def spark(timeline: Sequence[Mapping[str, Any]], key: str) -> list[float | None] | None:
    """Sparkline values of a metric, None for periods without data; None for fewer than two points."""
    points = [row.get(key) if row.get("faxes", 1) else None for row in timeline[-MOST_POINTS:]]
    return points if sum(point is not None for point in points) > 1 else None
