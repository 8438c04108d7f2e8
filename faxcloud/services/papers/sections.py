"""Sections of a printed report, in order and in words: the layout decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faxcloud.domain.metrics import METRICS
from faxcloud.i18n import Translator
from faxcloud.presentation.safe_text import on_paper
from faxcloud.presentation.svg import PAPER
from faxcloud.presentation.wording import (
    change_text,
    heat_says,
    numbers_say,
    reason_text,
    rules_say,
    timeline_says,
    value_text,
)
from faxcloud.services.analytics.summaries import Row
from faxcloud.services.papers.contents import Paper
from faxcloud.services.papers.svg_charts import compliance_drawing, heat_drawing, rules_drawing

MOST_RULES = 12
MOST_USERS = 25
MOST_NUMBERS = 25
MOST_REJECTS = 50
LONGEST_NAME = 120
LONGEST_REJECT = 160

Cell = str | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """Table column; `share` of the width that is left, 0 for as wide as its longest cell."""

    name: str
    share: float = 0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Table of texts, and of rates that are drawn as well."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Heading and contents; `drawing` is SVG, and `says` is its text alternative."""

    heading: str
    says: str = ""
    drawing: str = ""
    table: Table | None = None
    note: str = ""


def sections_of(paper: Paper, t: Translator) -> list[Section]:
    """All sections; of a report without faxes only those that need none."""
    with_faxes = (
        []
        if paper.is_empty
        else [
            _timeline(paper, t),
            _rules(paper, t),
            _hours(paper, t),
            _users(paper, t),
            _numbers(paper, t),
        ]
    )
    last = [_rejects(paper, t), _basis(paper, t), _ruleset(paper, t)]
    return [section for section in (*with_faxes, *last) if section is not None]


def _timeline(paper: Paper, t: Translator) -> Section:
    drawing = compliance_drawing(t, paper.timeline, paper.grain, paper.target_rate, look=PAPER)
    return Section(
        heading=t("Compliance and volume over time"),
        says=timeline_says(t, paper.timeline, paper.grain, paper.target_rate),
        drawing=drawing,
    )


def _rules(paper: Paper, t: Translator) -> Section:
    heading = t("Violations by rule")
    if not paper.rules:
        return Section(heading=heading, says=t("No rule is violated in this selection."))
    total = sum(row["violations"] for row in paper.rules)
    shown = paper.rules[:MOST_RULES]
    named = [(on_paper(paper.rule_label(row["key"], t.language), 60), row["violations"]) for row in shown]
    columns = (
        Column(t("Rule"), 2),
        Column(t("What to do"), 4),
        Column(t("Faxes"), right=True),
        Column(t("Share"), right=True),
    )
    rows = [
        (label, _remedy(paper, row["key"], t), t.number(count), t.percent(count / total))
        for row, (label, count) in zip(shown, named, strict=True)
    ]
    return Section(
        heading=heading,
        says=rules_say(t, paper.rules, named[0][0]),
        drawing=rules_drawing(t, named, look=PAPER, total=total),
        table=Table(columns, rows),
        note=_more(t, len(shown), len(paper.rules)),
    )


def _hours(paper: Paper, t: Translator) -> Section:
    if not paper.heatmap:
        return Section(heading=t("Weekday and hour"), says=heat_says(t, []))
    return Section(
        heading=t("Weekday and hour"),
        says=heat_says(t, paper.heatmap),
        drawing=heat_drawing(t, paper.heatmap, look=PAPER),
    )


def _users(paper: Paper, t: Translator) -> Section:
    heading = t("Users with the most invalid faxes")
    worst = [row for row in paper.users if row["invalid"]]
    if not worst:
        return Section(heading=heading, says=t("Nobody has an invalid fax in this selection."))
    columns = (
        Column(t("User"), 1),
        *(Column(name, right=True) for name in (t("Faxes"), t("Sent"), t("Received"), t("Pages"))),
        Column(t("Invalid"), right=True),
        Column(t("Compliance"), right=True),
    )
    shown = worst[:MOST_USERS]
    return Section(
        heading=heading,
        says=_users_say(paper, shown, t),
        table=Table(columns, [_user(row, paper.target_rate, t) for row in shown]),
        note=_more(t, len(shown), len(worst)),
    )


def _users_say(paper: Paper, shown: Sequence[Row], t: Translator) -> str:
    invalid = sum(row["invalid"] for row in shown)
    total = paper.summary.values["invalid"] or 0
    return t(
        "The users below account for {shown} of {invalid} invalid faxes ({share:percent}).",
        shown=invalid,
        invalid=total,
        share=invalid / total if total else None,
    )


