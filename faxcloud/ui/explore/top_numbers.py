"""Called numbers with the most invalid faxes."""

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.presentation.wording import numbers_say
from faxcloud.ui.access import can
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.empty import show_no_rows
from faxcloud.ui.widgets.tables import Field, show_table

MOST_NUMBERS = 50
ROUND = "explore_round"
"""Counter in the tabs' key: a new number selects the first tab."""


def show_top_numbers(screen: Screen, selection: Filters) -> None:
    """Ranked table of numbers; a selected row searches for that number's invalid faxes."""
    t = screen.t
    rows = screen.services.summaries.top_numbers(selection, limit=MOST_NUMBERS)
    if not rows:
        if not screen.services.summaries.summary(selection).values["faxes"]:
            show_no_rows(t)
            return
        st.success(t("No called number of this selection is invalid."), icon=":material/check_circle:")
        return
    words = RuleLabels(t, screen.services.rulesets.rules())
    named = [{**row, "reasons": words.labels(row["violations"])} for row in rows]
    fields = [
        Field("called_text", t("Called number as exported"), width="medium"),
        Field("number", t("Normalised")),
        Field("invalid", t("Invalid"), "count"),
        Field("faxes", t("Faxes"), "count"),
        Field("invalid_rate", t("Share of invalid"), "rate"),
        Field("users", t("Users"), "count"),
        Field("reasons", t("Violations"), width="medium"),
        Field("first_at", t("First fax"), "time"),
        Field("last_at", t("Last fax"), "time"),
    ]
    may_search = can("rows.read_in_full")
    st.caption(
        t("Numbers with the most invalid faxes, for any reason. Those to correct: page Corrections.")
        if not may_search
        else t(
            "Numbers with the most invalid faxes, for any reason. Select one to see its invalid "
            "faxes. Those to correct: page Corrections."
        )
    )
    st.caption(numbers_say(t))
    chosen = show_table(screen, named, fields, key="top-numbers", selectable=may_search, height=560)
    if len(rows) == MOST_NUMBERS:
        st.caption(t("At most {most} numbers are listed.", most=MOST_NUMBERS))
    if chosen is not None:
        number = named[chosen]["number"] or named[chosen]["called_text"]
        filters.choose_next(q=number, status="invalid")
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        st.rerun()
