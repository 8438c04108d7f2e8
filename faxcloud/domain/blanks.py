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


def name_sql(column: str) -> str:
    """SQL expression of a name as exported; `''` for white space alone, which names nobody."""
    return f"CASE WHEN {has_text_sql(column)} THEN {column} ELSE '' END"
