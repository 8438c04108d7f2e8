"""User details: figures, trend, violations, numbers to correct, cost."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from faxcloud.domain.blanks import trim
from faxcloud.domain.calendar import Grain
from faxcloud.domain.filter_values import CONTROL, LONGEST_TEXT
from faxcloud.domain.filters import Filters
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.presentation.wording import numbers_say
from faxcloud.services.analytics.users import MOST_NUMBERS, Person
from faxcloud.ui.access import can
from faxcloud.ui.charts.kpis import show_kpis
from faxcloud.ui.dashboard import overview
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.filters.period import show_period
from faxcloud.ui.navigation import page_file
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.usage.figures import show_figures, show_unpriced
from faxcloud.ui.users.ranking import PERSON
from faxcloud.ui.widgets.empty import show_no_rows
from faxcloud.ui.widgets.files import CSV, csv_label, offer_file
from faxcloud.ui.widgets.tables import Field, show_table


def show_person(
    screen: Screen, selection: Filters, days: tuple[dt.date, dt.date] | None, name: str, grain: Grain
) -> None:
    """Details of one user, with a link back to the ranking."""
    t = screen.t
    st.button(t("All users"), icon=":material/arrow_back:", on_click=_leave, key="all-users", type="tertiary")
    st.header(in_markdown(name) if name else t("(no name)"), anchor=False)
    person = screen.services.people.one(selection, name, grain)
    summary = person.summary
    show_period(screen, selection, days, summary)
    if not summary.values["faxes"]:
        show_no_rows(t)
        return
    show_kpis(screen, summary.values, summary.compared, person.timeline)
    filters.note_shown(replace(selection, user=name))  # as shown: masked for some
    keep = f"{filters.signature()}{hash(name)}"
    with st.container(border=True):
        st.header(t("Compliance over time"), anchor=False)
        overview.show_timeline(screen, person.timeline, grain, keep)
        overview.say_undated(t, summary.values["faxes"], person.timeline)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        overview.show_rules(screen, person.rules, keep)
    with right.container(border=True, height="stretch"):
        _show_numbers(screen, selection, person)
    if can("usage.read"):
        with st.container(border=True):
            st.header(t("Usage and cost"), anchor=False)
            table = screen.services.usage.usage(person.filters, "billing_type")
            show_figures(screen, table)
            show_unpriced(screen, table)


def _leave() -> None:
    st.session_state.pop(PERSON, None)


def _show_numbers(screen: Screen, selection: Filters, person: Person) -> None:
    t = screen.t
    st.header(t("Numbers to correct"), anchor=False)
    if not person.numbers:
        st.success(t("No called number of this selection is invalid."), icon=":material/check_circle:")
    else:
        words = RuleLabels(t, screen.services.rulesets.rules())
        rows = [{**row, "reasons": words.labels(row["violations"])} for row in person.numbers]
        may_search = can("rows.read_in_full") and _can_be_searched(person)
        st.caption(numbers_say(t))
        if may_search:
            st.caption(t("Select a number to see its invalid faxes."))
        chosen = show_table(
            screen, rows, _fields(screen), key="their-numbers", selectable=may_search, height=_height(rows)
        )
        if chosen is not None:
            _explore(person, q=rows[chosen]["number"] or rows[chosen]["called_text"])
        if len(rows) == MOST_NUMBERS:
            st.caption(t("The {rows} most frequent; the file contains all.", rows=MOST_NUMBERS))
    with st.container(horizontal=True):
        if person.numbers and can("rows.export"):
            stem = f"faxcloud-user-{dt.datetime.now(screen.running.settings.zone):%Y-%m-%d}"
            make = partial(screen.services.people.csv, selection, person.name, t)
            offer_file(csv_label(t), make, f"{stem}.csv", CSV, key="their-file")
        if _can_be_searched(person) and st.button(
            t("Show their invalid faxes"), icon=":material/manage_search:", key="their-faxes"
        ):
            _explore(person)


def _explore(person: Person, **values: str) -> None:
    """Go to the user's invalid faxes in Explore.

    The name is passed in the session and not in the address, since it is personal.
    """
    filters.choose_for_explore(filters.USERS, user=person.name, status="invalid", **values)
    st.switch_page(page_file("explore"))


def _can_be_searched(person: Person) -> bool:
    """Whether Explore can search for a name; not if it is masked, blank or more than a line of text."""
    name = person.name
    is_text = trim(name) != "" and len(name) <= LONGEST_TEXT and not CONTROL.search(name)
    return is_text and name == person.filters.user


def _fields(screen: Screen) -> list[Field]:
    t = screen.t
    return [
        Field("called_text", t("Called number as exported"), width="medium"),
        Field("invalid", t("Invalid"), "count", width=80),
        Field("faxes", t("Faxes"), "count", width=80),
        Field("invalid_rate", t("Share"), "rate", width=80),
        Field("reasons", t("Violations"), width="medium"),
        Field("last_at", t("Last fax"), "time"),
        Field("first_at", t("First fax"), "time"),
        Field("number", t("Normalised")),
    ]


def _height(rows: Sequence[Any]) -> int:
    return min(38 + 35 * len(rows), 400)
