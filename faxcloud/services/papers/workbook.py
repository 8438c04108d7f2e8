"""XLSX workbook of a report: one table per sheet."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from faxcloud.domain.metrics import METRICS
from faxcloud.i18n import NO_DATA, Translator
from faxcloud.presentation.calendar import weekday_names
from faxcloud.presentation.safe_text import printable
from faxcloud.presentation.wording import grain_name, numbers_say, reason_text
from faxcloud.services.papers.contents import MOST_NUMBERS
from faxcloud.services.papers.facts import facts_of, warnings_of
from faxcloud.services.papers.sheets import OPTIONS, WIDEST, Field, Kind, Sheets
from faxcloud.services.papers.wording import period_of, title_of

if TYPE_CHECKING:
    from faxcloud.domain.rulesets.ruleset import Rule
    from faxcloud.services.papers.contents import Paper


def workbook_of(paper: Paper, t: Translator, zone: dt.tzinfo) -> bytes:
    """Workbook of a report; its first sheet says what it covers and what each figure counts.

    Args:
        zone: Reader's time zone, for the time of creation.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        made_at = paper.made_at.astimezone(dt.UTC).replace(tzinfo=None)  # the library knows no zones
        book.set_properties({"title": printable(title_of(paper, t)), "created": made_at})
        sheets = Sheets(book, t)
        _summary(sheets, paper, t, zone)
        _timeline(sheets, paper, t)
        _rules(sheets, paper, t)
        _users(sheets, paper, t)
        _numbers(sheets, paper, t)
        _hours(sheets, paper, t)
        if paper.rejects:
            _rejects(sheets, paper, t)
        _ruleset(sheets, paper, t)
    return file.getvalue()


def _summary(sheets: Sheets, paper: Paper, t: Translator, zone: dt.tzinfo) -> None:
    sheet = sheets.sheet(t("Summary"))
    sheet.write_string(0, 0, printable(title_of(paper, t)), sheets.title)
    facts = [
        (t("Period"), period_of(paper, t)),
        *facts_of(paper, t, zone),
        (t("Created on"), t.datetime(paper.made_at, zone)),
    ]
    line = 1
    for name, value in facts:
        if value:
            sheet.write_string(line, 0, name, sheets.quiet)
            sheet.write_string(line, 1, printable(value))
            line += 1
    for warning in (*warnings_of(paper, t), *_about_sheets(paper, t)):
        sheet.write_string(line, 0, warning)
        line += 1
    fields = (
        Field(t("Figure"), width=26),
        Field(t("Value"), "count", 14),
        Field(t("Before"), "count", 14),
        Field(t("What it counts"), width=WIDEST),
    )
    top = line + 1
    sheets.write(sheet, top, fields, ())
    for line, metric in enumerate(METRICS, top + 1):
        kind: Kind = "rate" if metric.unit == "rate" else "amount" if metric.decimals else "count"
        values = (paper.summary.values[metric.key], (paper.before or {}).get(metric.key))
        name = t("{label} (seconds)", label=t(metric.label)) if metric.unit == "seconds" else t(metric.label)
        sheets.cell(sheet, line, 0, "text", name)
        sheets.cell(sheet, line, 1, kind, NO_DATA if values[0] is None else values[0])
        sheets.cell(sheet, line, 2, kind, values[1])
        sheets.cell(sheet, line, 3, "text", t(metric.basis))


def _about_sheets(paper: Paper, t: Translator) -> list[str]:
    """Which sheets do not hold everything, and what the called numbers count."""
    said = []
    if paper.numbers:
        said.append(t("Sheet “{sheet}”: {says}", sheet=t("Called numbers"), says=numbers_say(t)))
    if len(paper.numbers) >= MOST_NUMBERS:
        sheet = t("Called numbers")
        said.append(t("Sheet “{sheet}”: the first {shown}.", sheet=sheet, shown=len(paper.numbers)))
    if paper.rejects and paper.rejected is not None and len(paper.rejects) < paper.rejected:
        said.append(
            t(
                "Sheet “{sheet}”: the first {shown} of {all}.",
                sheet=t("Rejected records"),
                shown=len(paper.rejects),
                all=paper.rejected,
            )
        )
    return said


