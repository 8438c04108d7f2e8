"""What of a fax those see who may not read rows in full: no whole number, no e-mail address, no fax id.

A masked number keeps its country, its first digits and its last two, enough to recognise a number that one
knows and too little to learn one. Texts that people type are looked through as well, since a file may hold an
e-mail address or a number where a name belongs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

SIGN = "•"
HIDDEN = 5
"""Digits that a masked number lacks at least: a hundred thousand numbers look the same."""
SHOWN_FIRST = 4
SHOWN_LAST = 2

_SEPARATORS = frozenset(" \t\u00a0\u202f.-/()+_")
_EMAIL = re.compile(r"(?<!\S)\S*@\S*")  # tried once a word: a megabyte without a space must not take minutes
_NUMBER = re.compile(r"\d(?:[\s.\-/()+_]{0,3}\d){5,}")


def mask_number(text: str) -> str:
    """A number without its middle, its separators where they were; anything else that it holds is hidden.

    >>> mask_number("33145221134"), mask_number("+33 1 45 22 11 34"), mask_number("3631"), mask_number("")
    ('3314•••••34', '+33 1 4• •• •• 34', '••••', '')
    """
    digits = sum(char.isdigit() for char in text)
    last = SHOWN_LAST if digits >= HIDDEN + SHOWN_LAST else 0
    first = max(0, min(SHOWN_FIRST, digits - HIDDEN - last))
    shown, place = [], 0
    for char in text:
        if char.isdigit():
            shown.append(char if place < first or place >= digits - last else SIGN)
            place += 1
        else:
            shown.append(char if char in _SEPARATORS else SIGN)
    return "".join(shown)


def mask_identifier(text: str) -> str:
    """An id of which only the last two characters are left, and none of a short one.

    >>> mask_identifier("90012345"), mask_identifier("901"), mask_identifier("")
    ('••••••45', '•••', '')
    """
    last = SHOWN_LAST if len(text) >= HIDDEN + SHOWN_LAST else 0
    return SIGN * (len(text) - last) + text[len(text) - last :]


def mask_text(text: str) -> str:
    """A name or another word, without the e-mail addresses and numbers that stand in it.

    >>> mask_text("Dr. Hélène"), mask_text("helene@example.org, 01 45 22 11 34")
    ('Dr. Hélène', '•••••• 01 4• •• •• 34')
    """
    return _NUMBER.sub(lambda found: mask_number(found[0]), _EMAIL.sub(SIGN * 6, text))


def _nothing(_text: str) -> str:
    return ""


MASKS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        # By the names of domain/entries.py and by those of the table: lists of changes have the latter.
        **dict.fromkeys(
            ("numero_original", "numero_normalise", "numero_envoi", "called_text", "number", "sender_number"),
            mask_number,
        ),
        "fax_id": mask_identifier,
        **dict.fromkeys(("email", "user_email"), _nothing),
        # The source's text where a column could not be read: it may be another column's.
        **dict.fromkeys(
            ("mode_brut", "date_brute", "pages_brutes", "raw_mode", "raw_sent_at", "raw_pages"), _nothing
        ),
        **dict.fromkeys(
            ("utilisateur", "user_name", "revendeur", "reseller", "mode", "type_facturation", "billing_type"),
            mask_text,
        ),
    }
)
"""What is done to the texts of a row, by column; columns that are not here stay as they are."""


def masked(row: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a row that may be shown to anybody who may see rows."""
    return {
        name: MASKS[name](value) if name in MASKS and isinstance(value, str) else value
        for name, value in row.items()
    }
