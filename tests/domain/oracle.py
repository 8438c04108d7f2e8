"""Reference implementation of the rules in plain Python, written from the design and not from the SQL."""

# ruff: noqa: DTZ001 - the service's local time has no zone

import datetime as dt
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

ASCII_DIGITS = "0123456789"
SEPARATORS = set(" \u00a0\u202f\t.-/()+_")
BLANKS = (
    "\ufeff"
    + "".join(
        char for char in map(chr, range(0x10000)) if char.isspace() and unicodedata.category(char) != "Cc"
    )
    + "\t\n\v\f\r\x85"
)


def mode(text):
    return text.strip(BLANKS).upper()


def number(called_text):
    digits = "".join(char for char in called_text if char in ASCII_DIGITS)
    if digits[:4] == "0033":
        return digits[2:]
    if len(digits) == 10 and digits[0] == "0" and digits[1] != "0":
        return "33" + digits[1:]
    return digits


def pages(text):
    match = re.fullmatch(r"([+-]?)([0-9]+)(?:[.,]0{1,2})?", text.strip(BLANKS))
    if not match:
        return None
    value = int(match[2].lstrip("0")[:12] or "0") * (-1 if match[1] == "-" else 1)
    return max(value, 0) if -(2**31) <= value < 2**31 else None


def sent_at(text):
    text = text.strip(BLANKS)
    match = re.fullmatch(
        r"(?:(?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4})(?: (?P<t>\d\d:\d\d(?::\d\d)?))?)"
        r"|(?:(?P<Y>\d{4})-(?P<M>\d\d)-(?P<D>\d\d)(?:[ T](?P<T>\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?)",
        text,
        re.ASCII,
    )
    if not match:
        return None
    year, month, day = (int(match[low] or match[up]) for low, up in ("yY", "mM", "dD"))
    clock = (match["t"] or match["T"] or "00:00").split(":")
    seconds, _, fraction = (clock[2] if len(clock) == 3 else "0").partition(".")
    try:
        return dt.datetime(
            year, month, day, int(clock[0]), int(clock[1]), int(seconds), int((fraction or "0").ljust(6, "0"))
        )
    except ValueError:
        return None


def number_violation(called_text, mobile_is_refused):
    normal, called_text = number(called_text), called_text.strip(BLANKS)
    if set(called_text) <= SEPARATORS:
        return "number.empty"
    damaged = any(
        char == "\ufffd" or (unicodedata.category(char) == "Cc" and char != "\t") for char in called_text
    )
    extension = re.fullmatch(
        r"[^0-9]*(0033|33|0)( ?\(0\))?([ \u00a0\u202f\t.\-/()+_]*[0-9]){9}[^0-9]*?"
        r"[^0-9 \u00a0\u202f\t.\-/()+_][^0-9]*[0-9]{1,6}[^0-9]*",
        called_text,
    )
    scientific = re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+", called_text)
    if not normal or damaged or scientific:
        return "number.unreadable"
    if len(normal) > 11 and extension:
        return "number.extension"
    if len(normal) != 11:
        return "number.length"
    if normal[:2] != "33":
        return "number.prefix"
    return "number.mobile" if mobile_is_refused and normal[2] in "67" else None


LIMITS = (dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999))


def amount(text):
    """The number that a text says; None where it says none, or may say two."""
    text = text.strip(BLANKS)
    if not re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)?", text):
        return None
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", text):
        return None
    return Decimal(text.replace(",", "."))


def date_warning(text, limits):
    at = sent_at(text)
    if at is None:
        return _absent("date", text)
    return None if limits[0] <= at <= limits[1] else "date.unlikely"


def duration_warning(text):
    if not text.strip(BLANKS):
        return None
    seconds = amount(text)
    if seconds is None:
        return "duration.unreadable"
    return None if 0 <= seconds.to_integral_value(ROUND_HALF_UP) <= 86400 else "duration.unlikely"


def billed_warning(text):
    if not text.strip(BLANKS):
        return None
    pages = amount(text)
    is_read = pages is not None and 0 <= pages.quantize(Decimal("0.01"), ROUND_HALF_UP) < 10**10
    return None if is_read else "billed.unreadable"


def verdict(row, ruleset, limits=LIMITS):
    """Ids of the violated error rules, then of the warnings."""
    parsed_mode, parsed_pages = mode(row["mode"]), pages(row["pages"])
    errors = [
        "mode.missing" if not parsed_mode else None if parsed_mode in ("SF", "RF") else "mode.unknown",
        number_violation(row["called_text"], mobile_is_refused=ruleset == "faxcloud-3"),
        _absent("pages", row["pages"])
        if parsed_pages is None
        else "pages.zero"
        if parsed_pages < 1
        else None,
    ]
    warnings = [
        date_warning(row["sent_at"], limits),
        duration_warning(row.get("duration_s", "")),
        billed_warning(row.get("billed_pages", "")),
    ]
    return "|".join(filter(None, errors)), "|".join(filter(None, warnings))


def _absent(field, text):
    return f"{field}.unreadable" if text.strip(BLANKS) else f"{field}.missing"
