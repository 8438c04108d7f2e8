"""Contents of a report, the same for paper, workbook, page and mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faxcloud.domain.calendar import Grain
from faxcloud.domain.filters import Filters
from faxcloud.domain.masking import Names
from faxcloud.domain.metrics import BY_KEY
from faxcloud.domain.rulesets.ruleset import Rule, Ruleset
from faxcloud.presentation.rule_labels import label_of, labels_of
from faxcloud.services.analytics.summaries import Number, Row, Summary

MOST_NUMBERS = 50
"""Called numbers of a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Contents of one report. Rows have the keys that `Summaries` gives them, most serious first.

    Attributes:
        title: Title by its author; the file's name for an import, else ''.
        report: As `Reports.show` gives it; None for a period.
        period: First day and the day after the last one: as filtered, else as entered with the import, else
            of the faxes that have a date. None where nothing has one.
        before: Every metric of the period before or, for an import, of `before_report`; None where there is
            neither.
        before_report: The import before under the same contract, for one import without dates.
        timeline: One row per `start`, those without faxes included (their rate is None).
        users: All of them.
        numbers: The called numbers with the most invalid faxes, at most `MOST_NUMBERS`.
        rejects: `line`, `reason` and `text` of the first ones, for an import and whoever may read
            them; `rejected` counts all of them, None for a period.
        ruleset: Active ruleset; None where its file is gone or broken.
        rules_by_id: Labels by rule id, of all rulesets: a row may have been validated by an older one.
        has_sample: Whether some of its faxes are invented sample data.
        masked: Numbers are masked, e-mail addresses and rejects are left out.
        names: Masking level of user names; rejects are left out unless names are shown.
        data_version: Version of the lake.
    """

    title: str
    report: dict[str, Any] | None
    filters: Filters
    period: tuple[dt.date, dt.date] | None
    contract: str | None
    summary: Summary
    before: dict[str, Number] | None
    before_report: dict[str, Any] | None
    grain: Grain
    timeline: list[Row]
    rules: list[Row]
    users: list[Row]
    numbers: list[Row]
    heatmap: list[Row]
    rejects: list[Row]
    rejected: int | None
    ruleset: Ruleset | None
    rules_by_id: Mapping[str, Rule]
    target_rate: float
    has_sample: bool
    masked: bool
    names: Names
    made_at: dt.datetime
    data_version: int

    @property
    def is_empty(self) -> bool:
        """Whether the report has no faxes."""
        return not self.summary.values["faxes"]

    @property
    def basis(self) -> dict[str, str]:
        """Basis of each number, by metric key; English, marked for translation."""
        return {key: BY_KEY[key].basis for key in self.summary.values}

    def rule_label(self, rule_id: str, language: str) -> str:
        """Label of a rule; the id itself where no ruleset knows it."""
        return label_of(self.rules_by_id, rule_id, language)

    def rule_labels(self, joined: str | None, language: str) -> str:
        """Labels of rule ids joined by `|`, as rows have them."""
        return labels_of(self.rules_by_id, joined, language)
