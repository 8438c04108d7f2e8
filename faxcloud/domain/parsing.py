"""Parsing of export texts into typed columns, as DuckDB expressions.

The input is one row of text per record with the columns `columns.SOURCE_NAMES`, never NULL, `''` when blank.
There are two steps, so that what several columns need is computed once: `STAGED` reads the source texts,
`PARSED` reads the source texts and the staged columns (whose names begin with `staged_`).

Each expression tries the ordinary case with cheap functions first. DuckDB's casts and `strptime` are
fast but lenient (`1e3`, `2.5` and `0x1f` are integers to them, and spaces stand for digits), so every fast
path carries the checks that make it exact; the plain-Python twin in tests/domain/oracle.py holds it to that.

`raw_*` is NULL where the parsed column says the same, and where the source text is blank. So from the stored
columns alone: `pages` null and `raw_pages` null is missing, `pages` null and `raw_pages` text is unreadable.
"""

# ruff: noqa: DTZ001 - the service's local time has no zone

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from faxcloud.domain.blanks import BLANKS, normal_name_sql, trim_sql


@dataclass(frozen=True, slots=True)
class DateLimits:
    """Instants between which a date is likely, in the service's local time, both included.

    A readable date outside is stored as null with its text in `raw_sent_at`: it is most likely a slip of the
    year, and would stretch every period and chart. Stored rows are never typed again, so that the limits of
    a later import change none of them.
    """

    earliest: dt.datetime = dt.datetime(1, 1, 1)
    latest: dt.datetime = dt.datetime(9999, 12, 31, 23, 59, 59, 999999)

    @property
    def values(self) -> dict[str, dt.datetime]:
        """Values to bind in `parsing_sql`."""
        return {"earliest": self.earliest, "latest": self.latest}


EARLIEST = dt.datetime(1990, 1, 1)
"""No fax service exported its log before: an earlier date is a default of some program, or a slip."""

AHEAD = dt.timedelta(days=2)
"""How far ahead of the import a date may be: time zones and clocks that are wrong by less than a day."""

# Eleven bytes from '33' that cast to an integer are eleven digits unless an exponent is among them.
_DIGITS = """CASE
  WHEN strlen(called_text) = 11 AND called_text >= '33' AND called_text < '34'
    AND TRY_CAST(called_text AS BIGINT) BETWEEN 33000000000 AND 33999999999
    AND NOT contains(called_text, 'e') AND NOT contains(called_text, 'E')
  THEN called_text
  ELSE regexp_replace(called_text, '[^0-9]+', '', 'g') END"""

# A digits-only text that sorts from '1' on does not start with 0, and stays as it is.
_NUMBER = """CASE
  WHEN staged_digits >= '1' OR staged_digits = '' THEN staged_digits
  WHEN starts_with(staged_digits, '0033') THEN '33' || substring(staged_digits, 5)
  WHEN strlen(staged_digits) = 10 AND staged_digits >= '01' THEN '33' || substring(staged_digits, 2)
  ELSE staged_digits END"""

