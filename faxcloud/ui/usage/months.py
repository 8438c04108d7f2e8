"""Monthly cost chart, or monthly usage where nothing has a cost."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from faxcloud.domain.filters import Filters
from faxcloud.i18n import NO_DATA, Translator
from faxcloud.presentation.wording import period_name, value_text
from faxcloud.ui.charts.kpis import signed
from faxcloud.ui.charts.show import show_chart
from faxcloud.ui.charts.template import Figure, colours, figure, time_ticks
from faxcloud.ui.screen import Screen
from faxcloud.ui.usage.money import money
from faxcloud.ui.widgets.tables import Field

Row = dict[str, Any]

MOST_LABELS = 4
"""Maximum of bars with labels: more do not fit on a phone."""


def show_months(screen: Screen, selection: Filters, currency: str) -> None:
    """Chart, caption, and table of months with their changes."""
    t = screen.t
    title = t("Month over month")
    st.header(title, anchor=False)
    rows = screen.services.usage.months(selection)
    if not rows:
        st.info(t("No fax in this selection has a readable date."), icon=":material/event_busy:")
        return
    fields = [
        Field("start", t("Month"), "month"),
        Field("cost", t("Cost, {currency}", currency=currency), "decimal"),
        Field("cost_change", t("Cost, change"), "rate"),
        Field("billed_pages", t("Billed pages"), "decimal"),
        Field("billed_pages_change", t("Billed pages, change"), "rate"),
        Field("faxes", t("Faxes"), "count"),
        Field("faxes_change", t("Faxes, change"), "rate"),
        Field("duration_s", t("Duration"), "seconds"),
        Field("internal", t("Internal calls"), "count"),
        Field("international", t("International calls"), "count"),
        Field("first_at", t("First fax"), "time"),
        Field("last_at", t("Last fax"), "time"),
    ]
    chart = months_chart(screen, rows, currency, f"{selection.to_params()}")
    show_chart(screen, chart, "months", title, _says(t, rows, currency), rows, fields)


def months_chart(screen: Screen, rows: Sequence[Row], currency: str, keep: str) -> Figure:
    """Bar chart by month: cost, or billed pages where no month has a cost. None draws no bar."""
    t, c = screen.t, colours(screen)
    key = _measure(rows)
    amounts = [None if not row["faxes"] or row[key] is None else float(row[key]) for row in rows]
    bars: dict[str, Any] = {
        "type": "bar",
        "x": [row["start"].isoformat() for row in rows],
        "xperiod": "M1",
        "xperiodalignment": "middle",
        "y": amounts,
        "marker": {"color": c.valid, "opacity": [1 if row["is_whole"] else 0.55 for row in rows]},
        "customdata": [_hover(t, row, currency) for row in rows],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    if len(rows) <= MOST_LABELS:
        texts = [
            "" if y is None else _short(t, row, key, currency) for y, row in zip(amounts, rows, strict=True)
        ]
        bars |= {"text": texts, "textposition": "outside", "textangle": 0, "cliponaxis": False}
    return figure(
        screen,
        [bars],
        keep,
        height=300,
        dragmode=False,
        bargap=0.35 if len(rows) > 4 else 0.6,
        margin={"l": 8, "r": 8, "t": 20, "b": 8},
        xaxis={
            "type": "date",
            "showgrid": False,
            **time_ticks(t, [row["start"] for row in rows], "month"),
        },
        yaxis={
            "nticks": 4,
            "tickformat": ",",
            "rangemode": "tozero",
            "title": {
                "text": t("Cost, {currency}", currency=currency) if key == "cost" else t("Billed pages")
            },
        },
    )


def _measure(rows: Sequence[Row]) -> str:
    return "cost" if any(row["cost"] is not None for row in rows) else "billed_pages"


def _short(t: Translator, row: Row, key: str, currency: str) -> str:
    return money(t, row[key], currency) if key == "cost" else value_text(t, key, row[key])


def _hover(t: Translator, row: Row, currency: str) -> str:
    lines = [f"<b>{period_name(t, row['start'], 'month')}</b>"]
    if not row["faxes"]:
        return "<br>".join([*lines, t("no data")])
    lines += [
        t("Cost") + " " + money(t, row["cost"], currency),
        t("Billed pages") + " " + value_text(t, "billed_pages", row["billed_pages"]),
        t("Faxes") + " " + t.number(row["faxes"]),
    ]
    if not row["is_whole"]:
        lines.append(t("incomplete month"))
    return "<br>".join(lines)


def _says(t: Translator, rows: Sequence[Row], currency: str) -> str:
    key = _measure(rows)
    known = [row for row in rows if row["faxes"] and row[key] is not None]
    highest = max(known, key=lambda row: row[key])
    month = period_name(t, highest["start"], "month")
    if key == "cost":
        text = t(
            "Most expensive month: {month} with {cost}.", month=month, cost=money(t, highest[key], currency)
        )
    else:
        text = t(
            "Most billed pages: {pages} in {month}.", pages=value_text(t, key, highest[key]), month=month
        )
    compared = [row for row in rows if row[f"{key}_change"] is not None]
    if compared:
        last = compared[-1]
        text += " " + t(
            "{month} compared with the previous month: {change}.",
            month=period_name(t, last["start"], "month"),
            change=_signed(t, last[f"{key}_change"]),
        )
    if not all(row["is_whole"] for row in rows):
        text += " " + t("Light: incomplete month, not compared.")
    return text


def _signed(t: Translator, change: float | None) -> str:
    if change is None:
        return NO_DATA
    return signed(t.percent(abs(change)), change)
