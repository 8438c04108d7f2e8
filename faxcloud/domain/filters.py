"""Filters and paging: which faxes are selected, and which page of them is shown.

`FILTERS` is the one table that every face reads: the pages, the API, the command line, reports and their
documentation. A new filter is a row of it and a field of `Filters`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from faxcloud.domain.blanks import normal_name_sql, trim, user_sql
from faxcloud.domain.calendar import days_after
from faxcloud.domain.filter_values import (
    DAY,
    INT32,
    LONGEST_MODE,
    LONGEST_TEXT,
    ValueKind,
    choice,
    identifier,
    text,
    whole,
)
from faxcloud.errors import FilterInvalid
from faxcloud.i18n import N_

Status = Literal["valid", "invalid"]
Condition = tuple[str, Any]
"""A SQL condition over the columns of `faxes`, and the value bound to the filter's name in it."""

MOST_PER_PAGE = 1_000
LAST_PAGE = 10_000_000
OTHER_MODES = "OTHER"
"""The mode that stands for every mode but SF and RF, blank included."""

SORTABLE: tuple[str, ...] = (
    "sent_at", "line", "report_id", "fax_id", "user_name", "mode", "number", "pages", "duration_s",
    "billed_pages", "is_valid", "violations",
)  # fmt: skip
"""Columns that rows may be sorted by, with `-` in front for the largest first."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Definition of one filter, shared by every face.

    Attributes:
        label: English, marked for translation; so is `help`, a sentence that says what it selects.
        condition: The SQL of a value, by the filter's name as bound parameter; None for `q`, which the lake
            answers by other means (store/queries/text_search.py).
        is_personal: It may hold a number or a name: it never stands in an address, since addresses are
            logged, and a refusal does not repeat its value.
        asks_verdict: It selects by what the rules said: the compliance of such a selection says nothing.
    """

    name: str
    kind: ValueKind
    label: str
    help: str
    condition: Callable[[Any], Condition] | None = None
    is_personal: bool = False
    asks_verdict: bool = False


def _compared(sql: str) -> Callable[[Any], Condition]:
    return lambda value: (sql, value)


def _of_mode(mode: str) -> Condition:
    return ("mode NOT IN ('SF', 'RF')", None) if mode == OTHER_MODES else ("mode = $mode", mode)


def _of_user(user: str) -> Condition:
    """Condition on the user; white space alone selects the faxes without a name."""
    if trim(user):
        # Bare columns, so that Parquet's statistics serve; of older files without keys the name as exported.
        normal = normal_name_sql("$user")
        return f"(user_name = $user OR user_name = {normal} OR user_key = {normal})", user
    return f"{user_sql()} = $user", ""


def _until(last: dt.date) -> Condition:
    if last == dt.date.max:  # there is no day after
        return "sent_at IS NOT NULL", None
    return "sent_at < $end_date", dt.datetime.combine(days_after(last), dt.time.min)