# Sixteen bytes hold DD/MM/YYYY HH:MM with nothing to spare: strptime can misread them only by
# taking a blank for a digit, and the one blank allowed is the one in the middle.
_EXACT_MINUTE = "strlen(sent_at) = 16 AND sent_at >= '0' AND sent_at NOT LIKE '% % %'" + "".join(
    f" AND NOT contains(sent_at, chr({code}))" for code in (9, 10, 11, 12, 13)
)
_DATE_SHAPE = (
    "([0-9]{2}/[0-9]{2}/[0-9]{4}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)?"
    "|[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?)"
)
_DATE_FORMATS = ", ".join(
    f"'{date}{time}'"
    for date, times in (
        ("%d/%m/%Y", ("", " %H:%M", " %H:%M:%S")),
        ("%Y-%m-%d", ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S.%f")),
    )
    for time in times
)
_SENT_AT = f"""CASE
  WHEN {_EXACT_MINUTE} AND NOT contains(sent_at, '/0000 ') AND NOT contains(sent_at, '-')
  THEN try_strptime(sent_at, '%d/%m/%Y %H:%M')
  WHEN sent_at <> '' AND regexp_full_match({trim_sql("sent_at")}, '{_DATE_SHAPE}')
    AND NOT regexp_matches(sent_at, '(^|[^0-9])0000($|[^0-9])')
  THEN try_strptime({trim_sql("sent_at")}, [{_DATE_FORMATS}])
  ELSE NULL END"""

# Three zeros behind a mark (`1,000`) are a thousand as well as a decimal: such a text is not read.
_INTEGER = f"""CASE
  WHEN strlen(pages) = 1 AND pages BETWEEN '0' AND '9' THEN CAST(pages AS INTEGER)
  WHEN strlen(pages) = 3 AND ends_with(pages, '.0') AND pages >= '0' AND pages < ':'
  THEN CAST(left(pages, 1) AS INTEGER)
  WHEN pages = '' THEN NULL
  WHEN CAST(TRY_CAST(pages AS INTEGER) AS VARCHAR) = pages THEN CAST(pages AS INTEGER)
  WHEN regexp_full_match(pages, '[{BLANKS}]*[+-]?[0-9]+([.,]0{{1,2}})?[{BLANKS}]*')
  THEN TRY_CAST(regexp_extract(pages, '[+-]?[0-9]+') AS INTEGER)
  ELSE NULL END"""
# Negative pages become 0, which is "no page" to the rules and takes nothing off a sum.
_PAGES = f"CASE WHEN ({_INTEGER}) < 0 THEN 0 ELSE {_INTEGER} END"


_RAW_PAGES = f"""CASE
  WHEN strlen(pages) = 1 AND staged_pages IS NOT NULL THEN NULL
  WHEN CAST(staged_pages AS VARCHAR) = pages THEN NULL
  WHEN pages = '' OR {trim_sql("pages")} = '' THEN NULL
  ELSE pages END"""

# A date without a time says less than the midnight it becomes, so its text is kept.
_RAW_SENT_AT = f"""CASE
  WHEN staged_sent_at BETWEEN $earliest AND $latest AND contains(sent_at, ':') THEN NULL
  WHEN sent_at = '' OR {trim_sql("sent_at")} = '' THEN NULL
  ELSE sent_at END"""


def _flag(text: str) -> str:
    # Not IN: DuckDB makes a join of a longer list, which costs 500 ns on every row, ordinary or not.
    return f"""CASE
  WHEN {text} = '0' THEN FALSE
  WHEN {text} = '1' THEN TRUE
  WHEN {text} = '' THEN NULL
  WHEN regexp_full_match({text}, '[{BLANKS}]*(0([.]0)?|false|faux|non|no)[{BLANKS}]*', 'i') THEN FALSE
  WHEN regexp_full_match({text}, '[{BLANKS}]*(1([.]0)?|true|vrai|oui|yes)[{BLANKS}]*', 'i') THEN TRUE
  ELSE NULL END"""


LONGEST_S = 24 * 3600
"""A longer duration is unlikely: the largest jobs take hours, and a longer one is a date, a sum or a slip."""

# Decimals without an exponent, and not `1,234`: three digits behind a mark are a thousand or a decimal.
AMOUNT = "[+-]?[0-9]+([.,][0-9]+)?"
_AMBIGUOUS = "[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}"


def _amount(text: str, sql_type: str, most: str) -> str:
    trimmed = trim_sql(text)
    return f"""CASE
  WHEN {text} = '' THEN NULL
  WHEN regexp_full_match({trimmed}, '{AMOUNT}') AND NOT regexp_full_match({trimmed}, '{_AMBIGUOUS}')
    AND TRY_CAST(replace({trimmed}, ',', '.') AS {sql_type}) BETWEEN 0 AND {most}
  THEN TRY_CAST(replace({trimmed}, ',', '.') AS {sql_type})
  ELSE NULL END"""


def _raw_amount(text: str, decimals: int) -> str:
    # What is rounded says less than its text.
    exact = rf"[+]?[0-9]+([.,][0-9]{{0,{decimals}}}0*)?"
    return f"""CASE
  WHEN {text} = '' THEN NULL
  WHEN staged_{text} IS NOT NULL AND regexp_full_match({trim_sql(text)}, '{exact}') THEN NULL
  WHEN {trim_sql(text)} = '' THEN NULL
  ELSE {text} END"""


_USER_KEY = f"""CASE
  WHEN user_name = '' OR user_name = {normal_name_sql("user_name")} THEN NULL
  ELSE {normal_name_sql("user_name")} END"""


STAGED: Mapping[str, str] = MappingProxyType(
    {
        "staged_digits": _DIGITS,
        "staged_sent_at": _SENT_AT,
        "staged_pages": _PAGES,
        "staged_duration_s": _amount("duration_s", "INTEGER", str(LONGEST_S)),
        "staged_billed_pages": _amount("billed_pages", "DECIMAL(12,2)", "9999999999.99"),
    }
)

PARSED: Mapping[str, str] = MappingProxyType(
    {
        "fax_id": "fax_id",
        "user_name": "user_name",
        "user_email": "user_email",
        "reseller": "reseller",
        "mode": f"CASE WHEN mode = 'SF' OR mode = 'RF' THEN mode ELSE upper({trim_sql('mode')}) END",
        "sent_at": "CASE WHEN staged_sent_at BETWEEN $earliest AND $latest THEN staged_sent_at END",
        "sender_number": "sender_number",
        "called_text": "called_text",
        "number": _NUMBER,
        "number_type": "''",
        "country": "''",
        "is_international": _flag("is_international"),
        "is_internal": _flag("is_internal"),
        "pages": "staged_pages",
        "duration_s": "staged_duration_s",
        "billed_pages": "staged_billed_pages",
        "billing_type": "billing_type",
        "raw_mode": f"""CASE
  WHEN mode = 'SF' OR mode = 'RF' OR mode = '' THEN NULL
  WHEN upper({trim_sql("mode")}) = mode OR {trim_sql("mode")} = '' THEN NULL
  ELSE mode END""",
        "raw_sent_at": _RAW_SENT_AT,
        "raw_pages": _RAW_PAGES,
        "user_key": _USER_KEY,
        "raw_duration_s": _raw_amount("duration_s", decimals=0),
        "raw_billed_pages": _raw_amount("billed_pages", decimals=2),
    }
)


PARSED_FROM: Mapping[str, str] = MappingProxyType(
    {name: name.removeprefix("raw_") for name in PARSED} | {"number": "called_text", "user_key": "user_name"}
)
"""The one source column on which each parsed one depends: a text that stands in many rows is parsed once."""


def parsing_sql(source: str, carried: Sequence[str] = ("report_id", "line")) -> str:
    """Query that parses each row of `source`, with columns in the order of the `faxes` table.

    It needs the values of `DateLimits.values`.

    Args:
        source: Relation for the FROM clause, with the source texts and the carried columns.
        carried: Columns of `source` that pass through unchanged, before the parsed ones.
    """
    staged = ", ".join(f"{sql} AS {name}" for name, sql in STAGED.items())
    parsed = ", ".join([*carried, *(f"{sql} AS {name}" for name, sql in PARSED.items())])
    return f"SELECT {parsed} FROM (SELECT *, {staged} FROM {source})"
