"""Erasure subjects and anonymisation: whose faxes are erased, and what an erased fax looks like.

An erased fax counts as before but no longer identifies anybody.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from faxcloud.domain.blanks import trim
from faxcloud.domain.filter_values import LONGEST_TEXT
from faxcloud.domain.numbers import digits_of, normalised, spellings
from faxcloud.errors import FilterInvalid
from faxcloud.i18n import N_

ERASED = "erased"
"""Stands where a text that could not be read stood: that there was one is part of the verdict."""

KEPT_DIGITS = 3
"""Enough for country and mobile, which the built-in rules ask for."""

SHORTEST_NUMBER = 6
"""A shorter one is a service's, such as 15 or 3631, and nobody's own."""

_SEPARATORS = "[ \u00a0\u202f\t./()+_-]{0,3}"
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Subject:
    """Data subject whose faxes are searched for. Never printed, logged or stored: certificates hold a
    pseudonym.

    Attributes:
        kind: A phone number, or a person by user name or e-mail address.
        value: The number's normal form, or the name as `same_person` writes it.
        spellings: Digits that mean the number; none for a person.
    """

    kind: Literal["number", "person"]
    value: str = field(repr=False)
    spellings: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, *, number: str | None = None, person: str | None = None) -> Subject:
        """Parse a number or a person's name, as a user typed it.

        Raises:
            FilterInvalid: neither or both are given, or it is nobody's; the value is not repeated.
        """
        if (number is None) == (person is None):
            raise FilterInvalid(name="number", value="…", expected=N_("either a number or a person"))
        if number is not None:
            value = normalised(number)
            if len(value) < SHORTEST_NUMBER or anonymous_number(value) == value:
                raise FilterInvalid(
                    name="number",
                    value="…",
                    expected=N_("a number of at least {limit} digits"),
                    limit=SHORTEST_NUMBER,
                )
            return cls("number", value, frozenset(spellings(value)))
        value = same_person(person or "")
        if not value or len(value) > LONGEST_TEXT or value == ERASED:
            raise FilterInvalid(
                name="person", value="…", expected=N_("a user name or an e-mail address, as exported")
            )
        return cls("person", value)

    @property
    def core(self) -> str:
        """Digits that every spelling of the number ends with."""
        return min(self.spellings, key=len).removeprefix("0")

    def is_quoted_in(self, text: str) -> bool:
        """Whether a text, such as a rejected record, holds the number or the name as a whole."""
        return self._pattern().search(text if self.kind == "number" else same_person(text)) is not None

    def is_meant_by(self, text: str) -> bool:
        """Whether a column's value is the subject: a number also among other words, a person only alone."""
        if self.kind == "person":
            return same_person(text) == self.value
        return digits_of(text) in self.spellings or self.is_quoted_in(text)

    def _pattern(self) -> re.Pattern[str]:
        if self.kind == "person":
            return re.compile(rf"(?<!\w){re.escape(self.value)}(?!\w)")
        ways = (_SEPARATORS.join(way) for way in sorted(self.spellings, key=len, reverse=True))
        return re.compile(f"(?<![0-9])(?:{'|'.join(ways)})(?![0-9])")


def same_person(text: str) -> str:
    """Normalise a name for comparison: ignore case and the kinds of spaces and of accents.

    >>> same_person("  Dr.\\u00a0H\\u00c9LE\\u0300NE ")
    'dr. hélène'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def anonymous_number(text: str) -> str:
    """Anonymise a number so that the built-in rules judge it alike; letters become x.

    Its first digits, its length, its separators and what damages it stay. A number that a spreadsheet has
    turned into `3,9E+10` keeps the E that shows so.

    >>> anonymous_number("+33 1 45 22 11 34"), anonymous_number("3,9E+10"), anonymous_number("Dr Hélène 06")
    ('+33 1 00 00 00 00', '3,9E+10', 'xx xxxxxx 06')
    """
    keeps_letters = _SCIENTIFIC.fullmatch(trim(text)) is not None
    digits = 0
    written = []
    for char in text:
        if "0" <= char <= "9":
            digits += 1
            written.append(char if digits <= KEPT_DIGITS else "0")
        elif unicodedata.category(char)[0] in "LNM" and not keeps_letters:
            written.append("x")
        else:
            written.append(char)
    return "".join(written)