FILTERS: tuple[Filter, ...] = (
    Filter(
        "report",
        identifier("the id of a report"),
        N_("Import"),
        N_("Faxes of one import."),
        _compared("report_id = $report"),
    ),
    Filter(
        "q",
        text(),
        N_("Search"),
        N_("Part of a number, fax id, user name or e-mail address."),
        is_personal=True,
    ),
    Filter(
        "mode",
        text(LONGEST_MODE, "SF, RF or another mode of at most 20 characters", is_upper=True),
        N_("Mode"),
        N_("SF sent, RF received, or another mode; upper or lower case."),
        _of_mode,
    ),
    Filter(
        "status",
        choice("valid", "invalid", expected="valid or invalid"),
        N_("Verdict"),
        N_("Verdict: valid or invalid."),
        lambda status: ("is_valid" if status == "valid" else "NOT is_valid", None),
        asks_verdict=True,
    ),
    Filter(
        "rule",
        identifier("the id of a rule"),
        N_("Rule"),
        N_("Faxes that violate this rule, as an error or a warning."),
        lambda rule: (
            "(contains('|' || violations || '|', $rule) OR contains('|' || warnings || '|', $rule))",
            f"|{rule}|",
        ),
        asks_verdict=True,
    ),
    Filter(
        "user",
        text(is_exact=True),
        N_("User"),
        N_("The whole user name; doubled spaces do not matter. A space alone: no name."),
        _of_user,
        is_personal=True,
    ),
    Filter(
        "number_type",
        identifier("a type of number"),
        N_("Type of number"),
        N_("Faxes to this type of number."),
        _compared("number_type = $number_type"),
    ),
    Filter(
        "weekday",
        whole(1, 7),
        N_("Weekday"),
        N_("Faxes of one day of the week, from 1 (Monday) to 7 (Sunday)."),
        _compared("isodow(sent_at) = $weekday"),
    ),
    Filter(
        "start_date",
        DAY,
        N_("From"),
        N_("First day, as YYYY-MM-DD."),
        lambda day: ("sent_at >= $start_date", dt.datetime.combine(day, dt.time.min)),
    ),
    Filter(
        "end_date",
        DAY,
        N_("To"),
        N_("Last day (inclusive), as YYYY-MM-DD; not before the first day."),
        _until,
    ),
    Filter(
        "pages_min",
        INT32,
        N_("Pages from"),
        N_("Minimum number of pages."),
        _compared("pages >= $pages_min"),
    ),
    Filter(
        "pages_max",
        INT32,
        N_("Pages to"),
        N_("Maximum number of pages; not below the minimum."),
        _compared("pages <= $pages_max"),
    ),
)
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
FILTER_NAMES: tuple[str, ...] = tuple(entry.name for entry in FILTERS)
"""The parameters that `Filters.from_params` reads."""

PERSONAL = frozenset(entry.name for entry in FILTERS if entry.is_personal)
_BY_VERDICT = frozenset(entry.name for entry in FILTERS if entry.asks_verdict)
_RANGES = (("start_date", "end_date"), ("pages_min", "pages_max"))


@dataclass(frozen=True, slots=True)
class Filters:
    """Filter values of a selection. All given filters apply at once; None filters nothing.

    Attributes:
        q: Part of a number, fax id, user name or e-mail address.
        rule: Rows that violate it, be it an error or a warning.
        user: The whole user name, as exported, its spaces included; of spaces alone: no name.
        end_date: The last day, included.
        reports: The reports that whoever asks may see; None for all. No parameter of an address.
    """

    report: str | None = None
    q: str | None = None
    mode: str | None = None
    status: Status | None = None
    rule: str | None = None
    user: str | None = None
    number_type: str | None = None
    weekday: int | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    pages_min: int | None = None
    pages_max: int | None = None
    reports: tuple[str, ...] | None = None

    @classmethod
    def from_params(cls, params: Mapping[str, object]) -> Filters:
        """Parse the filters in `params`. Blank values count as not given, other names are ignored.

        Raises:
            FilterInvalid: a value cannot be used. A personal value is not repeated in it.
        """
        values = {
            entry.name: _read(
                params,
                entry.name,
                entry.kind.parse,
                entry.kind.expected,
                is_exact=entry.kind.is_exact,
                is_personal=entry.is_personal,
            )
            for entry in FILTERS
        }
        for first, last in _RANGES:
            _in_order(values[first], values[last], last)
        return cls(**values)

    def to_params(self) -> dict[str, str]:
        """Parameters of the given filters, as `from_params` reads them."""
        return {name: str(value) for name, value in self.given().items()}

    def given(self) -> dict[str, Any]:
        """Values of the filters that filter something, by name."""
        values = {name: getattr(self, name) for name in FILTER_NAMES}
        return {name: value for name, value in values.items() if value is not None}

    def shareable_params(self) -> dict[str, str]:
        """Parameters for an address: without values that may hold a number or a name."""
        return {name: value for name, value in self.to_params().items() if name not in PERSONAL}

    def file_part(self) -> str:
        """Part of a file name that names the period and the selection, without numbers or names of persons.

        >>> Filters(start_date=dt.date(2026, 10, 1), status="invalid").file_part()
        'from-2026-10-01-invalid'
        >>> Filters(q="33145221134", mode="SF").file_part()
        'all-dates-SF-search'
        """
        if self.start_date and self.end_date:
            days = f"{self.start_date}_{self.end_date}"
        elif self.start_date or self.end_date:
            days = f"from-{self.start_date}" if self.start_date else f"until-{self.end_date}"
        else:
            days = "" if self.report else "all-dates"
        pages = "" if self.pages_min is None and self.pages_max is None else "pages"
        search = "search" if self.q or self.user else ""
        parts = (self.report, self.mode, self.status, self.rule, self.number_type, pages, search)
        return "-".join(_NO_NAME.sub("_", part) for part in (days, *parts) if part)

    def period(self) -> tuple[dt.date, dt.date] | None:
        """First day and the day after the last one; None unless both ends are given."""
        if self.start_date is None or self.end_date is None:
            return None
        return self.start_date, days_after(self.end_date)

    @property
    def asks_verdict(self) -> bool:
        """Whether it selects by validation result: then the compliance of the selection says nothing."""
        return not _BY_VERDICT.isdisjoint(self.given())

    def of_any_verdict(self) -> Filters:
        """The same selection without the filters on validation results."""
        return replace(self, **dict.fromkeys(_BY_VERDICT))

    def previous_period(self) -> Filters | None:
        """The same selection over the same number of days just before; None where there is no such period."""
        if self.start_date is None or self.end_date is None:
            return None
        length = (self.end_date - self.start_date).days + 1
        if self.start_date.toordinal() <= length:
            return None
        step = dt.timedelta(days=length)
        return replace(self, start_date=self.start_date - step, end_date=self.end_date - step)


