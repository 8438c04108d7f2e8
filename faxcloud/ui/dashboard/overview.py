"""Dashboard panels: one query and one chart each."""

from collections.abc import Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, Literal

import streamlit as st

from faxcloud.domain.calendar import days_after
from faxcloud.domain.running_totals import running_totals
from faxcloud.i18n import Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.presentation.rule_labels import RuleLabels
from faxcloud.presentation.wording import heat_says, rules_say, timeline_says
from faxcloud.services.actors import current_actor
from faxcloud.services.papers.facts import undated_says
from faxcloud.ui.charts import captions
from faxcloud.ui.charts.cumulative import cumulative_chart
from faxcloud.ui.charts.heat import heat_chart
from faxcloud.ui.charts.marks import Group, grouped
from faxcloud.ui.charts.pareto import pareto_chart
from faxcloud.ui.charts.show import forget_pick, show_chart
from faxcloud.ui.charts.target import offer_target
from faxcloud.ui.charts.timeline import TimelineContext, timeline_chart
from faxcloud.ui.charts.users import users_chart
from faxcloud.ui.charts.zoom import offer_whole, shown_rows, zoom, zoom_of, zoom_says
from faxcloud.ui.filters import selection
from faxcloud.ui.filters.grains import STEP_DAYS
from faxcloud.ui.navigation import page_file
from faxcloud.ui.safe_text import in_markdown
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.panels import panel
from faxcloud.ui.widgets.tables import GRAIN_KINDS, Field, show_table

MOST_USERS = 12
MOST_RULES = 10
MOST_IMPORTS = 8

Row = dict[str, Any]


@panel
def show_timeline(
    screen: Screen,
    rows: Sequence[Row],
    grain: str,
    keep: str,
    previous: Sequence[Row] | None = None,
) -> None:
    """Timeline panel: compliance and volume over time.

    Args:
        previous: The same selection over the period before (`Filters.previous_period`), to be compared with.
    """
    t = screen.t
    rates = screen.services.targets.rates()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="timeline-options"):
        part = zoom_of(keep)
        inside = shown_rows(rows, grain, part)
        seen = [rows[index] for index in inside]
        zoomed = zoom_says(t, part, seen, grain) if part else ""
        if zoomed:
            offer_whole(screen, zoomed, "timeline")
        before = _compared(t, previous or ())
        offer_target(screen, rates)
    marks = _marks(screen, rows, grain)
    beside = TimelineContext(rates, marks, before, part)
    figure = timeline_chart(screen, rows, grain, keep, beside)
    seen_before = [before[index] for index in inside if index < len(before)]
    says = timeline_says(t, seen, grain, rates.target)
    if seen_before:
        says += " " + captions.comparison_says(t, seen, seen_before)
    kinds = {group[0].kind for group in (_marks(screen, seen, grain) if part else marks)}
    says = " ".join([says, *captions.marks_say(t, kinds)])
    named, fields = _timeline_table(t, seen, seen_before, grain)
    show_chart(
        screen,
        figure,
        "timeline",
        t("Compliance over time"),
        says,
        named,
        fields,
        part=zoomed,
        on_drag=partial(zoom, keep),
    )


def say_undated(t: Translator, faxes: float | None, rows: Sequence[Row]) -> None:
    """Note under a time chart: number of faxes without a readable date, which it leaves out."""
    if undated := undated_says(t, faxes, rows):
        st.caption(undated)


def _compared(t: Translator, previous: Sequence[Row]) -> Sequence[Row]:
    """Rows of the comparison, if there are any and the visitor wants it."""
    if not any(row["faxes"] for row in previous):
        return ()
    wanted = st.toggle(t("Compare with the previous period"), key="compare", persist_state="session")
    return previous if wanted else ()


def _marks(screen: Screen, rows: Sequence[Row], grain: str) -> Sequence[Group]:
    if not rows:
        return ()
    end = days_after(rows[-1]["start"], STEP_DAYS[grain])
    marks = screen.services.annotations.marks(rows[0]["start"], end)
    return grouped(marks, [row["start"] for row in rows])


