"""Wording of a report: its title, its period and what each figure says, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from faxcloud.domain.calendar import days_after, last_day
from faxcloud.domain.masking import Names
from faxcloud.domain.metrics import BY_KEY
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.presentation.selections import described
from faxcloud.services.analytics.summaries import Number, Row

if TYPE_CHECKING:
    from faxcloud.services.papers.contents import Paper

NAMES_FACT: Mapping[Names, str] = {
    "hidden": N_("user names are hidden"),
    "initials": N_("user names are shown as initials"),
}
NAMES_SAY: Mapping[Names, str] = {
    "hidden": N_("User names are hidden."),
    "initials": N_("User names are shown as initials."),
}
"""Empty where names are shown."""

MOST_DECIMALS = 4
"""Of a target in per cent."""


def title_of(paper: Paper, t: Translator) -> str:
    """Title given by its author, or a description of its subject."""
    return paper.title or t("Faxes: activity and compliance")


def period_of(paper: Paper, t: Translator) -> str:
    """First and last day, both included; '' where no fax has a date."""
    return "" if paper.period is None else days_text(t, *paper.period)


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


def grain_name(t: Translator, grain: str) -> str:
    """Label of a grain: what one row of the timeline is."""
    return {"hour": t("Hour"), "day": t("Day"), "week": t("Week"), "month": t("Month")}[grain]


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


def sign(value: float, text: str) -> str:
    """Sign: `+`, a real minus, or nothing: also where the displayed value is zero."""
    if not any(char in "123456789" for char in text):
        return ""
    return "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""


def selection_of(paper: Paper, t: Translator) -> list[tuple[str, str]]:
    """Filters besides import and period, each with its value; nothing for everything."""
    return described(t, paper.filters, lambda rule: paper.rule_label(rule, t.language))


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
    return busiest_says(t, day, busy)


def busiest_says(t: Translator, day: str, busy: Row) -> str:
    """The busiest hour of the week; its compliance where it has one."""
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


def compared_text(paper: Paper, t: Translator) -> str:
    """What the changes are compared with; '' without anything to compare with."""
    if not paper.before or not paper.before["faxes"]:
        return ""
    if paper.before_report is not None:
        return t("Compared with {file}.", file=paper.before_report["file"])
    return t("Compared with the same number of days just before.")


def brief_of(paper: Paper, t: Translator) -> list[str]:
    """Executive summary in two to four sentences."""
    values = paper.summary.values
    faxes, rate = values["faxes"], values["compliance_rate"]
    if not faxes or rate is None:
        return []
    target, shown = target_text(t, paper.target_rate), t.percent_beside(rate, paper.target_rate)
    reached = t.ngettext(
        "{count} fax, {rate} compliant: the target of {target} is reached.",
        "{count} faxes, {rate} of them compliant: the target of {target} is reached.",
        int(faxes),
        rate=shown,
        target=target,
    )
    missed = t.ngettext(
        "{count} fax, {rate} compliant: the target of {target} is missed.",
        "{count} faxes, {rate} of them compliant: the target of {target} is missed.",
        int(faxes),
        rate=shown,
        target=target,
    )
    said = [reached if rate >= paper.target_rate else missed]
    if (change := _rate_change(paper, t)) != "":
        said.append(change)
    if paper.rules:
        said.append(rules_say(t, paper.rules, paper.rule_label(paper.rules[0]["key"], t.language)))
        named = [row for row in paper.users if row["key"]]
        said.append(
            t.ngettext(
                "{count} of {all} users has at least one invalid fax.",
                "{count} of {all} users have at least one invalid fax.",
                sum(row["invalid"] > 0 for row in named),
                all=len(named),
            )
        )
    return said


def _rate_change(paper: Paper, t: Translator) -> str:
    rate, before = paper.summary.values["compliance_rate"], (paper.before or {}).get("compliance_rate")
    if rate is None or before is None:
        return ""
    points = round(abs(rate - before) * 100, 1)
    if not points:
        return t("Compliance is unchanged: {rate:percent}.", rate=before)
    if rate > before:
        return t(
            "Compliance has risen by {points} points, from {before:percent}.",
            points=t.number(points, 1),
            before=before,
        )
    return t(
        "Compliance has fallen by {points} points, from {before:percent}.",
        points=t.number(points, 1),
        before=before,
    )


def reason_text(t: Translator, reason: str) -> str:
    """Reason why a record was rejected; the code itself where it has no text yet."""
    words = {
        "columns.few": t("too few columns"),
        "columns.many": t("too many columns"),
        "quote.stray": t("a stray quotation mark"),
    }
    return words.get(reason, reason)
