"""Correction list as CSV: wrong numbers for the owner of an address book, in the reader's language."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from faxcloud.domain.corrections import SLIPS, Suggestion
from faxcloud.domain.entries import text_cell
from faxcloud.domain.rulesets.ruleset import Rule
from faxcloud.i18n import Translator
from faxcloud.presentation.rule_labels import label_of


def list_of(
    rows: Iterable[Mapping[str, Any]], rules: Mapping[str, Rule], t: Translator, separator: str
) -> str:
    """CSV text of the list; cells that a spreadsheet would evaluate become text.

    Args:
        rows: As `WrongNumbers.entries`, with their `suggestion`.
        rules: Rules by id, for their labels; an unknown rule is named by its id.
    """
    titles = (
        t("User"),
        t("E-mail"),
        t("Called number as exported"),
        t("Suggested number"),
        t("Cause"),
        t("What to do"),
        t("Invalid faxes"),
        t("First fax"),
        t("Last fax"),
    )
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\r\n")
    writer.writerow(titles)
    for row in rows:
        rule, suggestion = rules.get(row["rule"]), row["suggestion"]
        texts = (
            row["user_name"],
            row["user_email"],
            row["called_text"],
            suggestion.written if suggestion else "",
            label_of(rules, row["rule"], t.language),
            what_to_do(suggestion, rule, t),
        )
        dates = (row["first_at"], row["last_at"])
        writer.writerow(
            [
                *(text_cell(text) for text in texts),
                row["faxes"],
                *("" if at is None else f"{at:%Y-%m-%d %H:%M:%S}" for at in dates),
            ]
        )
    return file.getvalue()


def what_to_do(suggestion: Suggestion | None, rule: Rule | None, t: Translator) -> str:
    """Instruction for a number: the slip that explains it, or the rule's own remedy where none does."""
    if suggestion is not None:
        return t(SLIPS[suggestion.slip])
    return rule.remedy.text(t.language) if rule else ""
