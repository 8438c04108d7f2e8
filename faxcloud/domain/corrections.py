"""Suggestions for correcting wrong called numbers.

A suggestion is made where one slip explains the whole text and leaves one number: a missing zero, or a letter
typed for a digit. Where digits are lost (a truncated number, one that a spreadsheet has destroyed) there is
none: the number has to be looked up, unless the rest begins exactly one of the numbers that were called
without a violation. The caller checks the suggested number against the active ruleset
(`store.queries.corrections.passing`), so a number that the rules refuse, such as a mobile one, is never
proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from faxcloud.domain.blanks import trim
from faxcloud.domain.numbers import normalised
from faxcloud.i18n import N_

Slip = Literal[
    "letter",
    "decimal",
    "twice",
    "country_twice",
    "trunk_zero",
    "overseas",
    "missing_zero",
    "trailing",
    "cut_off",
]

SLIPS: Mapping[Slip, str] = MappingProxyType(
    {
        "letter": N_("A letter instead of a digit (O for 0, I for 1)."),
        "decimal": N_("A spreadsheet added decimals (.0)."),
        "twice": N_("The number is written twice."),
        "country_twice": N_("The country code of France, 33, is written twice."),
        "trunk_zero": N_("The 0 after the country code of France is superfluous: +33 (0)1 is dialled +33 1."),
        "overseas": N_("Overseas number: the rules expect it in its ten-digit form."),
        "missing_zero": N_(
            "The leading 0 is missing: a spreadsheet drops it from what it takes for a figure."
        ),
        "trailing": N_("Extra digits after the number, such as an extension; to be checked."),
        "cut_off": N_("The end is missing; only one correct number begins like this. To be checked."),
    }
)
"""What went wrong, by a stable id, in the order in which it is looked for: the surest first."""

_SEPARATED = re.compile(r"[0-9 \t\u00a0\u202f.\-/()+_]*")
_DECIMAL = re.compile(r"([0-9]{9,14})[.,]0{1,3}", re.ASCII)
_TRAILING = re.compile(r"(.*[0-9])[^0-9]+[0-9]{1,4}[^0-9]*")
_LETTERS = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1", "|": "1"})
_FRENCH = re.compile(r"33[1-9][0-9]{8}")
_CUT_OFF = re.compile(r"33[1-9][0-9]{5,7}")
_NATIONAL_LENGTH = 9
_OVERSEAS = re.compile(r"(?:262|590|594|596)((?:262|263|269|590|594|596)[0-9]{6})")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Suggested replacement for a wrong number.

    Attributes:
        slip: What went wrong; its sentence is in `SLIPS`.
        number: In its normal form, 33 and nine digits.
    """

    slip: Slip
    number: str

    @property
    def written(self) -> str:
        """The number as written in an address book.

        >>> Suggestion("missing_zero", "33145221134").written
        '01 45 22 11 34'
        """
        digits = "0" + self.number[2:]
        return " ".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def suggest(called_text: str, number: str) -> Suggestion | None:
    """Suggest a correction for a wrong number; None where no single slip explains it, or digits are lost.

    Args:
        called_text: As exported.
        number: Its normal form.

    >>> suggest("145221134", "145221134"), suggest("3,90957E+11", "39095711")
    (Suggestion(slip='missing_zero', number='33145221134'), None)
    """
    called_text = trim(called_text)
    is_lost = not is_only_digits(called_text)
    for slip, mended in _MENDERS.items():
        if is_lost and slip not in _OF_TEXTS:
            continue
        found = mended(called_text, number)
        if found is not None and found != number and _FRENCH.fullmatch(found):
            return Suggestion(slip, found)
    return None


def is_cut_off(called_text: str, number: str) -> bool:
    """Whether a text is the beginning of a French number, long enough that few numbers begin with it.

    >>> is_cut_off("331452211", "331452211"), is_cut_off("33145", "33145")
    (True, False)
    """
    return is_only_digits(trim(called_text)) and bool(_CUT_OFF.fullmatch(number))


def is_only_digits(called_text: str) -> bool:
    """Whether a text holds only digits and separators, so that its normal form loses nothing.

    >>> is_only_digits("+33 (0)1 45"), is_only_digits("O145221134")
    (True, False)
    """
    return bool(_SEPARATED.fullmatch(called_text))


def _letter(text: str, _number: str) -> str | None:
    digits = text.translate(_LETTERS)
    # A text that still holds a letter, such as `3,9E+11`, is not a number with a typing error.
    is_slip = digits != text and is_only_digits(digits)
    return normalised(digits) if is_slip else None


def _decimal(text: str, _number: str) -> str | None:
    found = _DECIMAL.fullmatch(text)
    return normalised(found[1]) if found else None


def _twice(_text: str, number: str) -> str | None:
    half, odd = divmod(len(number), 2)
    is_twice = not odd and number[:half] == number[half:]
    return normalised(number[:half]) if is_twice else None


def _country_twice(_text: str, number: str) -> str | None:
    rest = number.lstrip("0").removeprefix("33")
    return normalised(rest) if rest.startswith(("33", "0033")) else None


def _trunk_zero(_text: str, number: str) -> str | None:
    return "33" + number[3:] if number.startswith("330") else None


def _overseas(_text: str, number: str) -> str | None:
    found = _OVERSEAS.fullmatch(number.removeprefix("00"))
    return "33" + found[1] if found else None


def _missing_zero(_text: str, number: str) -> str | None:
    # What begins with 33 is as likely a number in its international form whose end is cut off.
    return "33" + number if len(number) == _NATIONAL_LENGTH and not number.startswith("33") else None


def _trailing(text: str, _number: str) -> str | None:
    # Only where the text itself breaks there: of twelve digits in a row any one may be too much.
    found = _TRAILING.fullmatch(text)
    return normalised(found[1]) if found else None


_OF_TEXTS: frozenset[Slip] = frozenset(("letter", "decimal", "trailing"))
"""Slips that are seen in a text of more than digits; of every other such text the digits do not say all."""

_MENDERS: Mapping[Slip, Callable[[str, str], str | None]] = MappingProxyType(
    {
        "letter": _letter,
        "decimal": _decimal,
        "twice": _twice,
        "country_twice": _country_twice,
        "trunk_zero": _trunk_zero,
        "overseas": _overseas,
        "missing_zero": _missing_zero,
        "trailing": _trailing,
    }
)
