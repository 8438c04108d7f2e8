"""Caption of the selected period and of the period it is compared with."""

import datetime as dt

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import Translator
from faxcloud.services.analytics.summaries import Summary
from faxcloud.services.papers.facts import not_compared_says, verdict_says
from faxcloud.ui.screen import Screen


def days_shown(t: Translator, selection: Filters, days: tuple[dt.date, dt.date] | None) -> str:
    """First and last day: as selected, else of the data."""
    first = selection.start_date or (days[0] if days else None)
    last = selection.end_date or (days[1] if days else None)
    return t("{first} to {last}", first=t.date(first), last=t.date(last)) if first and last else t("No dates")


def show_period(
    screen: Screen,
    selection: Filters,
    days: tuple[dt.date, dt.date] | None,
    summary: Summary,
) -> None:
    """Draw the caption, and a note on rates where the faxes are filtered by verdict."""
    t = screen.t
    text = days_shown(t, selection, days)
    before = selection.previous_period()
    if before is None or before.start_date is None:
        text += " · " + t("choose a period to compare it with the previous one")
    elif not (summary.previous or {}).get("faxes"):
        text += " · " + t(
            "no data from {first} to {last} to compare with",
            first=t.date(before.start_date),
            last=t.date(before.end_date),
        )
    elif summary.compared is None:
        text += " · " + not_compared_says(t, summary)
    else:
        text += " · " + t(
            "compared with {first} to {last}", first=t.date(before.start_date), last=t.date(before.end_date)
        )
    st.caption(text)
    if selected := verdict_says(t, summary):
        st.caption(selected)
