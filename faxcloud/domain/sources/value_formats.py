"""Value formats: dates, durations and amounts as they occur, rewritten to the fax service's own form.

The service writes `31/01/2026 08:02`, whole seconds and `1234.50`. What is written otherwise is rewritten to
that before it is typed (`parsing.py`), by what the whole column shows; what cannot be read stays as it is, so
that typing reports it as unreadable.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from faxcloud.domain.blanks import trim
from faxcloud.domain.sources.format import DateOrder

DAY_MONTH, YEAR_FIRST, MONTH_NAME, SERIAL, UNIX = "day_month", "year_first", "month_name", "serial", "unix"

_TIME = (
    r"(?:[T ]\s*|,\s*|\s+[àa]\s+|\s+-\s+)(?P<hour>[0-2]?\d)(?:\s*[:.hH]\s*(?P<minute>[0-5]\d)?"
    r"(?:\s*(?::|\.|m|min)\s*(?P<second>[0-5]\d)(?:[.,]\d{1,9})?\s*s?)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|CET|CEST|[+-]\d\d:?\d\d|[+-]\d\d)?"
)
_WEEKDAY = r"(?:[A-Za-zéû]{2,9}\.?,?\s+)?"
_DATE = re.compile(
    _WEEKDAY + r"(?:(?P<year>\d{4})(?P<mark>[-/.])(?P<month>[01]?\d)(?P=mark)(?P<day>[0-3]?\d)"
    r"|(?P<a>\d{1,2})\s*(?P<mark2>[-/.])\s*(?P<b>\d{1,2})\s*(?P=mark2)\s*(?P<y>\d{4}|\d{2})"
    r"|(?P<d>\d{1,2})(?:er)?[- .]\s*(?P<name>[^\W\d_]{3,9})\.?[- ,]\s*(?P<y2>\d{4}|\d{2})"
    r"|(?P<name2>[^\W\d_]{3,9})\.?\s+(?P<d2>\d{1,2}),?\s+(?P<y3>\d{4})"
    r"|(?P<compact>20\d\d[01]\d[0-3]\d))(?:" + _TIME + r")?"
)
_SERIAL = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?")
_UNIX = re.compile(r"1\d{9}(?:\d{3})?")
_EXCEL_DAY_0 = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zones
_CENTRAL_EUROPE = {"CET": 1, "CEST": 2, "Z": 0, "UTC": 0, "GMT": 0}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan", "feb fev fév", "mar", "apr avr", "may mai", "jun juin",
            "jul juil", "aug aou aoû", "sep", "oct", "nov", "dec déc",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DateText:
    """A text that is a date, before the order of day and month is known.

    Attributes:
        shape: One of `DAY_MONTH`, `YEAR_FIRST`, `MONTH_NAME`, `SERIAL`, `UNIX`.
        first: With `DAY_MONTH`: the first number; otherwise the day.
        second: With `DAY_MONTH`: the second number; otherwise the month.
        time: Hour, minute and second; None for a date alone.
        offset_min: Of the zone that is written, in minutes; None without one.
    """

    shape: str
    first: int
    second: int
    year: int
    time: tuple[int, int, int] | None
    offset_min: int | None = None


def date_text(text: str) -> DateText | None:
    """Recognise a date in any of the forms that occur; None for anything else.

    >>> date_text("5/10/26 8h05").time, date_text("46300.333333").shape, date_text("2026-13-01")
    ((8, 5, 0), 'serial', None)
    """
    text = trim(text)
    if _SERIAL.fullmatch(text):
        moment = _EXCEL_DAY_0 + dt.timedelta(seconds=round(float(text.replace(",", ".")) * 86_400))
        return _of_moment(SERIAL, moment)
    if _UNIX.fullmatch(text):
        moment = dt.datetime.fromtimestamp(int(text[:10]), dt.UTC)
        return _of_moment(UNIX, moment, 0)
    found = _DATE.fullmatch(text)
    return _of_match(found) if found else None


def _of_moment(shape: str, moment: dt.datetime, offset_min: int | None = None) -> DateText:
    time = (moment.hour, moment.minute, moment.second)
    return DateText(shape, moment.day, moment.month, moment.year, time, offset_min)


def _of_match(found: re.Match[str]) -> DateText | None:
    try:
        time, offset = _time_of(found), _offset_of(found["zone"])
    except ValueError:
        return None
    if found["a"]:
        first, second, year = int(found["a"]), int(found["b"]), _full_year(found["y"])
        if not 1 <= max(first, second) <= 31 or min(first, second) < 1 or min(first, second) > 12:
            return None
        return DateText(DAY_MONTH, first, second, year, time, offset)
    if found["year"]:
        shape, year, month, day = YEAR_FIRST, int(found["year"]), int(found["month"]), int(found["day"])
    elif found["compact"]:
        digits = found["compact"]
        shape, year, month, day = YEAR_FIRST, int(digits[:4]), int(digits[4:6]), int(digits[6:])
    else:
        name = (found["name"] or found["name2"]).casefold()
        month = next((number for prefix, number in _MONTHS.items() if name.startswith(prefix)), 0)
        if name.startswith("juil"):
            month = 7
        shape, year = MONTH_NAME, _full_year(found["y2"] or found["y3"])
        day = int(found["d"] or found["d2"])
    return DateText(shape, day, month, year, time, offset) if 1 <= month <= 12 and 1 <= day <= 31 else None


def _time_of(found: re.Match[str]) -> tuple[int, int, int] | None:
    """Hour, minute and second; None without a time.

    Raises:
        ValueError: no clock shows it.
    """
    if found["hour"] is None:
        return None
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    half = (found["half"] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(half)
        hour = hour % 12 + (12 if half == "p" else 0)
    elif found["minute"] is None and not re.search(r"[hH]", found[0]):
        raise ValueError(hour)
    if hour > 23:
        raise ValueError(hour)
    return hour, minute, second


def _offset_of(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone in _CENTRAL_EUROPE:
        return 60 * _CENTRAL_EUROPE[zone]
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = 60 * int(digits[:2]) + int(digits[2:])
    return -minutes if zone[0] == "-" else minutes


def _full_year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else (2000 if year < 70 else 1900) + year


def moment_of(
    date: DateText, order: DateOrder, zone: dt.tzinfo, written_in: dt.tzinfo | None
) -> dt.datetime | None:
    """Local time of the service; None for a day that no calendar has.

    Args:
        zone: Time zone of the service.
        written_in: Time zone in which dates without one are written; None: that of the service.
    """
    day, month = date.first, date.second
    if date.shape == DAY_MONTH and order == "mdy":
        day, month = month, day
    try:
        moment = dt.datetime(date.year, month, day, *(date.time or (0, 0, 0)))  # noqa: DTZ001
    except ValueError:
        return None
    if date.offset_min is not None:
        moment = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=date.offset_min)))
    elif written_in is not None and date.time is not None:
        moment = moment.replace(tzinfo=written_in)
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(zone).replace(tzinfo=None)


def service_date(
    text: str, order: DateOrder, zone: dt.tzinfo, written_in: dt.tzinfo | None = None
) -> str | None:
    """Rewrite a date to `DD/MM/YYYY HH:MM[:SS]`, without a time to `DD/MM/YYYY`; None where it is unreadable.

    >>> service_date("10/05/2026 1:07 PM", "mdy", dt.UTC)
    '05/10/2026 13:07'
    >>> service_date("2026-10-05T08:00:00+02:00", "dmy", dt.UTC)
    '05/10/2026 06:00'
    """
    date = date_text(text)
    moment = moment_of(date, order, zone, written_in) if date else None
    if date is None or moment is None or moment.year < 1:
        return None
    day = f"{moment.day:02}/{moment.month:02}/{moment.year:04}"
    if date.time is None:
        return day
    return f"{day} {moment:%H:%M:%S}" if moment.second else f"{day} {moment:%H:%M}"


_CLOCK = re.compile(r"(?:(\d{1,5}):)?(\d{1,3}):([0-5]?\d)(?:[.,]\d+)?")
_UNITS = re.compile(
    r"(?:(\d+)\s*(?:h|hr|hrs|heures?|hours?)\.?)?\s*(?:(\d+)\s*(?:m|mn|min|mins|minutes?|')\.?)?"
    r"\s*(?:(\d+)\s*(?:s|sec|secs|secondes?|seconds?|\"|'')\.?)?",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")


def service_duration(text: str, *, clock_is_hours: bool = False, unit_s: float = 1) -> str | None:
    """Rewrite a duration to whole seconds; None where it is unreadable.

    Args:
        clock_is_hours: `1:23` is an hour and 23 minutes, not a minute and 23 seconds.
        unit_s: Seconds that a plain number stands for: 60 in a column of minutes, 86,400 in a column of a
            spreadsheet's fractions of a day.

    >>> [service_duration(text) for text in ("00:01:23", "1:23", "1m 23s", "83,4")]
    ['83', '83', '83', '83']
    """
    text = trim(text).replace("\u00a0", " ").replace("\u202f", " ")
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = int(found[1] or 0), int(found[2]), int(found[3])
        if found[1] is None and clock_is_hours:
            hours, minutes, seconds = minutes, seconds, 0
        if minutes > 59 and (found[1] is not None or clock_is_hours):
            return None
        return str(3600 * hours + 60 * minutes + seconds)
    if _DECIMAL.fullmatch(text):
        return str(round(float(text.replace(",", ".")) * unit_s))
    found = _UNITS.fullmatch(text)
    if not text or found is None or not any(found.groups()):
        return None
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return str(3600 * hours + 60 * minutes + seconds)


_CURRENCY = re.compile(r"(?:€|EUR|\$|CHF|£)", re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?\d+(?:[.,]\d+)*[.,]?")
_SPACES = re.compile("[ \u00a0\u202f\u2009'’]")


def service_amount(text: str, decimal: str) -> str | None:
    """Rewrite an amount to `1234.50`; None where it is unreadable.

    Args:
        decimal: Decimal mark of the column, for what could be either, such as `1,234`.

    >>> service_amount("1 234,50 €", ","), service_amount("1.234,50", "."), service_amount("1,234", ".")
    ('1234.50', '1234.50', '1234')
    """
    plain = _SPACES.sub("", _CURRENCY.sub("", trim(text)))
    if not _AMOUNT.fullmatch(plain):
        return None
    mark = amount_decimal(plain) or decimal or "."
    other = "." if mark == "," else ","
    whole, _, fraction = plain.replace(other, "").partition(mark)
    try:
        return format(Decimal(f"{whole}.{fraction}" if fraction else whole), "f")
    except InvalidOperation:
        return None


def amount_decimal(plain: str) -> str:
    """Decimal mark that an amount shows by itself; '' where it could be a mark of thousands.

    >>> [amount_decimal(text) for text in ("1.234,50", "12,5", "1,234", "1,234,567")]
    [',', ',', '', '.']
    """
    dots, commas = plain.count("."), plain.count(",")
    if dots and commas:
        return "." if plain.rfind(".") > plain.rfind(",") else ","
    if dots + commas == 0:
        return ""
    mark = "." if dots else ","
    if dots + commas > 1:
        return "," if mark == "." else "."
    whole, _, fraction = plain.partition(mark)
    return (
        mark if len(fraction) != 3 or len(whole.lstrip("+-")) > 3 or whole.lstrip("+-") in ("", "0") else ""
    )
