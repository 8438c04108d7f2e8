"""Corrections table and the details of one correction."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.domain.filter_values import LONGEST_TEXT
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.services.analytics.correction_lists import what_to_do
from faxcloud.ui.access import can
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.filters import selection
from faxcloud.ui.navigation import page_file
from faxcloud.ui.safe_text import in_markdown, plain
from faxcloud.ui.screen import Screen, current_screen
from faxcloud.ui.widgets.tables import Field, show_table

OPENED = "opened_correction"
MOST_AT_ONCE = 14
"""Rows that a table shows without scrolling."""
SCROLLED_PX = 560


def show_corrections(
    screen: Screen, words: RuleLabels, rows: Sequence[dict[str, Any]], key: str, *, of_one_user: bool = False
) -> int | None:
    """One page of corrections; returns the index of the selected row."""
    t = screen.t
    named = [
        {
            **row,
            "why": words.label(row["rule"]),
            "instead": row["suggestion"].written if row["suggestion"] else "",
            "who": ", ".join(row["named"] or ()),
        }
        for row in rows
    ]
    callers = [Field("users", t("Users"), "count"), Field("who", t("Most frequent caller"), width=270)]
    fields = [
        Field("called_text", t("Called number"), width=140),
        Field("instead", t("Suggested number"), width=130),
        Field("why", t("Cause"), width=175),
        Field("faxes", t("Invalid faxes"), "count"),
        Field("mended", t("Cumulative share corrected"), "rate"),
        *(() if of_one_user else callers),
        Field("first_at", t("First fax"), "day", width=100),
        Field("last_at", t("Last fax"), "day", width=100),
    ]
    st.caption(t("Select a row to see how to correct it."))
    height = "content" if len(rows) <= MOST_AT_ONCE else SCROLLED_PX
    return show_table(screen, named, fields, key, selectable=True, height=height)  # type: ignore[arg-type]


def open_chosen(
    screen: Screen, rows: Sequence[dict[str, Any]], chosen: int | None, page: object, user: str | None = None
) -> None:
    """Open the details of the selected row once.

    A page that is drawn again for another reason does not open them again.

    Args:
        user: The only one whose faxes the rows count; None for everybody's.
    """
    selected = None if chosen is None else (page, chosen)
    if selected == st.session_state.get(OPENED):
        return
    st.session_state[OPENED] = selected
    if chosen is not None:
        _open(screen, rows[chosen], user)


def _open(screen: Screen, row: dict[str, Any], user: str | None) -> None:
    @st.dialog(screen.t("One correction"), width="medium", icon=":material/build:")
    def dialog() -> None:
        with shown_errors():
            _show_one(current_screen(), row, user)

    dialog()


def _show_one(screen: Screen, row: dict[str, Any], user: str | None) -> None:
    t = screen.t
    words = RuleLabels(t, screen.services.rulesets.rules())
    rule, suggestion = words.rules.get(row["rule"]), row["suggestion"]
    st.code(plain(row["called_text"]) or t("(blank)"), language=None)
    st.markdown("**" + in_markdown(words.label(row["rule"])) + "**")
    if rule is not None:
        st.markdown(in_markdown(rule.explanation.text(t.language), 1_000))
    if suggestion is not None:
        st.success(t("Suggested number: **{number}**", number=suggestion.written), icon=":material/check:")
    st.markdown("**" + t("What to do:") + "** " + in_markdown(what_to_do(suggestion, rule, t), 1_000))
    first, last = row["first_at"], row["last_at"]
    if first is not None and last is not None:
        st.caption(
            t(
                "{faxes} faxes from {first} to {last}",
                faxes=row["faxes"],
                first=first.date(),
                last=last.date(),
            )
        )
    if can("rows.read_in_full") and st.button(
        t("Show its faxes"), icon=":material/manage_search:", key="correction-faxes"
    ):
        # Passed in the session and not in the address: a number is personal.
        number = row["number"] or row["called_text"][:LONGEST_TEXT]
        of_user = {"user": user} if user else {}
        selection.choose_for_explore(
            selection.CORRECTIONS, q=number, rule=row["rule"], status="invalid", **of_user
        )
        st.switch_page(page_file("explore"))
