"""The called numbers that fail most."""

import streamlit as st

from faxcloud.rules.filters import Filters
from faxcloud.ui import filters
from faxcloud.ui.access import can
from faxcloud.ui.screen import Screen
from faxcloud.ui.tables import Field, show_table
from faxcloud.ui.words import RuleWords

MOST_NUMBERS = 50
ROUND = "explore_round"
"""Counts up to begin the page anew at its first tab."""


def show_top_numbers(screen: Screen, selection: Filters) -> None:
    """A ranked table; a selected row searches for that number."""
    t = screen.t
    rows = screen.services.summaries.top_numbers(selection, limit=MOST_NUMBERS)
    if not rows:
        st.success(t("No called number of this selection is invalid."), icon=":material/check_circle:")
        return
    words = RuleWords.of(t, screen.services.rulesets)
    named = [{**row, "reasons": words.labels(row["violations"])} for row in rows]
    fields = [
        Field("called_text", t("Called number as exported"), width="medium"),
        Field("number", t("Normalised")),
        Field("invalid", t("Invalid"), "count"),
        Field("faxes", t("Faxes"), "count"),
        Field("users", t("Users"), "count"),
        Field("reasons", t("Violations"), width="medium"),
        Field("first_at", t("First"), "time"),
        Field("last_at", t("Last"), "time"),
    ]
    may_search = can("rows.read_in_full")
    st.caption(
        t("Numbers with the most invalid faxes, whatever the reason. Those to correct: page Corrections.")
        if not may_search
        else t(
            "Numbers with the most invalid faxes, whatever the reason. Select one to see its faxes. "
            "Those to correct: page Corrections."
        )
    )
    chosen = show_table(screen, named, fields, key="top-numbers", selectable=may_search, height=560)
    if len(rows) == MOST_NUMBERS:
        st.caption(t("At most {most} numbers are listed.", most=MOST_NUMBERS))
    if chosen is not None:
        filters.choose_next(q=named[chosen]["number"] or named[chosen]["called_text"])
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        st.rerun()
