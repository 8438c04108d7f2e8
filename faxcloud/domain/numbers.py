"""Phone number normalisation in Python, exactly as `domain.parsing` does it in SQL."""

from __future__ import annotations

import re

_NOT_DIGITS = re.compile(r"[^0-9]+")
_FRENCH_LENGTH = 11


def digits_of(text: str) -> str:
    """ASCII digits of a text.

    >>> digits_of("+33 (0)1 45"), digits_of("n° ٣")
    ('330145', '')
    """
    return _NOT_DIGITS.sub("", text)


def normalised(text: str) -> str:
    """Normal form of a number as exported; '' where it has no digit.

    >>> normalised("01 45 22 11 34"), normalised("0033145221134"), normalised("118 218")
    ('33145221134', '33145221134', '118218')
    """
    digits = digits_of(text)
    if digits.startswith("0033"):
        return digits[2:]
    if len(digits) == 10 and digits[0] == "0" and digits[1] != "0":
        return "33" + digits[1:]
    return digits


def spellings(number: str) -> tuple[str, ...]:
    """Spellings of a normalised number: the digits by which people write it.

    More than those that normalise to it: `+33 (0)1 …` and an international prefix in front are its spellings
    too, though the rules find such a called number too long.

    >>> spellings("33145221134")
    ('33145221134', '0033145221134', '0145221134', '330145221134', '00330145221134')
    >>> spellings("41227917111")
    ('41227917111', '0041227917111')
    """
    found = [number, "00" + number]
    if number.startswith("33") and len(number) == _FRENCH_LENGTH:
        rest = number[2:]
        found += ["0" + rest, "330" + rest, "00330" + rest]
    return tuple(found)
