"""Correction list as CSV: wrong numbers for the owner of an address book, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faxcloud.domain.corrections import SLIPS, Suggestion
from faxcloud.domain.rulesets.ruleset import Rule
from faxcloud.i18n import Translator
from faxcloud.languages import CsvDialect
from faxcloud.presentation.csv_files import csv_file
from faxcloud.presentation.rule_labels import label_of


def list_of(
    rows: Iterable[Mapping[str, Any]], rules: Mapping[str, Rule], t: Translator, dialect: CsvDialect
) -> bytes:
    """CSV file of the list.

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
    lines = (
        (
            row["user_name"],
            row["user_email"],
            row["called_text"],
            suggestion.written if (suggestion := row["suggestion"]) else "",
            label_of(rules, row["rule"], t.language),
            what_to_do(suggestion, rules.get(row["rule"]), t),
            row["faxes"],
            *(at and f"{at:%Y-%m-%d %H:%M:%S}" for at in (row["first_at"], row["last_at"])),
        )
        for row in rows
    )
    return csv_file(titles, lines, dialect)


def what_to_do(suggestion: Suggestion | None, rule: Rule | None, t: Translator) -> str:
    """Instruction for a number: the slip that explains it, or the rule's own remedy where none does."""
    if suggestion is not None:
        return t(SLIPS[suggestion.slip])
    return rule.remedy.text(t.language) if rule else ""
