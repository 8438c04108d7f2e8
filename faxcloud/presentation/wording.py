"""Wording of figures, periods and charts: the same sentence and format on every face."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from faxcloud.domain.calendar import Grain, days_after, last_day
from faxcloud.domain.metrics import BY_KEY
from faxcloud.i18n import Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.presentation.grains import GRAIN_NAMES

Number = float | int | None
Row = Mapping[str, Any]

HEADLINES = ("compliance_rate", "faxes", "pages", "invalid", "sent", "received")
"""Metrics that the dashboard, an import, a shared report, a PDF and an e-mail begin with, in this order."""

MOST_DECIMALS = 4
"""Of a target in per cent."""


def days_text(t: Translator, first: dt.date, after: dt.date) -> str:
    """Half-open period as its first and its last day."""
    last = last_day(after)
    if first == last:
        return t.date(first)
    return t("{first} to {last}", first=t.date(first), last=t.date(last))


def period_name(t: Translator, start: dt.datetime, grain: str) -> str:
    """Label of a period: `14/03/2026`, `14/03/2026 – 20/03/2026`, `03/2026`, `14/03/2026 08:00`."""
    if grain == "hour":
        return t.datetime(start)
    if grain == "week":
        return f"{t.date(start)} – {t.date(days_after(start, 6))}"
    return f"{start:%m/%Y}" if grain == "month" else t.date(start)


def grain_name(t: Translator, grain: Grain) -> str:
    """Label of a grain: what one row of the timeline is."""
    return t(GRAIN_NAMES[grain])


def value_text(t: Translator, key: str, value: Number, target: float | None = None) -> str:
    """Format a metric, in one form for every face; a dash where there is no value.

    Args:
        target: Compliance target, where it applies: the rate then has enough decimals to show its side of it.
    """
    metric = BY_KEY[key]
    if metric.unit == "rate":
        return t.percent(value) if value is None or target is None else t.percent_beside(value, target)
    if metric.unit == "seconds":
        return t.duration(value)
    return t.number(value, metric.decimals)


def target_text(t: Translator, target: float) -> str:
    """Format a compliance target, with the decimals that it has."""
    percent = Decimal(str(target)) * 100
    return t.percent(target, min(max(0, -int(percent.normalize().as_tuple().exponent)), MOST_DECIMALS))


def change_text(t: Translator, key: str, value: Number, before: Number) -> str:
    """Format a change: points for a rate, per cent for a count; '' where there is nothing to compare with."""
    if value is None or before is None:
        return ""
    if BY_KEY[key].unit == "rate":
        points = t.number(abs(value - before) * 100, 1)
        return sign(value - before, points) + t("{points} pt", points=points)
    if not before:
        return ""
    rate = t.percent(abs(value - before) / before)
    return sign(value - before, rate) + rate


def change_tone(key: str, value: Number, before: Number) -> Literal["good", "bad", ""]:
    """Whether a change of a metric is good news, bad news, or neither."""
    change = (value or 0) - (before or 0)
    if not change or BY_KEY[key].good == "neither":
        return ""
    return "good" if (change > 0) == (BY_KEY[key].good == "up") else "bad"


def sign(value: float, text: str) -> str:
    """Sign: `+`, a real minus, or nothing: also where the displayed value is zero."""
    if not any(char in "123456789" for char in text):
        return ""
    return "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""


def timeline_says(t: Translator, rows: Sequence[Row], grain: str, target: float) -> str:
    """Summary of a timeline: the lowest period, and how many miss the target."""
    judged = [row for row in rows if row["compliance_rate"] is not None]
    if not judged:
        # Faxes that are selected by verdict have no compliance.
        most = max(rows, key=lambda row: row["faxes"], default=None)
        if most is None or not most["faxes"]:
            return t("No period has data.")
        period = period_name(t, most["start"], grain)
        return t.ngettext(
            "Most: {count} fax ({period}).", "Most: {count} faxes ({period}).", most["faxes"], period=period
        )
    lowest = min(judged, key=lambda row: row["compliance_rate"])
    said = t(
        "Lowest: {rate} ({period}). Periods below the target of {target}: {below} of {all}.",
        rate=t.percent_beside(lowest["compliance_rate"], target),
        period=period_name(t, lowest["start"], grain),
        target=target_text(t, target),
        below=sum(row["compliance_rate"] < target for row in judged),
        all=len(judged),
    )
    return " ".join(filter(None, (said, partial_says(t, rows))))


def partial_says(t: Translator, rows: Sequence[Row]) -> str:
    """Explanation of the light bars; '' where the data covers every week or month whole."""
    if all(row.get("is_whole", True) for row in rows):
        return ""
    return t("Light: incomplete period.")


def rules_say(t: Translator, rows: Sequence[Row], label: str, total: int | None = None) -> str:
    """Summary of the rules: the first rule's share of `total`, where the rows are not all."""
    total = total or sum(row["violations"] for row in rows)
    if not rows:
        return t("No rule is violated in this selection.")
    return t(
        "“{rule}” accounts for {share:percent} of {total} violations; a fax may violate several rules.",
        rule=label,
        share=rows[0]["violations"] / total,
        total=total,
    )


def numbers_say(t: Translator) -> str:
    """Explanation of the columns of a table of wrong numbers."""
    return t("“Faxes” counts all faxes to the number; the other columns count the invalid ones.")


def heat_says(t: Translator, rows: Sequence[Row]) -> str:
    """Summary of a heat map: the busiest hour and its compliance."""
    if not rows:
        return t("No fax in this selection has a readable date.")
    busy = max(rows, key=lambda row: row["faxes"])
    day = weekday_names(t, "wide")[busy["weekday"] - 1]
    if busy["compliance_rate"] is None:
        return t(
            "Busiest: {day} {hour} h, {faxes} faxes. Blank: no fax.",
            day=day,
            hour=busy["hour"],
            faxes=busy["faxes"],
        )
    return t(
        "Busiest: {day} {hour} h, {faxes} faxes, {rate:percent} compliant. Blank: no fax.",
        day=day,
        hour=busy["hour"],
        faxes=busy["faxes"],
        rate=busy["compliance_rate"],
    )


def reason_text(t: Translator, reason: str) -> str:
    """Reason why a record was rejected; the code itself where it has no text yet."""
    words = {
        "columns.few": t("too few columns"),
        "columns.many": t("too many columns"),
        "header.repeated": t("the header again"),
        "record.total": t("a totals line"),
        "record.text": t("a title or remark"),
        "record.nul": t("a damaged block"),
        "record.other": t("another kind of record, no fax"),
        "quote.stray": t("a stray quotation mark"),
    }
    return words.get(reason, reason)
