"""Comparison of two reports: the current one against another import or period."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.domain.metrics import BY_KEY
from faxcloud.errors import FilterInvalid
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.presentation.wording import change_text, value_text
from faxcloud.services.analytics.comparisons import MOST_USERS, Comparison
from faxcloud.services.papers.paper import Paper
from faxcloud.ui.address import asked, keep
from faxcloud.ui.charts.kpis import show_kpis
from faxcloud.ui.dashboard import overview
from faxcloud.ui.date_field import date_field
from faxcloud.ui.errors import show_refusal
from faxcloud.ui.filters.selection import report_name
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.tables import Field, show_table

BEFORE, IMPORT, DAYS = "before", "import", "days"
WAYS = {
    BEFORE: N_("The previous period"),
    IMPORT: N_("Another import"),
    DAYS: N_("Another period"),
}
PRESENCES = {"both": "", "new": N_("new"), "gone": N_("no longer present")}
OVERLAY = "compare"
"""Key of the toggle in `overview.show_timeline`."""
WITH = ("with", "with_start", "with_end")


def show_comparison(screen: Screen, paper: Paper, reports: list[dict[str, Any]]) -> None:
    """Selection of the other report, then every metric of both."""
    t = screen.t
    other = _choose(t, paper, reports)
    if other is None:
        st.info(t("Choose what to compare this report with."), icon=":material/compare_arrows:")
        return
    compared = screen.services.comparisons.of(other, paper.filters)
    names = _name(t, other, reports), _name(t, paper.filters, reports)
    st.markdown(
        t("From **{first}** to **{second}**", first=in_markdown(names[0]), second=in_markdown(names[1]))
    )
    if not compared.first["faxes"] or not compared.second["faxes"]:
        empty = names[0] if not compared.first["faxes"] else names[1]
        st.warning(t("No data: no fax is in {name}.", name=in_markdown(empty)), icon=":material/event_busy:")
        return
    show_kpis(screen, compared.second, compared.first if compared.is_whole else None, [])
    with st.container(border=True):
        st.header(t("Compliance over time"), anchor=False)
        before = screen.services.summaries.timeline(other, paper.grain)
        # A comparison shows both lines by default; the toggle over the chart hides the other one.
        st.session_state.setdefault(OVERLAY, True)
        keep_zoom = f"{other.shareable_params()}{paper.filters.shareable_params()}"
        overview.show_timeline(screen, paper.timeline, paper.grain, keep_zoom, before)
    if not compared.is_whole:
        st.caption(t("No difference is shown: the data covers only a part of one of the two periods."))
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch", key="compared-numbers"):
        _show_metrics(screen, compared)
    with right.container(border=True, height="stretch"):
        _show_rules(screen, paper, compared)
    with st.container(border=True, key="compared-users"):
        _show_users(screen, compared)


def _choose(t: Translator, paper: Paper, reports: list[dict[str, Any]]) -> Filters | None:
    earlier = paper.filters.previous_period()
    others = {
        report["report_id"]: report for report in reports if report["report_id"] != paper.filters.report
    }
    ways = [BEFORE] * (earlier is not None) + [IMPORT] * bool(others) + [DAYS]
    _read_address(others)
    if st.session_state.get("compare-way") not in ways:
        st.session_state["compare-way"] = IMPORT if paper.report is not None and others else ways[0]
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare-bar"):
        way = st.pills(
            t("Compare with"),
            ways,
            format_func=lambda way: t(WAYS[way]),
            required=True,
            key="compare-way",
            persist_state="session",
        )
        if way == IMPORT:
            other = _choose_import(t, paper, others)
        elif way == DAYS:
            other = _choose_days(t, paper)
        else:
            other = earlier
    _write_address(way, other)
    return other


def _choose_import(t: Translator, paper: Paper, others: Mapping[str, dict[str, Any]]) -> Filters | None:
    proposed = paper.before_report["report_id"] if paper.before_report else None
    if st.session_state.get("compare-report") not in others:
        st.session_state["compare-report"] = proposed
    report_id = st.selectbox(
        t("Import to compare with"),
        list(others),
        index=None,
        format_func=lambda report_id: report_name(t, others[report_id]),
        placeholder=t("Choose an import"),
        key="compare-report",
        persist_state="session",
        width=320,
    )
    # All of the import: the period of this report need not exist in the other.
    return None if report_id is None else Filters(report=report_id, rule=paper.filters.rule)


def _choose_days(t: Translator, paper: Paper) -> Filters | None:
    start, end = (
        date_field(label, f"compare-{key}", persist_state="session")
        for label, key in ((t("From"), "start"), (t("To (inclusive)"), "end"))
    )
    if start is None or end is None:
        return None
    try:
        days = Filters.from_params({"start_date": start, "end_date": end})
    except FilterInvalid as error:
        show_refusal(error, t)
        return None
    return replace(paper.filters, report=None, start_date=days.start_date, end_date=days.end_date)


def _read_address(others: Mapping[str, Any]) -> None:
    """Read the comparison from the visitor's link, once per session."""
    if st.session_state.get("compare-asked"):
        return
    st.session_state["compare-asked"] = True
    if (report_id := asked("with")) in others:
        st.session_state["compare-way"], st.session_state["compare-report"] = IMPORT, report_id
    for name, key in (("start_date", "start"), ("end_date", "end")):
        try:
            day = getattr(Filters.from_params({name: asked(f"with_{key}")}), name)
        except FilterInvalid:  # an incomplete link: the visitor chooses instead
            day = None
        if day is not None:
            st.session_state["compare-way"], st.session_state[f"compare-{key}"] = DAYS, day


