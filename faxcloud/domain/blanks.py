"""Trimming of white space, the same in Python, in SQL and in bytes."""

from __future__ import annotations

BLANKS = (
    " \t\n\v\f\r\u0085\u00a0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""Unicode's White_Space, line breaks included, and U+FEFF, which stays where files with a BOM were joined.

`str.strip()` and SQL's `trim(text)` trim other characters: neither is for values of a fax.
"""


def trim(text: str) -> str:
    r"""
    >>> trim("\u2028 33145221134\r\n"), trim("\x0033145221134")
    ('33145221134', '\x0033145221134')
    """
    return text.strip(BLANKS)


def trim_sql(expression: str) -> str:
    """DuckDB expression that trims a text that is not NULL."""
    return f"trim({expression}, '{BLANKS}')"


def has_text_sql(column: str) -> str:
    """SQL condition that a text column holds more than white space."""
    return f"{trim_sql(column)} <> ''"


def normal_name_sql(expression: str) -> str:
    """DuckDB expression of a name in NFC, trimmed, with one space for each run of white space."""
    return f"trim(regexp_replace(nfc_normalize({expression}), '[{BLANKS}]+', ' ', 'g'))"


def user_sql() -> str:
    """SQL expression of the user by whom faxes are grouped; `''` for faxes without a name.

    Older data files have no `user_key`: there names are grouped as exported.
    """
    # A name that begins with an ASCII letter or sign is not blank; other names are looked at.
    return f"""CASE WHEN user_key IS NOT NULL THEN user_key
      WHEN user_name >= '!' AND user_name < chr(127) THEN user_name
      ELSE {name_sql("user_name")} END"""


def users_sql() -> str:
    """SQL aggregate: the number of users. Of distinct names, since `user_sql` on each row takes longer."""
    names = "list(DISTINCT user_name) FILTER (WHERE user_key IS NULL)"
    both = f"list_distinct(coalesce({names}, []) || coalesce(list(DISTINCT user_key), []))"
    return f"len(list_filter({both}, lambda name: {has_text_sql('name')}))"


def name_sql(column: str) -> str:
    """SQL expression of a name as exported; `''` for white space alone, which names nobody."""
    return f"CASE WHEN {has_text_sql(column)} THEN {column} ELSE '' END"