def _timeline_table(
    t: Translator, rows: Sequence[Row], before: Sequence[Row], grain: str
) -> tuple[list[Row], list[Field]]:
    named = [*rows]
    fields = [
        Field("start", t("Period"), GRAIN_KINDS[grain]),
        Field("faxes", t("Faxes"), "count"),
        Field("valid", t("Valid"), "count"),
        Field("invalid", t("Invalid"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
        Field("pages", t("Pages"), "count"),
    ]
    if before:
        olds: list[Row] = [
            {
                "old_start": row["start"],
                "old_faxes": row["faxes"],
                "old_rate": row["compliance_rate"],
            }
            for row in before
        ]
        named = [row | old for row, old in zip_longest(named, olds[: len(named)], fillvalue=Row())]
        fields += [
            Field("old_start", t("Previous period"), GRAIN_KINDS[grain]),
            Field("old_faxes", t("Faxes, previous period"), "count"),
            Field("old_rate", t("Compliance, previous period"), "rate"),
        ]
    return named, fields


@panel
def show_cumulative(screen: Screen, rows: Sequence[Row], grain: str, keep: str) -> None:
    """Cumulative panel: running totals since the first day of the selection.

    Args:
        rows: As for `show_timeline`.
    """
    t = screen.t
    title = t("Cumulative")
    st.header(title, anchor=False)
    totals = running_totals(rows, ("faxes", "invalid", "pages"))
    known = [row for row in totals if row["faxes"] is not None]
    if not known:
        st.info(t("No fax in this selection has a readable date."), icon=":material/event_busy:")
        return
    fields = [
        Field("start", t("Period"), GRAIN_KINDS[grain]),
        Field("added", t("New faxes"), "count"),
        Field("faxes", t("Faxes, cumulative"), "count"),
        Field("invalid", t("Invalid, cumulative"), "count"),
        Field("pages", t("Pages, cumulative"), "count"),
    ]
    figure = cumulative_chart(screen, totals, grain, keep)
    show_chart(screen, figure, "cumulative", title, captions.cumulative_says(t, known, grain), known, fields)


@panel
def show_rules(screen: Screen, rows: Sequence[Row], keep: str) -> None:
    """Pareto panel: violations by rule.

    A click on a rule filters the page by the faxes that violate it; another click removes the filter.
    """
    t = screen.t
    title = t("Violations by rule")
    st.header(title, anchor=False)
    words = RuleLabels(t, screen.services.rulesets.rules())
    named = [{**row, "label": words.label(row["key"])} for row in rows if row["violations"]]
    if not named:
        st.success(t("No rule is violated in this selection."), icon=":material/check_circle:")
        return
    fields = [Field("label", t("Rule"), width="large"), Field("violations", t("Faxes"), "count")]
    total = sum(row["violations"] for row in named)
    figure = pareto_chart(screen, named[:MOST_RULES], keep, total)
    chosen = selection.chosen("rule")
    first = in_markdown(named[0]["label"])
    says = f"{rules_say(t, named, first)} {captions.pareto_offers(t, chosen is not None)}"
    clicked = show_chart(screen, figure, "pareto", title, says, named, fields, picks="points")
    if clicked and clicked[0] < len(named):
        rule = named[clicked[0]]["key"]
        selection.choose_next(rule=None if chosen == rule else rule)
        forget_pick("pareto")
        st.rerun()


@panel
def show_heat(screen: Screen, rows: Sequence[Row], keep: str) -> None:
    """Heat map panel: weekday by hour."""
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        title = t("Weekday and hour")
        st.header(title, anchor=False, width="content")
        measures = {"faxes": t("Faxes")}
        if any(row["compliance_rate"] is not None for row in rows):  # not where a verdict is filtered
            measures["invalid_rate"] = t("Share of invalid")
        measure = st.segmented_control(
            t("Measure"),
            list(measures),
            default="faxes",
            required=True,
            format_func=measures.__getitem__,
            key="heat-measure",
            label_visibility="collapsed",
        )
    known = [row for row in rows if row["faxes"]]
    if not known:
        st.info(t("No fax in this selection has a readable date."), icon=":material/event_busy:")
        return
    names = weekday_names(t)
    named = [{**row, "day": names[row["weekday"] - 1], "hour": f"{row['hour']:02d} h"} for row in known]
    fields = [
        Field("day", t("Weekday")),
        Field("hour", t("Hour")),
        Field("faxes", t("Faxes"), "count"),
        Field("invalid", t("Invalid"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
    ]
    measure = measure or "faxes"
    figure = heat_chart(screen, rows, measure, keep)
    title += f" · {measures[measure]}"
    says = heat_says(t, known)
    if measure == "invalid_rate":
        says = f"{says} {captions.few_say(t, known)}".rstrip()
    show_chart(screen, figure, "heat", title, says, named, fields)


@panel
def show_users(screen: Screen, rows: Sequence[Row], invalid: int, keep: str) -> None:
    """Users panel: users by invalid faxes; a click opens their faxes in Explore."""
    t = screen.t
    title = t("Users with the most invalid faxes")
    st.header(title, anchor=False)
    worst = [row for row in rows if row["invalid"]][:MOST_USERS]
    if not worst:
        st.success(t("Nobody has an invalid fax in this selection."), icon=":material/check_circle:")
        return
    fields = [
        Field("key", t("User"), width="medium"),
        Field("invalid", t("Invalid"), "count"),
        Field("faxes", t("Faxes"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
    ]
    figure = users_chart(screen, worst, keep)
    says = captions.users_say(t, worst, invalid)
    picks: Literal["points"] | None = "points" if current_actor().sees_names else None
    clicked = show_chart(screen, figure, "users", title, says, worst, fields, picks=picks)
    if clicked and clicked[0] < len(worst):
        forget_pick("users")
        if theirs := invalid_faxes_of(worst[clicked[0]]):
            # Passed in the session and not in the address: a name is personal.
            selection.choose_for_explore(selection.DASHBOARD, **theirs)
            st.switch_page(page_file("explore"))
        st.toast(t("Faxes without a user name cannot be shown on their own."), icon=":material/person_off:")


def invalid_faxes_of(row: Row) -> dict[str, str]:
    """Filters for a user's invalid faxes.

    None for a blank name, which filters nothing and would show everybody's.
    """
    return {"user": row["key"], "status": "invalid"} if row["key"] else {}


def show_imports(screen: Screen, reports: Sequence[Row]) -> None:
    """Panel of the newest imports."""
    t = screen.t
    st.header(t("Newest imports"), anchor=False)
    fields = [
        Field("imported_at", t("Imported on"), "time"),
        Field("file", t("File"), width="large"),
        Field("imported", t("Faxes"), "count"),
        Field("invalid", t("Invalid"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
        Field("rejected", t("Rejected"), "count"),
    ]
    show_table(screen, reports[:MOST_IMPORTS], fields, key="newest-imports", height="content")
    st.caption(t("Counts as of the day of the import; a later re-validation shows in the figures above."))
