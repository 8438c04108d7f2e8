"""Zoom of time charts: set by dragging, reset by a double-click or its chip."""

import datetime as dt

import streamlit as st

from faxcloud.i18n import Translator
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


def zoom_says(t: Translator, part: list[str]) -> str:
    """From and to of the part that is shown."""
    first, last = (dt.datetime.fromisoformat(end) for end in part)
    return t("Zoom: {first} to {last}", first=t.datetime(first), last=t.datetime(last))


def offer_whole(screen: Screen, part: list[str], chart: str) -> None:
    """Chip that names the zoomed range and resets it, as does a double-click on the chart with that key."""
    t = screen.t
    data = {
        "label": zoom_says(t, part),
        "undo": t("Show the whole period"),
        "chart": f".st-key-{chart} .js-plotly-plot",
    }
    _chip(key="undo-zoom", data=data, height="content", width="content", on_undone_change=_forget)


def _forget() -> None:
    st.session_state.pop(ZOOM, None)