def _user(row: Row, target: float, t: Translator) -> tuple[Cell, ...]:
    rate = row["compliance_rate"]
    return (
        on_paper(row["key"], LONGEST_NAME) or t("(no name)"),
        *(t.number(row[key]) for key in ("faxes", "sent", "received", "pages", "invalid")),
        {
            "text": t.percent(rate) if rate is None else t.percent_beside(rate, target),
            "rate": rate or 0,
            "low": rate is not None and rate < target,
        },
    )


def _numbers(paper: Paper, t: Translator) -> Section | None:
    if not paper.numbers:
        return None
    columns = (
        Column(t("Called number"), 3),
        Column(t("Violated rules"), 4),
        *(Column(name, right=True) for name in (t("Faxes"), t("Invalid"), t("Share"), t("Users"))),
        Column(t("Last fax")),
    )
    return Section(
        heading=t("Called numbers with the most invalid faxes"),
        table=Table(columns, [_number(paper, row, t) for row in paper.numbers[:MOST_NUMBERS]]),
        note=_numbers_note(paper, t),
    )


def _numbers_note(paper: Paper, t: Translator) -> str:
    more = len(paper.numbers) > MOST_NUMBERS
    said = t("The first {shown}; the workbook shows more.", shown=MOST_NUMBERS) if more else ""
    return " ".join(filter(None, (said, numbers_say(t), t("Numbers are masked.") if paper.masked else "")))


def _number(paper: Paper, row: Row, t: Translator) -> tuple[Cell, ...]:
    return (
        on_paper(row["called_text"] or row["number"] or "", 60) or t("(no number)"),
        on_paper(paper.rule_labels(row["violations"], t.language), 160),
        *(t.number(row[key]) for key in ("faxes", "invalid")),
        t.percent(row["invalid_rate"]),
        t.number(row["users"]),
        t.date(row["last_at"]),
    )


def _rejects(paper: Paper, t: Translator) -> Section | None:
    if not paper.rejected:
        return None
    says = t.ngettext(
        "{count} record of the file could not be imported.",
        "{count} records of the file could not be imported.",
        paper.rejected,
    )
    if not paper.rejects:
        return Section(heading=t("Rejected records"), says=says)
    columns = (
        Column(t("Record"), right=True),
        Column(t("Reason"), 1),
        Column(t("Beginning of the record"), 2.5),
    )
    rows = [
        (t.number(row["line"]), reason_text(t, row["reason"]), on_paper(row["text"], LONGEST_REJECT))
        for row in paper.rejects[:MOST_REJECTS]
    ]
    return Section(
        heading=t("Rejected records"),
        says=says,
        table=Table(columns, rows),
        note=_more(t, len(rows), paper.rejected),
    )


def _basis(paper: Paper, t: Translator) -> Section:
    before = paper.before
    columns = (
        Column(t("Figure"), 2),
        Column(t("Value"), right=True),
        *(
            (Column(t("Before"), right=True), Column(t.pgettext("column", "Change"), right=True))
            if before
            else ()
        ),
        Column(t("What it counts"), 5),
    )
    rows = []
    for metric in METRICS:
        value = paper.summary.values[metric.key]
        earlier = None if before is None else before[metric.key]
        compared = (
            value_text(t, metric.key, earlier, paper.target_rate),
            change_text(t, metric.key, value, earlier),
        )
        rows.append(
            (
                t(metric.label),
                value_text(t, metric.key, value, paper.target_rate),
                *(compared if before else ()),
                t(paper.basis[metric.key]),
            )
        )
    return Section(heading=t("Every figure and what it counts"), table=Table(columns, rows))


def _ruleset(paper: Paper, t: Translator) -> Section:
    heading = t("Applied rules")
    if paper.ruleset is None:
        return Section(heading=heading, says=t("The active ruleset cannot be read."))
    columns = (Column(t("Rule"), 2), Column(t("Meaning"), 5), Column(t("Kind")))
    rows = [
        (
            on_paper(rule.label.text(t.language), 80),
            on_paper(rule.explanation.text(t.language)),
            t("error") if rule.severity == "error" else t("warning"),
        )
        for rule in paper.ruleset.rules
    ]
    title = on_paper(paper.ruleset.title.text(t.language), 80)
    return Section(
        heading=heading,
        says=t(
            "{title} ({ruleset}). Warnings do not make a fax invalid.", title=title, ruleset=paper.ruleset.key
        ),
        table=Table(columns, rows),
    )


def _remedy(paper: Paper, rule_id: str, t: Translator) -> str:
    rule = paper.rules_by_id.get(rule_id)
    return on_paper(rule.remedy.text(t.language)) if rule else ""


def _more(t: Translator, shown: int, of: int) -> str:
    if shown >= of:
        return ""
    return t("The first {shown} of {all}; the workbook shows more.", shown=shown, all=of)
