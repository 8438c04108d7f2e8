"""Report on screen: the same numbers, in the same order, as in the PDF."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from faxcloud.domain.metrics import BY_KEY
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.presentation.wording import numbers_say
from faxcloud.services.analytics.summaries import last_of
from faxcloud.services.papers.contents import MOST_NUMBERS
from faxcloud.services.papers.facts import verdict_says
from faxcloud.services.papers.paper import Paper
from faxcloud.ui.charts.kpis import show_kpis, value_text
from faxcloud.ui.dashboard import overview
from faxcloud.ui.imports.details import show_ledger, show_rejects
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.empty import show_no_rows
from faxcloud.ui.widgets.tables import Field, show_table


def show_sheet(screen: Screen, paper: Paper) -> None:
    """Figures, charts, tables, and the definition of each number."""
    if paper.is_empty:
        show_no_rows(screen.t)
        return
    keep = f"{paper.filters.shareable_params()}{paper.grain}"
    if selected := verdict_says(screen.t, paper.summary):
        st.caption(selected)
    _say_before(screen, paper)
    show_kpis(screen, paper.summary.values, paper.before, paper.timeline)
    with st.container(border=True):
        st.header(screen.t("Compliance over time"), anchor=False)
        overview.show_timeline(screen, paper.timeline, paper.grain, keep, _timeline_before(screen, paper))
        overview.say_undated(screen.t, paper.summary.values["faxes"], paper.timeline)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        overview.show_rules(screen, paper.rules, keep)
    with right.container(border=True, height="stretch"):
        overview.show_users(screen, paper.users, int(paper.summary.values["invalid"] or 0), keep)
    with st.container(border=True):
        _show_numbers(screen, paper)
    with st.container(border=True):
        overview.show_heat(screen, paper.heatmap, keep)
    if paper.report is not None:
        with st.container(border=True, key="paper-ledger"):
            _show_rejects(screen, paper, paper.report)
    _show_basis(screen, paper)


def _say_before(screen: Screen, paper: Paper) -> None:
    t = screen.t
    if paper.before_report is not None:
        st.caption(
            t(
                "Compared with the previous import of the same contract, {file}.",
                file=in_markdown(paper.before_report["file"], 80),
            )
        )
    elif paper.before and paper.before["faxes"]:
        st.caption(t("Compared with the same number of days just before."))


def _timeline_before(screen: Screen, paper: Paper) -> Sequence[dict[str, Any]] | None:
    summaries = screen.services.summaries
    if paper.before_report is not None:
        other = replace(paper.filters, report=paper.before_report["report_id"])
        return summaries.timeline(other, paper.grain)
    earlier = paper.filters.previous_period()
    return None if earlier is None else last_of(summaries.timeline(earlier, paper.grain), len(paper.timeline))


def _show_numbers(screen: Screen, paper: Paper) -> None:
    t = screen.t
    st.header(t("Numbers with the most invalid faxes"), anchor=False)
    if not paper.numbers:
        st.success(t("No number has an invalid fax in this selection."), icon=":material/check_circle:")
        return
    words = RuleLabels(t, paper.rules_by_id)
    rows = [{**row, "labels": words.labels(row["violations"])} for row in paper.numbers]
    fields = [
        Field("called_text", t("Called number"), width="medium"),
        Field("invalid", t("Invalid"), "count"),
        Field("faxes", t("Faxes"), "count"),
        Field("invalid_rate", t("Share"), "rate"),
        Field("labels", t("Rules"), width="large"),
        Field("users", t("Users"), "count"),
        Field("first_at", t("First fax"), "time"),
        Field("last_at", t("Last fax"), "time"),
    ]
    show_table(screen, rows, fields, key="paper-numbers")
    st.caption(numbers_say(t))
    if len(rows) == MOST_NUMBERS:
        st.caption(t("At most {most} numbers are listed.", most=MOST_NUMBERS))


def _show_rejects(screen: Screen, paper: Paper, report: dict[str, Any]) -> None:
    t = screen.t
    st.header(t("The file, record by record"), anchor=False)
    show_ledger(t, report)
    if not report["rejected"]:
        return
    show_rejects(screen, report)
    if paper.rejects:
        fields = [
            Field("line", t("Line"), "count", width="small"),
            Field("reason", t("Reason"), width="medium"),
            Field("text", t("Record"), width="large"),
        ]
        show_table(screen, paper.rejects, fields, key="paper-rejects")
        if len(paper.rejects) < report["rejected"]:
            shown = len(paper.rejects)
            st.caption(
                t("The first {shown} of {all}; the file has all.", shown=shown, all=report["rejected"])
            )


def _show_basis(screen: Screen, paper: Paper) -> None:
    t = screen.t
    with st.expander(t("Every figure and what it counts"), icon=":material/functions:", key="paper-basis"):
        rows = [
            {
                "number": t(BY_KEY[key].label),
                "value": value_text(t, key, paper.summary.values[key], paper.target_rate),
                "basis": t(basis),
            }
            for key, basis in paper.basis.items()
        ]
        fields = [
            Field("number", t("Figure"), width="medium"),
            Field("value", t("Value"), width="small"),
            Field("basis", t("What it counts"), width="large"),
        ]
        show_table(screen, rows, fields, key="paper-basis-table", height="content")
        if paper.ruleset is not None:
            st.caption(t("Validated by {ruleset}.", ruleset=in_markdown(paper.ruleset.key)))