def _counts(t: Translator) -> tuple[tuple[str, Field], ...]:
    return (
        ("faxes", Field(t("Faxes"), "count")),
        ("valid", Field(t("Valid"), "count")),
        ("invalid", Field(t("Invalid"), "count")),
        ("compliance_rate", Field(t("Compliance"), "rate")),
        ("sent", Field(t("Sent"), "count")),
        ("received", Field(t("Received"), "count")),
        ("pages", Field(t("Pages"), "count")),
    )


def _timeline(sheets: Sheets, paper: Paper, t: Translator) -> None:
    hourly = paper.grain == "hour"
    counts = _counts(t)
    first = Field(grain_name(t, paper.grain), "instant" if hourly else "day", 18)
    marked = any(not row.get("is_whole", True) for row in paper.timeline)
    rows = (
        (
            row["start"] if hourly else row["start"].date(),
            *(row[key] for key, _ in counts),
            *(["" if row["is_whole"] else t("incomplete period")] if marked else ()),
        )
        for row in paper.timeline
    )
    note = [Field(t("Note"))] if marked else []
    sheets.table(t("Over time"), (first, *(field for _, field in counts), *note), rows)


def _rules(sheets: Sheets, paper: Paper, t: Translator) -> None:
    total = sum(row["violations"] for row in paper.rules)
    fields = (
        Field(t("Rule")),
        Field(t("Faxes"), "count"),
        Field(t("Share"), "rate"),
        Field(t("What to do")),
        Field(t("Id")),
    )
    rows = (
        (
            paper.rule_label(row["key"], t.language),
            row["violations"],
            row["violations"] / total,
            _rule_text(paper, row["key"], lambda rule: rule.remedy.text(t.language)),
            row["key"],
        )
        for row in paper.rules
    )
    sheets.table(t("Rules"), fields, rows)


def _users(sheets: Sheets, paper: Paper, t: Translator) -> None:
    counts = _counts(t)
    rows = ((row["key"] or t("(no name)"), *(row[key] for key, _ in counts)) for row in paper.users)
    sheets.table(t("Users"), (Field(t("User")), *(field for _, field in counts)), rows)


def _numbers(sheets: Sheets, paper: Paper, t: Translator) -> None:
    fields = (
        Field(t("Called number")),
        Field(t("Normalised")),
        Field(t("Violated rules")),
        Field(t("Faxes"), "count"),
        Field(t("Invalid"), "count"),
        Field(t("Share of invalid"), "rate"),
        Field(t("Users"), "count"),
        Field(t("First fax"), "instant", 18),
        Field(t("Last fax"), "instant", 18),
    )
    rows = (
        (
            row["called_text"] or t("(no number)"),
            row["number"],
            paper.rule_labels(row["violations"], t.language),
            *(row[key] for key in ("faxes", "invalid", "invalid_rate", "users", "first_at", "last_at")),
        )
        for row in paper.numbers
    )
    sheets.table(t("Called numbers"), fields, rows)


def _hours(sheets: Sheets, paper: Paper, t: Translator) -> None:
    counts = _counts(t)
    names = weekday_names(t, "wide")
    rows = (
        (names[row["weekday"] - 1], row["hour"], *(row[key] for key, _ in counts)) for row in paper.heatmap
    )
    fields = (Field(t("Weekday")), Field(t("Hour"), "count"), *(field for _, field in counts))
    sheets.table(t("Weekday and hour"), fields, rows)


def _rejects(sheets: Sheets, paper: Paper, t: Translator) -> None:
    fields = (Field(t("Record"), "count"), Field(t("Reason")), Field(t("Text of the record")))
    rows = ((row["line"], reason_text(t, row["reason"]), row["text"]) for row in paper.rejects)
    sheets.table(t("Rejected records"), fields, rows)


def _ruleset(sheets: Sheets, paper: Paper, t: Translator) -> None:
    rules = paper.ruleset.rules if paper.ruleset else ()
    fields = (
        Field(t("Rule")),
        Field(t("Meaning")),
        Field(t("What to do")),
        Field(t("Kind")),
        Field(t("Id")),
    )
    rows = (
        (
            rule.label.text(t.language),
            rule.explanation.text(t.language),
            rule.remedy.text(t.language),
            t("error") if rule.severity == "error" else t("warning"),
            rule.id,
        )
        for rule in rules
    )
    sheets.table(t("Applied rules"), fields, rows)


def _rule_text(paper: Paper, rule_id: str, of: Callable[[Rule], str]) -> str:
    rule = paper.rules_by_id.get(rule_id)
    return of(rule) if rule else ""
