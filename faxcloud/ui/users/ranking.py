"""Ranking of users or services; a selected row opens the details."""

from typing import Any

import streamlit as st

from faxcloud.domain.filter_values import LONGEST_TEXT
from faxcloud.domain.filters import Filters
from faxcloud.i18n import N_, Translator
from faxcloud.services.actors import current_actor
from faxcloud.services.analytics.users import Ranking
from faxcloud.ui.charts.template import colours
from faxcloud.ui.safe_text import plain
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

PERSON = "chosen_person"
"""The user whose page is open: in the session, never in the address, since a name is personal."""
PAGE, ROUND = "ranking_page", "ranking_round"
PER_PAGE = 25
SORT_NAMES = {
    "-invalid": N_("Most invalid first"),
    "compliance_rate": N_("Least compliant first"),
    "-faxes": N_("Most faxes first"),
    "-pages": N_("Most pages first"),
    "name": N_("User, A to Z"),
}


def show_ranking(screen: Screen, selection: Filters) -> None:
    """Search, sort order, and table of one page."""
    t = screen.t
    by, search, sort = _draw_choices(screen, selection)
    question = (selection, by, search, sort)
    if st.session_state.get("ranking_of") != question:
        st.session_state["ranking_of"] = question
        st.session_state.pop(PAGE, None)
    found = screen.services.people.ranking(
        selection, by=by, search=search, sort=sort, page=st.session_state.get(PAGE, 1), per_page=PER_PAGE
    )
    if not found.total:
        st.info(t("No user has this name in this selection."), icon=":material/person_search:")
        return
    if st.session_state.get(PAGE, 1) > found.pages:  # an import or a deletion left fewer
        del st.session_state[PAGE]
        st.rerun()
    st.markdown("**" + _count(t, by, found.total) + "**")
    picked = show_table(
        screen,
        [_row(t, row) for row in found.results],
        _fields(screen, by, found),
        # A new key clears the selection; otherwise coming back would open the user again.
        key=f"ranking-{st.session_state.get(ROUND, 0)}",
        selectable=by == "user",
        height="content",
    )
    if by == "user":
        st.caption(t("Select a row for details of one user."))
    if found.pages > 1:
        st.pagination(found.pages, key=PAGE, persist_state="session")
    if picked is not None:
        st.session_state[PERSON] = found.results[picked]["key"] or ""
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        st.rerun()


def _draw_choices(screen: Screen, selection: Filters) -> tuple[Any, str, str]:
    t = screen.t
    sees_names = current_actor().sees_names
    with st.container(horizontal=True, vertical_alignment="bottom", key="ranking-bar"):
        search = st.text_input(
            t("Search a name"),
            key="ranking-search",
            type="search",
            icon=":material/search:",
            placeholder=t("Part of a name") if sees_names else t("Your role sees masked names"),
            disabled=not sees_names,
            max_chars=LONGEST_TEXT,
            width=300,
        )
        sort = st.selectbox(
            t("Order"),
            list(SORT_NAMES),
            format_func=lambda key: t(SORT_NAMES[key]),
            key="ranking-sort",
            persist_state="session",
            width=220,
        )
        by = "user"
        if screen.services.people.has_resellers(selection):
            by = st.segmented_control(
                t("Grouped by"),
                ["user", "reseller"],
                default="user",
                required=True,
                format_func=lambda key: t("User") if key == "user" else t("Service or reseller"),
                key="ranking-by",
            )
    return by, search or "", sort or "-invalid"


def _count(t: Translator, by: str, count: int) -> str:
    if by == "user":
        return t.ngettext("{count} user", "{count} users", count)
    return t.ngettext("{count} service or reseller", "{count} services or resellers", count)


def _row(t: Translator, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "name": plain(row["key"], 200) if row["key"] else t("(no name)")}


def _fields(screen: Screen, by: str, found: Ranking) -> list[Field]:
    t, trouble = screen.t, colours(screen).invalid
    compared = found.results[0]["invalid_before"] is not None
    return [
        Field("place", t("Rank"), "count", width=60),
        Field("name", t("User") if by == "user" else t("Service or reseller"), width="medium"),
        Field("invalid", t("Invalid"), "count", colour=lambda count: trouble if count else None),
        *([Field("invalid_before", t("Invalid before"), "count")] if compared else []),
        Field("compliance_rate", t("Compliance"), "rate"),
        Field("faxes", t("Faxes"), "count"),
        *([Field("faxes_before", t("Faxes, previous period"), "count")] if compared else []),
        Field("sent", t("Sent"), "count"),
        Field("received", t("Received"), "count"),
        Field("pages", t("Pages"), "count"),
    ]
