"""Wrong numbers: cause, frequency, senders, proposed correction."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import Translator
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.services.analytics.corrections import CorrectionPage, CorrectionTotals
from faxcloud.ui.charts.show import show_chart
from faxcloud.ui.corrections.charts import causes_chart, curve_chart
from faxcloud.ui.corrections.download_list import offer_list
from faxcloud.ui.corrections.table import open_chosen, show_corrections
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.empty import show_no_rows
from faxcloud.ui.widgets.figures import show_figures
from faxcloud.ui.widgets.tables import Field

PER_PAGE = 50
FIRST = 10
PAGE, PAGE_OF, CAUSE = "correction-page", "correction-page-of", "correction-cause"


def show_numbers(screen: Screen, selection: Filters) -> None:
    """Figures, causes and cumulative curve of all wrong numbers; then one cause's numbers, page by page."""
    t = screen.t
    found = screen.services.corrections.overview(selection)
    if not found.faxes:
        show_nothing(screen, selection)
        return
    words = RuleLabels(t, screen.services.rulesets.rules())
    curve = screen.services.corrections.curve(selection)
    _show_figures(t, found, curve)
    keep = f"{selection.to_params()}"
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        _show_causes(screen, words, found, keep)
    with right.container(border=True, height="stretch"):
        _show_curve(screen, curve, found, keep)
    with st.container(border=True, key="corrections"):
        _show_list(screen, words, selection, found)


def show_nothing(screen: Screen, selection: Filters) -> None:
    """Message for a selection without wrong numbers, or without faxes."""
    t = screen.t
    if not screen.services.summaries.summary(selection).values["faxes"]:
        show_no_rows(t)
        return
    st.success(t("No called number of this selection is wrong."), icon=":material/check_circle:")


def _show_figures(t: Translator, found: CorrectionTotals, curve: Sequence[dict[str, Any]]) -> None:
    first = curve[:FIRST]
    show_figures(
        "figures-corrections",
        (
            (
                t("Wrong numbers"),
                t.number(found.numbers),
                t("Counts each called number once, whatever its separators and callers."),
            ),
            (
                t("Faxes concerned"),
                t.number(found.faxes),
                t("Counts faxes whose called number violates a rule."),
            ),
            (t("Users concerned"), t.number(found.users), t("Different names, blank ones excluded.")),
            (
                t.ngettext("Share of top {count}", "Share of top {count}", len(first)),
                t.percent(first[-1]["mended"]),
                t("Share of the faxes concerned that these corrections alone would make valid."),
            ),
        ),
    )


def _show_causes(screen: Screen, words: RuleLabels, found: CorrectionTotals, keep: str) -> None:
    t = screen.t
    title = t("Why numbers are wrong")
    st.header(title, anchor=False)
    named = [{**row, "label": words.label(row["rule"])} for row in found.causes]
    fields = [
        Field("label", t("Cause"), width="medium"),
        Field("faxes", t("Invalid faxes"), "count"),
        Field("numbers", t("Called numbers"), "count"),
        Field("users", t("Users"), "count"),
    ]
    says = t(
        "Most frequent: “{cause}”, {faxes} of {all} faxes with a wrong number.",
        cause=in_markdown(named[0]["label"]),
        faxes=named[0]["faxes"],
        all=found.faxes,
    )
    show_chart(screen, causes_chart(screen, named, keep), "causes", title, says, named, fields)


def _show_curve(screen: Screen, curve: Sequence[dict[str, Any]], found: CorrectionTotals, keep: str) -> None:
    t = screen.t
    title = t("Share corrected by the first corrections")
    st.header(title, anchor=False)
    fields = [
        Field("rank", t("Corrections made"), "count"),
        Field("faxes", t("Faxes of this correction"), "count"),
        Field("mended", t("Cumulative share corrected"), "rate"),
    ]
    last = curve[:FIRST][-1]
    says = t(
        "The first {rank} of {numbers} corrections account for {share:percent} of {faxes} faxes.",
        rank=last["rank"],
        numbers=found.numbers,
        share=last["mended"],
        faxes=found.faxes,
    )
    show_chart(screen, curve_chart(screen, curve, keep), "curve", title, says, curve, fields)


def _show_list(screen: Screen, words: RuleLabels, selection: Filters, found: CorrectionTotals) -> None:
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(t("Corrections with the largest effect first"), anchor=False, width="content")
        download = st.container(width="content")
    causes = [row["rule"] for row in found.causes]
    if st.session_state.get(CAUSE) not in causes:
        st.session_state[CAUSE] = None  # a cause of an earlier selection
    counts = {row["rule"]: t.number(row["numbers"]) for row in found.causes}
    rule = st.pills(
        t("Cause"),
        causes,
        format_func=lambda cause: f"{words.label(cause)} · {counts[cause]}",
        key=CAUSE,
        persist_state="session",
    )
    with download:
        offer_list(screen, selection, "corrections", rule=rule)
    page = screen.services.corrections.page(
        selection, rule=rule, page=_current_page((selection, rule)), per_page=PER_PAGE
    )
    question = (selection, rule, page.page)
    chosen = show_corrections(screen, words, page.results, key=f"corrections-{hash(question):x}")
    _draw_pages(page)
    open_chosen(screen, page.results, chosen, question)


def _current_page(question: object) -> int:
    """Current page number; back to the first page when the selection changes."""
    if st.session_state.get(PAGE_OF) != question:
        st.session_state[PAGE_OF] = question
        st.session_state.pop(PAGE, None)
    return int(st.session_state.get(PAGE, 1))


def _draw_pages(page: CorrectionPage) -> None:
    if page.page > max(1, page.pages):
        del st.session_state[PAGE]  # a deleted report left fewer pages than the one that was open
        st.rerun()
    if page.pages > 1:
        st.pagination(page.pages, key=PAGE)
