"""The dashboard's panels, each a question and its chart."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.rules.running_totals import running_totals
from faxcloud.ui import captions, filters
from faxcloud.ui.charts.cumulative import cumulative_chart
from faxcloud.ui.charts.heat import heat_chart, weekday_names
from faxcloud.ui.charts.pareto import pareto_chart
from faxcloud.ui.charts.show import show_chart
from faxcloud.ui.charts.timeline import period_name, timeline_chart
from faxcloud.ui.charts.users import users_chart
from faxcloud.ui.navigation import page_file
from faxcloud.ui.screen import Screen
from faxcloud.ui.tables import Field, show_table
from faxcloud.ui.words import RuleWords

ZOOM = "timeline_zoom"
"""The selection, and the part of it that the visitor has zoomed into."""
MOST_USERS = 12
ROUND = "user_clicks"
MOST_RULES = 10
MOST_IMPORTS = 8


def show_timeline(
    screen: Screen,
    rows: Sequence[dict[str, Any]],
    grain: str,
    keep: str,
    previous: Sequence[dict[str, Any]] | None = None,
) -> None:
    """Compliance and volume over time.

    Args:
        previous: The same selection over the period before (`Filters.previous_period`), to be compared with.
    """
    t = screen.t
    fields = [
        Field("period", t("Period")),
        Field("faxes", t("Faxes"), "count"),
        Field("valid", t("Valid"), "count"),
        Field("invalid", t("Invalid"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
        Field("pages", t("Pages"), "count"),
    ]
    named = [{**row, "period": period_name(t, row["start"], grain)} for row in rows]
    of, zoom = st.session_state.get(ZOOM, ("", None))
    zoom = zoom if of == keep else None
    if zoom and st.button(t("Show the whole period"), icon=":material/zoom_out_map:", key="unzoom"):
        zoom = None
        del st.session_state[ZOOM]
    figure = timeline_chart(screen, rows, grain, keep, zoom)
    says = captions.timeline_says(t, rows, grain)
    dragged = show_chart(screen, figure, "timeline", says, named, fields, picks="box")
    if dragged:
        st.session_state[ZOOM] = (keep, dragged)
        st.rerun()


def show_cumulative(screen: Screen, rows: Sequence[dict[str, Any]], grain: str, keep: str) -> None:
    """What has come together since the selection's first day.

    Args:
        rows: As for `show_timeline`.
    """
    t = screen.t
    st.subheader(t("Total so far"), anchor=False)
    totals = running_totals(rows, ("faxes", "invalid", "pages"))
    known = [row for row in totals if row["faxes"] is not None]
    if not known:
        st.info(t("No fax of this selection has a readable date."), icon=":material/event_busy:")
        return
    fields = [
        Field("period", t("Period")),
        Field("added", t("New faxes"), "count"),
        Field("faxes", t("Faxes so far"), "count"),
        Field("invalid", t("Invalid so far"), "count"),
        Field("pages", t("Pages so far"), "count"),
    ]
    named = [{**row, "period": period_name(t, row["start"], grain)} for row in known]
    figure = cumulative_chart(screen, totals, grain, keep)
    show_chart(screen, figure, "cumulative", captions.cumulative_says(t, known), named, fields)


def show_rules(screen: Screen, rows: Sequence[dict[str, Any]], keep: str) -> None:
    """Violations by rule."""
    t = screen.t
    st.subheader(t("Violations by rule"), anchor=False)
    words = RuleWords.of(t, screen.services.rulesets)
    named = [{**row, "label": words.label(row["key"])} for row in rows if row["violations"]]
    if not named:
        st.success(t("No rule is violated in this selection."), icon=":material/check_circle:")
        return
    fields = [Field("label", t("Rule"), width="large"), Field("violations", t("Rows"), "count")]
    figure = pareto_chart(screen, named[:MOST_RULES], keep)
    show_chart(screen, figure, "pareto", captions.pareto_says(t, named), named, fields)


def show_heat(screen: Screen, rows: Sequence[dict[str, Any]], keep: str) -> None:
    """Weekday by hour."""
    t = screen.t
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(t("Weekday and hour"), anchor=False, width="content")
        measures = {"faxes": t("Faxes"), "invalid_rate": t("Share of invalid")}
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
        st.info(t("No fax of this selection has a readable date."), icon=":material/event_busy:")
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
    figure = heat_chart(screen, rows, measure or "faxes", keep)
    show_chart(screen, figure, "heat", captions.heat_says(t, known), named, fields)


def show_users(screen: Screen, rows: Sequence[dict[str, Any]], invalid: int, keep: str) -> None:
    """Users by invalid faxes; a click leads to their faxes."""
    t = screen.t
    st.subheader(t("Users with the most invalid faxes"), anchor=False)
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
    clicks = st.session_state.get(
        ROUND, 0
    )  # a new key forgets the click, or coming back would follow it again
    clicked = show_chart(
        screen,
        figure,
        f"users-{clicks}",
        captions.users_say(t, worst, invalid),
        worst,
        fields,
        picks="points",
    )
    if clicked and clicked[0] < len(worst):
        # By the session and not by the address: a name is personal.
        filters.choose_next(user=worst[clicked[0]]["key"], status="invalid")
        st.session_state[ROUND] = clicks + 1
        st.switch_page(page_file("explore"))


def show_imports(screen: Screen, reports: Sequence[dict[str, Any]]) -> None:
    """The newest imports."""
    t = screen.t
    st.subheader(t("Newest imports"), anchor=False)
    fields = [
        Field("imported_at", t("Imported"), "time"),
        Field("file", t("File"), width="large"),
        Field("imported", t("Faxes"), "count"),
        Field("invalid", t("Invalid"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
        Field("rejected", t("Rejected"), "count"),
    ]
    show_table(screen, reports[:MOST_IMPORTS], fields, key="newest-imports", height="content")
    st.caption(t("Counts as on the day of the import; a later re-validation is shown in the figures above."))