@dataclass(frozen=True, slots=True)
class Paging:
    """Page number, page size and sort order; pages count from 1."""

    sort: str = "-sent_at"
    page: int = 1
    per_page: int = 50

    @classmethod
    def from_params(cls, params: Mapping[str, object]) -> Paging:
        """Parse `sort`, `page` and `per_page`; blank values take their default.

        Raises:
            FilterInvalid: a value cannot be used.
        """
        given = {name: _read(params, name, kind.parse, kind.expected) for name, (kind, _) in PAGING.items()}
        return cls(**{name: value for name, value in given.items() if value is not None})

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page

    def to_params(self) -> dict[str, str]:
        return {"sort": self.sort, "page": str(self.page), "per_page": str(self.per_page)}


PAGING: Mapping[str, tuple[ValueKind, str]] = {
    "sort": (
        choice(
            *(sign + column for column in SORTABLE for sign in ("", "-")),
            expected=f"one of {', '.join(SORTABLE)}, with or without a leading -",
        ),
        N_("Column to sort by; a leading - sorts in descending order."),
    ),
    "page": (whole(1, LAST_PAGE), N_("Page number, from 1; a page beyond the last has no results.")),
    "per_page": (whole(1, MOST_PER_PAGE), N_("Results per page.")),
}
"""Kind and help of each field of `Paging`."""


def _read(
    params: Mapping[str, object],
    name: str,
    parse: Callable[[str], Any],
    expected: str,
    *,
    is_exact: bool = False,
    is_personal: bool = False,
) -> Any:
    """Parse one parameter; None where it is absent, or blank and not exact, white space included."""
    given = params.get(name)
    written = "" if given is None else str(given)
    written = written if is_exact else written.strip()
    if not written:
        return None
    value = parse(written)
    if value is None:
        shown = "…" if is_personal else written[:LONGEST_TEXT]
        raise FilterInvalid(name=name, value=shown, expected=expected)
    return value


def _in_order(first: Any, last: Any, name: str) -> None:
    if first is not None and last is not None and last < first:
        raise FilterInvalid(name=name, value=str(last), expected=f"{first} or above")
