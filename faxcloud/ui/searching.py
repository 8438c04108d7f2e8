"""Finding faxes: the search box, every filter, the table of one page."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.i18n import N_
from faxcloud.rules.filters import LONGEST_TEXT, Filters, Paging
from faxcloud.ui import filters
from faxcloud.ui.screen import Screen
from faxcloud.ui.words import RuleWords

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
DATE_FORMAT = "DD/MM/YYYY HH:mm"
LONGEST_CELL = 500
PAGE = "result_page"


def draw_filters(screen: Screen, words: RuleWords, reports: list[dict[str, Any]]) -> None:
    """Search box and the usual filters in a line, the rest behind a button."""
    t = screen.t
    st.text_input(
        t("Search"),
        key=filters.PREFIX + "q",
        type="search",
        icon=":material/search:",
        placeholder=t("Number, fax id, user or e-mail"),
        max_chars=LONGEST_TEXT,
        persist_state="session",
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="filter-bar"):
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


MORE = ("rule", "user", "number_type", "pages_min", "pages_max")


def _draw_more(screen: Screen, words: RuleWords) -> None:
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
    st.text_input(
        t("User (whole name)"), key=filters.PREFIX + "user", max_chars=LONGEST_TEXT, persist_state="session"
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
    """Order and page length."""
    t = screen.t
    sort = st.selectbox(
        t("Order"),
        list(SORTS),
        format_func=lambda key: t(SORTS[key]),
        key="sort",
        label_visibility="collapsed",
        persist_state="session",
        width=200,
    )
    per_page = st.selectbox(
        t("Rows a page"),
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
    """Which page is asked for; the first one again whenever the selection changes."""
    question = (selection, sort, per_page)
    if st.session_state.get("page_of") != question:
        st.session_state["page_of"] = question
        st.session_state.pop(PAGE, None)
    return Paging(sort=sort, page=st.session_state.get(PAGE, 1), per_page=per_page)


def draw_pages(page_count: int) -> None:
    """The row of page numbers, where there are several."""
    if st.session_state.get(PAGE, 1) > page_count:
        # A deleted report left fewer pages than the one that was open.
        del st.session_state[PAGE]
        st.rerun()
    if page_count > 1:
        st.pagination(page_count, key=PAGE, persist_state="session")


def show_rows(screen: Screen, words: RuleWords, rows: Sequence[dict[str, Any]], key: str) -> int | None:
    """The page of rows; the index of the one that was selected."""
    import pandas as pd

    t = screen.t
    columns = {
        "date_heure": t("Date"),
        "valide": t("Valid?"),
        "utilisateur": t("User"),
        "mode": t("Direction"),
        "numero_original": t("Called number"),
        "numero_normalise": t("Normalised"),
        "pages": t("Pages"),
        "erreurs": t("Violations"),
        "duree_s": t("Seconds"),
        "fax_id": t("Fax ID"),
    }
    frame = pd.DataFrame([[_cell(screen, words, name, row.get(name)) for name in columns] for row in rows])
    frame.columns = pd.Index(columns)
    config = st.column_config
    event: Any = st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 + 35 * max(1, len(rows)), 640),
        placeholder="–",
        column_config={
            **{name: config.TextColumn(title) for name, title in columns.items()},
            "date_heure": config.DatetimeColumn(columns["date_heure"], format=DATE_FORMAT, width=140),
            "valide": config.CheckboxColumn(columns["valide"], width="small"),
            "pages": config.NumberColumn(columns["pages"], format="%d", width="small"),
            "duree_s": config.NumberColumn(columns["duree_s"], format="%d", width="small"),
            "utilisateur": config.TextColumn(columns["utilisateur"], width="medium"),
            "erreurs": config.TextColumn(columns["erreurs"], width="medium"),
        },
    )
    chosen = event["selection"]["rows"]
    return chosen[0] if chosen and chosen[0] < len(rows) else None


def _cell(screen: Screen, words: RuleWords, name: str, value: Any) -> Any:
    if name == "erreurs":
        return words.labels(value)
    if name == "mode" and value in filters.MODE_NAMES:
        return screen.t(filters.MODE_NAMES[value])
    if name == "valide":
        return bool(value)
    return value[:LONGEST_CELL] if isinstance(value, str) else value
