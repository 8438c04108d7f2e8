"""Which faxes are meant, and which page of them: the filters of every face, in one place.

The same names stand in an address, in the API and on the command line.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeVar

from faxcloud.domain.calendar import days_after
from faxcloud.errors import FilterInvalid

Status = Literal["valid", "invalid"]
T = TypeVar("T")

LONGEST_TEXT = 200
LONGEST_MODE = 20
LARGEST_INT32 = 2**31 - 1
MOST_PER_PAGE = 1_000
LAST_PAGE = 10_000_000

SORTABLE: tuple[str, ...] = (
    "sent_at", "line", "report_id", "fax_id", "user_name", "mode", "number", "pages", "duration_s",
    "billed_pages", "is_valid", "violations",
)  # fmt: skip
"""Columns that rows may be sorted by, with `-` in front for the largest first."""

PERSONAL = frozenset(("q", "user"))
"""Filters that never stand in an address, since addresses are logged: they hold numbers and names."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE_NUMBER = re.compile(r"-?\d{1,10}", re.ASCII)
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)
# No more is refused: an exported name may well hold a no-break space, and has to be found by it.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Filters:
    """A selection of faxes; all that is given holds at once, None filters nothing.

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
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    pages_min: int | None = None
    pages_max: int | None = None
    reports: tuple[str, ...] | None = None

    @classmethod
    def from_params(cls, params: Mapping[str, object]) -> Filters:
        """Read the filters among `params`; blank ones count as not given, other names are left alone.

        Raises:
            FilterInvalid: a value cannot be used. A personal value is not repeated in it.
        """
        status = _read(params, "status", _choice(("valid", "invalid")), "valid or invalid")
        filters = cls(
            report=_read(params, "report", _name, "the id of a report"),
            q=_read(params, "q", _text, f"a text of at most {LONGEST_TEXT} characters"),
            mode=_read(params, "mode", _mode, "SF, RF or another mode of at most 20 characters"),
            status=status,  # type: ignore[arg-type]  # _choice returns one of the two
            rule=_read(params, "rule", _name, "the id of a rule"),
            user=_read(params, "user", _text, f"a text of at most {LONGEST_TEXT} characters", exact=True),
            number_type=_read(params, "number_type", _name, "a type of number"),
            start_date=_read(params, "start_date", _day, "a day as YYYY-MM-DD"),
            end_date=_read(params, "end_date", _day, "a day as YYYY-MM-DD"),
            pages_min=_read(params, "pages_min", _whole_number, "a whole number"),
            pages_max=_read(params, "pages_max", _whole_number, "a whole number"),
        )
        _in_order(filters.start_date, filters.end_date, "end_date")
        _in_order(filters.pages_min, filters.pages_max, "pages_max")
        return filters

    def to_params(self) -> dict[str, str]:
        """What `from_params` reads back, without what is not given."""
        values = {name: getattr(self, name) for name in FILTER_NAMES}
        return {name: str(value) for name, value in values.items() if value is not None}

    def shareable_params(self) -> dict[str, str]:
        """For an address: without what may hold a number or a name."""
        return {name: value for name, value in self.to_params().items() if name not in PERSONAL}

    def file_part(self) -> str:
        """Period and selection for the name of a file, without what may hold a number or a name.

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
        """Whether it selects by what the rules said: then the compliance of what is selected says nothing."""
        return self.status is not None or self.rule is not None

    def of_any_verdict(self) -> Filters:
        """The same selection, whatever the rules said."""
        return replace(self, status=None, rule=None)

    def previous_period(self) -> Filters | None:
        """The same selection over as many days just before; None where there is no such period."""
        if self.start_date is None or self.end_date is None:
            return None
        length = (self.end_date - self.start_date).days + 1
        if self.start_date.toordinal() <= length:
            return None
        step = dt.timedelta(days=length)
        return replace(self, start_date=self.start_date - step, end_date=self.end_date - step)


FILTER_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Filters) if field.name != "reports")
"""The parameters that `Filters.from_params` reads."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of the rows, in which order; pages count from 1."""

    sort: str = "-sent_at"
    page: int = 1
    per_page: int = 50

    @classmethod
    def from_params(cls, params: Mapping[str, object]) -> Paging:
        """Read `sort`, `page` and `per_page`; blank ones take their default.

        Raises:
            FilterInvalid: a value cannot be used.
        """
        sorts = tuple(sign + column for column in SORTABLE for sign in ("", "-"))
        sort = _read(
            params, "sort", _choice(sorts), f"one of {', '.join(SORTABLE)}, with or without a leading -"
        )
        page = _read(params, "page", _within(1, LAST_PAGE), f"a whole number from 1 to {LAST_PAGE}")
        per_page = _read(
            params, "per_page", _within(1, MOST_PER_PAGE), f"a whole number from 1 to {MOST_PER_PAGE}"
        )
        return cls(sort=sort or cls().sort, page=page or 1, per_page=per_page or cls().per_page)

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


def _read(
    params: Mapping[str, object],
    name: str,
    read: Callable[[str], T | None],
    expected: str,
    *,
    exact: bool = False,
) -> T | None:
    """The value of one parameter; None where it is absent, or blank and not `exact`, white space included."""
    given = params.get(name)
    text = "" if given is None else str(given)
    text = text if exact else text.strip()
    if not text:
        return None
    value = read(text)
    if value is None:
        shown = "…" if name in PERSONAL else text[:LONGEST_TEXT]
        raise FilterInvalid(name=name, value=shown, expected=expected)
    return value


def _in_order(first: dt.date | int | None, last: dt.date | int | None, name: str) -> None:
    if first is not None and last is not None and last < first:  # type: ignore[operator]  # of one type
        raise FilterInvalid(name=name, value=str(last), expected=f"{first} or above")


def _text(text: str) -> str | None:
    return text if len(text) <= LONGEST_TEXT and not CONTROL.search(text) else None


def _name(text: str) -> str | None:
    return text if _NAME.fullmatch(text) else None


def _mode(text: str) -> str | None:
    return text.upper() if len(text) <= LONGEST_MODE and not CONTROL.search(text) else None


def _day(text: str) -> dt.date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:  # 2026-02-30: no such day, which the caller reports
        return None
    return day if day < dt.date.max else None  # the day after has to exist


def _whole_number(text: str) -> int | None:
    return _within(-LARGEST_INT32 - 1, LARGEST_INT32)(text)


def _within(least: int, most: int) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        number = int(text) if _WHOLE_NUMBER.fullmatch(text) else None
        return number if number is not None and least <= number <= most else None

    return read


def _choice(choices: tuple[str, ...]) -> Callable[[str], str | None]:
    return lambda text: text if text in choices else None
