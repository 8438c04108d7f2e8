"""Business hours against nights and weekends, and the opening hours setting."""

from itertools import groupby

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.domain.hours import HOURS, WEEKDAYS, OpeningHours
from faxcloud.i18n import Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.ui.access import can
from faxcloud.ui.charts.show import show_chart
from faxcloud.ui.corrections.charts import hours_chart, part_name
from faxcloud.ui.errors import shown_errors
from faxcloud.ui.screen import Screen
from faxcloud.ui.widgets.empty import show_no_rows
from faxcloud.ui.widgets.tables import Field, show_table


def show_hours(screen: Screen, selection: Filters) -> None:
    """Volume and compliance inside and outside business hours."""
    t = screen.t
    opening = screen.services.hours.opening()
    rows = screen.services.hours.summary(selection)
    with st.container(border=True, key="business-hours"):
        st.header(t("Business hours, nights and weekends"), anchor=False)
        st.caption(_opening_text(t, opening))
        if not any(row["faxes"] for row in rows):
            show_no_rows(t)
        else:
            _show_parts(screen, rows, f"{selection.to_params()}")
    if can("settings.change"):
        with st.expander(t("Change the business hours"), icon=":material/schedule:", key="opening"):
            _show_form(screen, opening)


def _show_parts(screen: Screen, rows: list[dict[str, object]], keep: str) -> None:
    t = screen.t
    named = [{**row, "name": part_name(t, str(row["part"]))} for row in rows]
    fields = [
        Field("name", t("When"), width="medium"),
        Field("faxes", t("Faxes"), "count"),
        Field("share", t("Share"), "rate"),
        Field("invalid", t("Invalid"), "count"),
        Field("compliance_rate", t("Compliance"), "rate"),
        Field("sent", t("Sent"), "count"),
        Field("received", t("Received"), "count"),
        Field("pages", t("Pages"), "count"),
        Field("billed_pages", t("Billed pages"), "decimal"),
        Field("duration_s", t("Duration"), "seconds"),
    ]
    business = rows[0]
    says = (
        t(
            "{share:percent} of the faxes fall within business hours; {rate:percent} of these are compliant.",
            share=business["share"],
            rate=business["compliance_rate"],
        )
        if business["faxes"]
        else t("No fax falls within business hours.")
    )
    title = t("Business hours, nights and weekends")
    show_chart(screen, hours_chart(screen, rows, keep), "hours", title, says, named, fields)
    show_table(screen, named, fields, key="parts", height="content")


def _opening_text(t: Translator, opening: OpeningHours) -> str:
    """Opening hours as text; consecutive days with the same hours are merged."""
    names = weekday_names(t)
    lines = []
    for span, days in groupby(WEEKDAYS, key=opening.span):
        if span is None:
            continue
        held = list(days)
        values = {"day": names[held[0] - 1], "last": names[held[-1] - 1], "first": span[0], "end": span[1]}
        lines.append(
            t("{day}: {first} h to {end} h", **values)
            if len(held) == 1
            else t("{day} to {last}: {first} h to {end} h", **values)
        )
    if opening.holidays:
        lines.append(t("closed on French public holidays"))
    return " · ".join(lines) or t("Closed all week")


def _show_form(screen: Screen, opening: OpeningHours) -> None:
    t = screen.t
    st.caption(t("Whole hours, for everybody who uses this data. From 0 to 0: closed."))
    with st.form("opening-hours", border=False):
        grid = st.grid(4, min_column_width=220, gap="medium")
        spans = {
            day: grid.slider(name, 0, HOURS, opening.span(day) or (0, 0), format="%d h", key=f"opening-{day}")
            for day, name in zip(WEEKDAYS, weekday_names(t), strict=True)
        }
        holidays = st.checkbox(
            t("Closed on French public holidays"), opening.holidays, key="opening-holidays"
        )
        submitted = st.form_submit_button(t("Save these hours"), icon=":material/save:")
    if submitted:
        with shown_errors():
            days = tuple((day, span) for day, span in spans.items() if span[0] < span[1])
            screen.services.hours.change(OpeningHours(days, holidays))
            st.rerun()
