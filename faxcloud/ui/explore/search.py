"""Fax search: search box, filter widgets, sorting, paged table."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from faxcloud.domain.filter_values import LONGEST_TEXT
from faxcloud.domain.filters import Filters, Paging
from faxcloud.domain.hours import WEEKDAYS
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.services.actors import current_actor
from faxcloud.services.analytics.search import MASKED_ORDERS
from faxcloud.ui.access import can
from faxcloud.ui.charts.template import colours
from faxcloud.ui.filters import selection as filters
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

SORTS = {
    "-sent_at": N_("Newest first"),
    "sent_at": N_("Oldest first"),
    "-pages": N_("Most pages first"),
    "-duration_s": N_("Longest first"),
    "user_name": N_("User, A to Z"),
    "number": N_("Called number"),
    "violations": N_("Verdict"),
}
PER_PAGE = (25, 50, 100, 250)
PAGE = "result_page"


def draw_filters(screen: Screen, words: RuleLabels, reports: list[dict[str, Any]]) -> DeltaGenerator:
    """Search box and usual filters in a row, the others behind a button; returns the row."""
    t = screen.t
    may_search = can("rows.read_in_full")
    st.text_input(
        t("Search"),
        key=filters.PREFIX + "q",
        persist_state="session",
        type="search",
        icon=":material/search:",
        placeholder=_search_placeholder(t),
        disabled=not may_search,
        max_chars=LONGEST_TEXT,
    )
    bar = st.container(horizontal=True, vertical_alignment="bottom", key="filter-bar")
    with bar:
        filters.draw_period(t)
        filters.draw_report(t, reports)
        filters.draw_mode(t)
        filters.draw_status(t)
        count = sum(filters.chosen(name) is not None for name in MORE)
        label = t("More filters") if not count else t("More filters ({count})", count=count)
        with st.popover(label, icon=":material/filter_list:", key="more-filters"):
            _draw_more(screen, words)
        if any(filters.chosen(name) is not None for name in filters.EXPLORE) or filters.chosen(
            filters.PERIOD
        ):
            st.button(
                t("Clear"), on_click=filters.clear, type="tertiary", icon=":material/close:", key="clear"
            )
    return bar


def _search_placeholder(t: Translator) -> str:
    if can("rows.read_in_full"):
        return t("Number, fax ID, user or e-mail address")
    if current_actor().sees_names:
        return t("Your role sees masked numbers")
    return t("Your role sees masked numbers and names")


MORE = ("rule", "user", "number_type", "weekday", "pages_min", "pages_max")


def _draw_more(screen: Screen, words: RuleLabels) -> None:
    t = screen.t
    rules = list(words.rules)
    if (rule := filters.chosen("rule")) and rule not in rules:
        rules.append(rule)
    st.selectbox(
        t("Violated rule"),
        rules,
        index=None,
        placeholder=t("Any"),
        format_func=words.label,
        key=filters.PREFIX + "rule",
        persist_state="session",
    )
    if current_actor().sees_names:
        st.text_input(
            t("User (whole name)"),
            key=filters.PREFIX + "user",
            persist_state="session",
            max_chars=LONGEST_TEXT,
        )
    kinds = [
        row["key"] for row in screen.services.summaries.breakdown(Filters(), by="number_type") if row["key"]
    ]
    if kinds:
        st.selectbox(
            t("Type of number"),
            kinds,
            index=None,
            placeholder=t("Any"),
            key=filters.PREFIX + "number_type",
            persist_state="session",
        )
    st.selectbox(
        t("Weekday"),
        WEEKDAYS,
        index=None,
        placeholder=t("Any"),
        format_func=lambda day: weekday_names(t, "wide")[day - 1],
        key=filters.PREFIX + "weekday",
        persist_state="session",
    )
    with st.container(horizontal=True):
        for name, label in (("pages_min", t("Pages, at least")), ("pages_max", t("Pages, at most"))):
            st.number_input(
                label,
                min_value=0,
                max_value=100_000,
                value=None,
                step=1,
                key=filters.PREFIX + name,
                persist_state="session",
                width=160,
            )


def draw_sorting(screen: Screen) -> tuple[str, int]:
    """Sort order and page size."""
    t = screen.t
    sort = st.selectbox(
        t("Order"),
        [key for key in SORTS if key not in MASKED_ORDERS or can("rows.read_in_full")],
        format_func=lambda key: t(SORTS[key]),
        key="sort",
        label_visibility="collapsed",
        persist_state="session",
        width=200,
    )
    per_page = st.selectbox(
        t("Faxes per page"),
        PER_PAGE,
        index=1,
        format_func=lambda rows: t("{rows} a page", rows=rows),
        key="per_page",
        label_visibility="collapsed",
        persist_state="session",
        width=130,
    )
    return sort or "-sent_at", per_page or PER_PAGE[1]


def current_paging(selection: Filters, sort: str, per_page: int) -> Paging:
    """Current page number; back to the first page whenever the selection changes."""
    question = (selection, sort, per_page)
    if st.session_state.get("page_of") != question:
        st.session_state["page_of"] = question
        st.session_state.pop(PAGE, None)
    return Paging(sort=sort, page=st.session_state.get(PAGE, 1), per_page=per_page)


def draw_pages(page_count: int) -> None:
    """Page numbers, if there are several pages."""
    if st.session_state.get(PAGE, 1) > page_count:
        # A deleted report left fewer pages than the one that was open.
        del st.session_state[PAGE]
        st.rerun()
    if page_count > 1:
        st.pagination(page_count, key=PAGE, persist_state="session")


def show_rows(screen: Screen, words: RuleLabels, rows: Sequence[dict[str, Any]], key: str) -> int | None:
    """Table of one page of faxes; returns the index of the selected row."""
    t = screen.t
    valid, invalid = t("valid"), t("invalid")
    directions = {mode: t(name) for mode, name in filters.MODE_NAMES.items()}
    shown = [
        {
            **row,
            "verdict": valid if row["valide"] else invalid,
            "mode": directions.get(row["mode"], row["mode"]),
            "reasons": words.labels(row["erreurs"]),
        }
        for row in rows
    ]
    trouble = colours(screen).invalid
    fields = [
        Field("date_heure", t("Date"), "time", width=150),
        Field(
            "verdict", t("Verdict"), width=90, colour=lambda verdict: trouble if verdict == invalid else None
        ),
        Field("utilisateur", t("User"), width="medium"),
        Field("mode", t("Direction"), width=110),
        Field("numero_original", t("Called number"), width=140),
        Field("numero_normalise", t("Normalised"), width=140),
        Field("pages", t("Pages"), "count", width=80),
        Field("reasons", t("Violations"), width="medium"),
        Field("duree_s", t("Seconds"), "count", width=90),
        Field("fax_id", t("Fax ID"), width=110),
    ]
    height = min(38 + 35 * max(1, len(rows)), 640)
    return show_table(screen, shown, fields, key, selectable=True, height=height)
