"""Report facts and warnings: what a report covers, and what its reader has to know first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from faxcloud.i18n import Translator
from faxcloud.services.analytics.summaries import Number, Row, Summary
from faxcloud.services.papers.wording import NAMES_SAY, selection_of

if TYPE_CHECKING:
    from faxcloud.services.papers.contents import Paper


def facts_of(paper: Paper, t: Translator, zone: dt.tzinfo) -> list[tuple[str, str]]:
    """Name and value of each fact, without those that have no value."""
    facts = list(selection_of(paper, t))
    if (report := paper.report) is not None:
        facts = [
            (t("Contract"), report["contract"] or ""),
            (t("File"), report["file"]),
            (t("Imported on"), t.datetime(report["imported_at"], zone)),
            (t("Import"), report["report_id"]),
            (
                t("Records"),
                t(
                    "{records} in the file: {imported} imported, {rejected} rejected, {blank} blank, "
                    "{duplicate} stored already",
                    records=report["records"],
                    imported=report["imported"],
                    rejected=report["rejected"],
                    blank=report["blank"],
                    duplicate=report["duplicate"],
                )
                if report["records"] is not None
                else "",
            ),
            *facts,
        ]
    facts.append((t("Data version"), t.number(paper.data_version)))
    return [(name, value) for name, value in facts if value]


def warnings_of(paper: Paper, t: Translator) -> list[str]:
    """Warnings to read before the figures."""
    report = paper.report or {}
    said = []
    if paper.is_empty:
        said.append(t("No data: no fax in this selection."))
    if sample := sample_says(paper, t):
        said.append(sample)
    if report.get("expired"):
        said.append(
            t.ngettext(
                "{count} fax of this import has been deleted since, because of its age.",
                "{count} faxes of this import have been deleted since, because of their age.",
                report["expired"],
            )
        )
    if report.get("deduplicated"):
        said.append(
            t.ngettext(
                "{count} fax of this import has been deleted since, because an older import has it too.",
                "{count} faxes of this import have been deleted since, because older imports have them too.",
                report["deduplicated"],
            )
        )
    if selected := verdict_says(t, paper.summary):
        said.append(selected)
    if reason := "" if paper.report else not_compared_says(t, paper.summary):
        said.append(reason[0].upper() + reason[1:] + ".")
    if undated := undated_says(t, paper.summary.values["faxes"], paper.timeline):
        said.append(undated)
    if paper.masked:
        said.append(t("Numbers are masked; e-mail addresses are left out."))
    if paper.names in NAMES_SAY:
        said.append(t(NAMES_SAY[paper.names]))
    return said


def sample_says(paper: Paper, t: Translator) -> str:
    """Mark of invented sample data; '' where the selection has none."""
    if paper.report and paper.report["is_sample"]:
        return t("These faxes are invented sample data.")
    return t("Some or all of these faxes are invented sample data.") if paper.has_sample else ""


def not_compared_says(t: Translator, summary: Summary) -> str:
    """Reason why there is no change against the period before; '' where there is one, or no such period."""
    if summary.previous is None or summary.compared is not None or not summary.previous["faxes"]:
        return ""
    return t(
        "not compared with the period before: the data covers {covered} of its {days} days, and {now} of "
        "these {days} days",
        covered=summary.covered_days_before,
        now=summary.covered_days,
        days=summary.days,
    )


def verdict_says(t: Translator, summary: Summary) -> str:
    """Share of all faxes that a filter on verdict or rule selects; '' without such a filter."""
    if summary.share is None:
        return ""
    return t(
        "{faxes} of {all} faxes ({share:percent}), selected by verdict or rule: compliance does not apply.",
        faxes=summary.values["faxes"],
        all=summary.of_faxes,
        share=summary.share,
    )


def undated_says(t: Translator, faxes: Number, timeline: Sequence[Row]) -> str:
    """Reason why a chart over time adds up to less than the figures; '' where it does not.

    Args:
        faxes: Number of faxes of the selection of the timeline.
    """
    undated = int(faxes or 0) - sum(row["faxes"] for row in timeline)
    if not undated:
        return ""
    return t.ngettext(
        "{count} fax has no readable date: it is counted, but not shown in charts over time.",
        "{count} faxes have no readable date: they are counted, but not shown in charts over time.",
        undated,
    )
