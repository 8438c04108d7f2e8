"""Response schemas for the OpenAPI document.

Responses themselves are written from the services' values.

A contract test holds every answer against these.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from faxcloud.api.http.metric_models import GroupNumbers, Numbers

Counts = dict[str, int]


class Shape(BaseModel):
    """More members may be added to any of them in later versions."""

    model_config = ConfigDict(extra="allow")


class Problem(Shape):
    """RFC 9457. `code` is stable; `detail` says what it was this time, `hint` what to do next."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None


class Days(Shape):
    """Both days included."""

    start_date: dt.date
    end_date: dt.date


class Previous(Numbers):
    """The previous period of the same length."""

    total: int
    period: Days


class Stats(Numbers):
    """The published numbers of a selection."""

    total: int = Field(description="All faxes of the selection, valid or not; `faxes` is the same.")
    by_rule: Counts = Field(description="Faxes that violate each rule; one may violate several.")
    period: Days | None = Field(description="Null unless both dates are given.")
    previous: Previous | None = Field(description="Null unless both dates are given.")
    comparable: bool | None = Field(
        description="Whether the data covers both periods; if not, a change may come from missing data."
    )
    of_faxes: int | None = Field(
        description="Faxes of the same selection without `status` and `rule`; null unless one is given."
    )
    share: float | None = Field(description="`faxes` by `of_faxes`; null where it is null or 0.")
    data_version: int = Field(description="Increases whenever faxes are added, re-validated or removed.")


class Step(GroupNumbers):
    """One step of time."""

    start: dt.datetime | str = Field(description="Local time of the fax service, without a zone.")


class Timeline(Shape):
    """Oldest first."""

    grain: Literal["hour", "day", "week", "month"]
    total: int
    results: list[Step]
    data_version: int


class Group(GroupNumbers):
    """One group; of rules `key` and `violations` alone."""

    key: str | int | None = Field(description="Null where faxes have none, such as an hour without a date.")


class Breakdown(Shape):
    """Groups, those with most invalid faxes first; hours and weekdays in their own order."""

    by: str
    total: int = Field(description="Groups in all, those beyond `limit` included.")
    results: list[Group]
    data_version: int


class Entry(Shape):
    """A fax. Masked or null where the actor may not see it in full."""

    fax_id: str | None
    mode: str
    numero_original: str | None
    numero_normalise: str | None
    pages: int | None
    valide: bool
    erreurs: str = Field(description="Ids of the violated rules, joined by `|`.")
    date_heure: str | None = Field(description="Local time of the fax service, without a zone.")
    utilisateur: str | None
    report_id: str
    line: int


class Page(Shape):
    """A page of a list."""

    total: int
    page: int
    per_page: int
    pages: int = Field(description="0 when there are no results.")


class EntryPage(Page):
    """A page of faxes."""

    results: list[Entry]


class Recent(Shape):
    """Totals of a period."""

    since: str
    until: str
    total: int
    valid: int
    invalid: int
    compliance_rate: float | None


class Realtime(Shape):
    """The newest faxes, and totals of the last hour and day."""

    timestamp: dt.datetime
    newest: list[Entry]
    page: int
    limit: int
    last_hour: Recent
    last_day: Recent
    data_version: int


class Errors(Shape):
    """A report's invalid faxes."""

    report_id: str
    total_errors: int = Field(description="Invalid faxes, each once.")
    error_breakdown: Counts = Field(description="Faxes per violated rule; one may violate several.")
    labels: dict[str, str]
    error_entries: EntryPage


class AnalyticsSummary(Shape):
    """Faxes of a report."""

    total_entries: int
    valid_entries: int
    error_entries: int
    success_rate: float | None = Field(description="Percent; null without faxes.")


class ByMode(Shape):
    """Faxes by mode."""

    SF: int
    RF: int
    OTHER: int


class ByStatus(Shape):
    """Faxes by verdict."""

    valid: int
    invalid: int


class AnalyticsBreakdown(Shape):
    """Faxes by mode and by verdict."""

    by_mode: ByMode
    by_status: ByStatus


class PagesByMode(Shape):
    """Real pages by mode."""

    SF: int
    RF: int


class AnalyticsPages(Shape):
    """Real pages."""

    total: int
    average: float | None
    by_mode: PagesByMode


class Analytics(Shape):
    """Counts of one report."""

    report_id: str
    timestamp: dt.datetime
    summary: AnalyticsSummary
    breakdown: AnalyticsBreakdown
    pages: AnalyticsPages


class Words(Shape):
    """A text in English and French."""

    en: str
    fr: str


class Rule(Shape):
    """A rule of a ruleset."""

    id: str
    field: str
    severity: Literal["error", "warning"]
    when: str = Field(description="An SQL expression; true where the rule is violated.")
    label: Words
    explanation: Words
    remedy: Words


class Ruleset(Shape):
    """A ruleset, its rules in order of priority."""

    id: str
    hash: str
    is_active: bool
    title: Words
    description: Words
    derived: dict[str, str]
    rules: list[Rule]


class RulesetError(Shape):
    """Reason why a file is not a valid ruleset."""

    code: str
    detail: str
    hint: str


class RulesetList(Shape):
    """All rulesets, and the files that are not valid, by name."""

    active: str
    rulesets: list[Ruleset]
    errors: dict[str, RulesetError]
