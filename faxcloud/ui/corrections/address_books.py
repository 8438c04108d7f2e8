"""Wrong numbers by address book owner."""

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.services.analytics.corrections import MOST_PER_PAGE
from faxcloud.ui.access import can
from faxcloud.ui.corrections.download_list import offer_list
from faxcloud.ui.corrections.numbers import show_nothing
from faxcloud.ui.corrections.table import open_chosen, show_corrections
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

MOST_BOOKS = 500
MOST_AT_ONCE, SCROLLED_PX = 10, 420


def show_address_books(screen: Screen, selection: Filters) -> None:
    """Ranked table of users; a selected row shows that user's corrections and their download."""
    t = screen.t
    rows = screen.services.corrections.users(selection, limit=MOST_BOOKS)
    if not rows:
        show_nothing(screen, selection)
        return
    # With masked names a visitor cannot select a user.
    may_choose = can("rows.read_in_full")
    named = [{**row, "name": row["user_name"] or t("(no name)")} for row in rows]
    fields = [
        Field("name", t("User"), width="medium"),
        *([Field("user_email", t("E-mail"), width="medium")] if may_choose else []),
        Field("numbers", t("Wrong numbers"), "count"),
        Field("faxes", t("Faxes concerned"), "count"),
        Field("mended", t("Cumulative share corrected"), "rate"),
        Field("first_at", t("First fax"), "time"),
        Field("last_at", t("Last fax"), "time"),
    ]
    with st.container(border=True, key="books"):
        st.header(t("Address books to correct first"), anchor=False)
        if may_choose:
            st.caption(t("Select a user to see their wrong numbers and to download the list for them."))
        chosen = show_table(
            screen,
            named,
            fields,
            key=f"books-{hash(selection):x}",
            selectable=may_choose,
            height="content" if len(rows) <= MOST_AT_ONCE else SCROLLED_PX,
        )
        if len(rows) == MOST_BOOKS:
            st.caption(t("At most {most} users are listed; the downloaded list has all.", most=MOST_BOOKS))
    if chosen is not None:
        _show_book(screen, selection, rows[chosen]["user_name"])


def _show_book(screen: Screen, selection: Filters, user: str) -> None:
    t = screen.t
    words = RuleLabels(t, screen.services.rulesets.rules())
    page = screen.services.corrections.page(selection, user=user, per_page=MOST_PER_PAGE)
    with st.container(border=True, key="book"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.header(in_markdown(user or t("(no name)"), 60), anchor=False, width="content")
            offer_list(screen, selection, "book", user=user)
        if page.pages > 1:
            st.caption(
                t(
                    "The first {shown} of {total}; the downloaded list has all.",
                    shown=len(page.results),
                    total=page.total,
                )
            )
        question = (selection, user)
        row = show_corrections(screen, words, page.results, key=f"book-{hash(question):x}", of_one_user=True)
    open_chosen(screen, page.results, row, question, user)
