"""Wording of a report: its title, its period and what each figure says, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from faxcloud.domain.masking import Names
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.selections import described
from faxcloud.presentation.wording import days_text, rules_say, target_text

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


def title_of(paper: Paper, t: Translator) -> str:
    """Title given by its author, or a description of its subject."""
    return paper.title or t("Faxes: activity and compliance")


def period_of(paper: Paper, t: Translator) -> str:
    """First and last day, both included; '' where no fax has a date."""
    return "" if paper.period is None else days_text(t, *paper.period)


def selection_of(paper: Paper, t: Translator) -> list[tuple[str, str]]:
    """Filters besides import and period, each with its value; nothing for everything."""
    return described(t, paper.filters, lambda rule: paper.rule_label(rule, t.language))


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
