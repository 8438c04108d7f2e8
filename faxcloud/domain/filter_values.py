"""Filter value types: parser, expected values and JSON Schema of each."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

LONGEST_TEXT = 200
LONGEST_MODE = 20
LARGEST_INT32 = 2**31 - 1

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE_NUMBER = re.compile(r"-?\d{1,10}", re.ASCII)
_IDENTIFIER = re.compile(r"[\w.-]{1,64}", re.ASCII)
# No more is refused: an exported name may well hold a no-break space, and has to be found by it.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ValueKind:
    """One type of filter value.

    Attributes:
        parse: Returns the value of a text; None where the text is not of this type.
        expected: Description of the accepted values, for error messages.
        schema: JSON Schema of the text in a query string.
        is_exact: White space around the text is part of the value.
    """

    parse: Callable[[str], Any]
    expected: str
    schema: Mapping[str, Any]
    is_exact: bool = False


def text(
    longest: int = LONGEST_TEXT, expected: str = "", *, is_upper: bool = False, is_exact: bool = False
) -> ValueKind:
    """Text without control characters, in upper case where `is_upper`."""

    def parse(value: str) -> str | None:
        if len(value) > longest or CONTROL.search(value):
            return None
        return value.upper() if is_upper else value

    pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern}
    return ValueKind(parse, expected or f"a text of at most {longest} characters", schema, is_exact)


def identifier(expected: str) -> ValueKind:
    """Id as FaxCloud generates them."""
    return ValueKind(
        lambda value: value if _IDENTIFIER.fullmatch(value) else None,
        expected,
        {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"},
    )


def choice(*choices: str, expected: str = "") -> ValueKind:
    """One of a set of words."""
    return ValueKind(
        lambda value: value if value in choices else None,
        expected or f"one of {', '.join(choices)}",
        {"type": "string", "enum": list(choices)},
    )


def whole(least: int, most: int, expected: str = "") -> ValueKind:
    """Whole number in a range, both ends included."""

    def parse(value: str) -> int | None:
        number = int(value) if _WHOLE_NUMBER.fullmatch(value) else None
        return number if number is not None and least <= number <= most else None

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return ValueKind(parse, expected or f"a whole number from {least} to {most}", schema)


def _parse_day(value: str) -> dt.date | None:
    if not _DAY.fullmatch(value):
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:  # 2026-02-30: no such day, which the caller reports
        return None


def _parse_day_before_last(value: str) -> dt.date | None:
    day = _parse_day(value)
    return None if day == dt.date.max else day


ANY_DAY = ValueKind(_parse_day, "a day as YYYY-MM-DD", {"type": "string", "format": "date"})
DAY = replace(ANY_DAY, parse=_parse_day_before_last)
"""Day of a period of faxes: the day after it has to exist."""
INT32 = whole(-LARGEST_INT32 - 1, LARGEST_INT32, "a whole number")