def _write_address(way: str | None, other: Filters | None) -> None:
    named = None if way == BEFORE else other
    keep("with", named.report if named else None)
    keep("with_start", str(named.start_date) if named and named.start_date else None)
    keep("with_end", str(named.end_date) if named and named.end_date else None)


def forget_address() -> None:
    """Remove the comparison from the address, for the other views of the page."""
    for name in WITH:
        keep(name, None)


def _name(t: Translator, filters: Filters, reports: list[dict[str, Any]]) -> str:
    found = next((each for each in reports if each["report_id"] == filters.report), None)
    days = [t.date(day) for day in (filters.start_date, filters.end_date) if day is not None]
    parts = [report_name(t, found)] if found else []
    if len(days) == 2:
        parts.append(f"{days[0]} – {days[1]}")
    return ", ".join(parts) or t("All dates")


def _show_metrics(screen: Screen, compared: Comparison) -> None:
    t = screen.t
    st.header(t("Every figure"), anchor=False)
    target = screen.services.targets.rates().target
    rows = [
        {
            "number": t(BY_KEY[row["key"]].label),
            "first": value_text(t, row["key"], row["first"], target),
            "second": value_text(t, row["key"], row["second"], target),
            "change": _change(t, row) if compared.is_whole else "–",
        }
        for row in compared.metrics
    ]
    fields = [
        Field("number", t("Figure")),
        Field("first", t("Before")),
        Field("second", t("Now")),
        Field("change", t("Difference")),
    ]
    show_table(screen, rows, fields, key="compare-metrics", height="content")


def _change(t: Translator, row: Mapping[str, Any]) -> str:
    return change_text(t, row["key"], row["second"], row["first"]) or "–"


def _differences(t: Translator, compared: Comparison, *, in_percent: bool = False) -> list[Field]:
    """Table columns that show the change; empty where the periods cannot be compared."""
    if not compared.is_whole:
        return []
    rate = [Field("change_rate", t("Difference in %"), "rate")] if in_percent else []
    return [Field("change", t("Difference"), "count"), *rate]


def _show_rules(screen: Screen, paper: Paper, compared: Comparison) -> None:
    t = screen.t
    st.header(t("Violations by rule"), anchor=False)
    if not compared.rules:
        st.success(t("No rule is violated in either."), icon=":material/check_circle:")
        return
    words = RuleLabels(t, paper.rules_by_id)
    rows = [{**row, "label": words.label(row["key"])} for row in compared.rules]
    fields = [
        Field("label", t("Rule")),
        Field("first", t("Before"), "count"),
        Field("second", t("Now"), "count"),
        *_differences(t, compared, in_percent=True),
    ]
    show_table(screen, rows, fields, key="compare-rules", height="content")


def _show_users(screen: Screen, compared: Comparison) -> None:
    t = screen.t
    st.header(t("Users"), anchor=False)
    st.caption(
        t.ngettext("{count} new user", "{count} new users", compared.new)
        + " · "
        + t.ngettext("{count} user no longer present", "{count} users no longer present", compared.gone)
    )
    rows = [{**row, "state": _presence(t, cast("str", row["presence"]))} for row in compared.users]
    fields = [
        Field("key", t("User"), width="medium"),
        Field("state", t("State"), width="small"),
        Field("first", t("Invalid before"), "count"),
        Field("second", t("Invalid now"), "count"),
        *_differences(t, compared),
        Field("first_faxes", t("Faxes before"), "count"),
        Field("second_faxes", t("Faxes now"), "count"),
    ]
    show_table(screen, rows, fields, key="compare-users")
    if len(rows) == MOST_USERS:
        st.caption(t("The {most} users with the largest differences.", most=MOST_USERS))


def _presence(t: Translator, presence: str) -> str:
    return t(PRESENCES[presence]) if PRESENCES[presence] else ""
