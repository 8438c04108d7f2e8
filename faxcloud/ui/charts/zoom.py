"""Zoom of time charts: set by dragging, reset by a double-click or its chip."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.domain.calendar import days_after, last_day, next_month
from faxcloud.i18n import Translator
from faxcloud.ui.filters.grains import STEP_DAYS
from faxcloud.ui.screen import Screen

ZOOM = "timeline_zoom"
"""Selection, from and to of the part that the visitor has dragged over. The step of time is no part of it: it
changes by itself as data comes in."""

_HTML = '<button type="button"></button>'

_CSS = """button { font: inherit; font-size: .875rem; padding: .25rem .75rem; min-height: 2rem;
  cursor: pointer; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, .4rem);
  color: var(--st-text-color); background: var(--st-background-color); }
button:hover, button:focus-visible { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }"""

# Streamlit sends no double-click of a redrawn chart, since it sees no selection there.
_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const button = parentElement.querySelector("button");
  const undo = () => setTriggerValue("undone", true);
  button.textContent = `${data.label} \u2715`;
  button.setAttribute("aria-label", `${data.label}. ${data.undo}`);
  button.title = data.undo;
  button.onclick = undo;
  const second = event => {
    if (event.detail === 2 && event.target.closest(data.chart)) undo();
  };
  document.addEventListener("mousedown", second, true);
  return () => document.removeEventListener("mousedown", second, true);
}
"""

_chip = st.components.v2.component("faxcloud_zoom", html=_HTML, css=_CSS, js=_JS)


def zoom_of(selection: str) -> list[str] | None:
    """Start and end of the zoom; None for the whole range."""
    of, part = st.session_state.get(ZOOM, ("", None))
    return part if of == selection else None


def zoom(selection: str, dragged: list[str]) -> None:
    """Zoom to the dragged range."""
    if dragged:
        st.session_state[ZOOM] = (selection, dragged)


def shown_rows(rows: Sequence[dict[str, Any]], grain: str, part: list[str] | None) -> list[int]:
    """Indices of the rows whose middle lies in the zoomed range; of every row without a zoom."""
    if part is None:
        return list(range(len(rows)))
    first, last = (dt.datetime.fromisoformat(end) for end in part)
    return [
        index
        for index, row in enumerate(rows)
        if first <= days_after(row["start"], STEP_DAYS[grain] / 2) <= last
    ]


def zoom_says(t: Translator, part: list[str], rows: Sequence[dict[str, Any]], grain: str) -> str:
    """First and last period that the zoom shows; its own ends where it is narrower than a period.

    Args:
        rows: Those that are shown.
    """
    if not rows or grain == "hour":
        first, last = (dt.datetime.fromisoformat(end) for end in part)
        return t("Zoom: {first} to {last}", first=t.datetime(first), last=t.datetime(last))
    first, last = rows[0]["start"], rows[-1]["start"]
    after = next_month(last) if grain == "month" else days_after(last, STEP_DAYS[grain])
    return t("Zoom: {first} to {last}", first=t.date(first), last=t.date(last_day(after.date())))


def offer_whole(screen: Screen, says: str, chart: str) -> None:
    """Chip that resets the zoom, as does a double-click on the chart with that key.

    Args:
        says: Its label, as from `zoom_says`.
    """
    t = screen.t
    data = {
        "label": says,
        "undo": t("Show the whole period"),
        "chart": f".st-key-{chart} .js-plotly-plot",
    }
    _chip(key="undo-zoom", data=data, height="content", width="content", on_undone_change=_forget)


def _forget() -> None:
    st.session_state.pop(ZOOM, None)
