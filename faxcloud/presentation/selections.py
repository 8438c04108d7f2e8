"""Filter descriptions: each value as reports, mails, chips and pages write it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from faxcloud.domain.blanks import trim
from faxcloud.domain.filters import FILTERS, Filters
from faxcloud.i18n import N_, Translator
from faxcloud.presentation.calendar import weekday_names

STATUS_NAMES = {"valid": N_("Valid"), "invalid": N_("Invalid")}
_OF_THE_REPORT = frozenset(("report", "start_date", "end_date"))
"""What the head of a report says anyway."""


def value_text(t: Translator, name: str, value: Any, rule_label: Callable[[str], str]) -> str:
    """Text of one filter's value. Texts from an export are not sanitised: do that where they are shown."""
    if name == "rule":
        return rule_label(value)
    if name == "status":
        return t(STATUS_NAMES[str(value)])
    if name == "user" and not trim(value):
        return t("(no name)")
    if name == "weekday":
        return weekday_names(t, "wide")[int(value) - 1]
    if isinstance(value, dt.date):
        return t.date(value)
    return t.number(value) if isinstance(value, int) else f"{value}"


def described(t: Translator, filters: Filters, rule_label: Callable[[str], str]) -> list[tuple[str, str]]:
    """Label and value of each filter except import and period, in the order of `FILTERS`."""
    given = filters.given()
    return [
        (t(entry.label), value_text(t, entry.name, given[entry.name], rule_label))
        for entry in FILTERS
        if entry.name in given and entry.name not in _OF_THE_REPORT
    ]
