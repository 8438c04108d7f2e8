"""Masking of numbers, e-mail addresses, fax ids and user names for those who may not read rows in full.

User names are shown as they are, as initials or not at all.

A masked number keeps its country, its first digits and its last two: enough to recognise a known number and
too little to learn one. Free texts are masked as well, since a file may hold an e-mail address or a number
where a name belongs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, get_args

from faxcloud.domain.columns import RAW_NAMES
from faxcloud.domain.entries import PUBLISHED_AS

Names = Literal["hidden", "initials", "shown"]
NAMES: tuple[Names, ...] = get_args(Names)
"""What is shown of user names; least first."""

SIGN = "•"
HIDDEN = 5
"""Digits that a masked number lacks at least: a hundred thousand numbers look the same."""
SHOWN_FIRST = 4
SHOWN_LAST = 2

_SEPARATORS = frozenset(" \t\u00a0\u202f.-/()+_")
_EMAIL = re.compile(r"(?<!\S)\S*@\S*")  # tried once a word: a megabyte without a space must not take minutes
_NUMBER = re.compile(r"\d(?:[\s.\-/()+_]{0,3}\d){5,}")


def mask_number(text: str) -> str:
    """Mask the middle of a number, with its separators kept; anything else that it holds is hidden.

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
    """Mask an id except its last two characters; a short id is masked whole.

    >>> mask_identifier("90012345"), mask_identifier("901"), mask_identifier("")
    ('••••••45', '•••', '')
    """
    last = SHOWN_LAST if len(text) >= HIDDEN + SHOWN_LAST else 0
    return SIGN * (len(text) - last) + text[len(text) - last :]


def mask_text(text: str) -> str:
    """Mask the e-mail addresses and numbers in a name or another text.

    >>> mask_text("Dr. Hélène"), mask_text("helene@example.org, 01 45 22 11 34")
    ('Dr. Hélène', '•••••• 01 4• •• •• 34')
    """
    return _NUMBER.sub(lambda found: mask_number(found[0]), _EMAIL.sub(SIGN * 6, text))


def mask_name(name: str, names: Names) -> str:
    """Mask a user's name by the chosen level; e-mail addresses and numbers are masked in any case.

    >>> [mask_name("Hélène Martin-Roy", names) for names in NAMES], mask_name("", "hidden")
    (['••••••', 'H. M.', 'Hélène Martin-Roy'], '')
    >>> mask_name("jean@example.org", "initials"), mask_name("Bloc 2", "initials")
    ('••••••', 'B. 2.')
    >>> mask_name("Laboratoire - Bureau 117", "initials"), mask_name("(.Imagerie)", "initials")
    ('L. B. 1.', 'I.')
    """
    text = mask_text(name)
    if names == "shown" or not name.strip():
        return text
    if names == "hidden" or SIGN in text:
        return SIGN * 6
    firsts = (next(filter(str.isalnum, word), "") for word in text.split())
    return " ".join(f"{first}." for first in firsts if first) or SIGN * 6


def mask_names(found: Sequence[str], names: Names) -> list[str]:
    """Mask a list of names; names that would look the same are numbered.

    >>> mask_names(["Jean Martin", "Julie Morel", "Ann", ""], "initials")
    ['J. M.', 'J. M. (2)', 'A.', '']
    """
    counts: Counter[str] = Counter()
    shown = []
    for name in found:
        text = mask_name(name, names)
        counts[text] += 1
        is_repeated = names != "shown" and text and counts[text] > 1
        shown.append(f"{text} ({counts[text]})" if is_repeated else text)
    return shown


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
        **dict.fromkeys((*RAW_NAMES, *(PUBLISHED_AS[name] for name in RAW_NAMES)), _nothing),
        **dict.fromkeys(
            ("revendeur", "reseller", "mode", "type_facturation", "billing_type"),
            mask_text,
        ),
    }
)
"""What is done to the texts of a row, by column; columns that are not here stay as they are."""


OF_USERS = frozenset(("utilisateur", "user_name", "utilisateur_normalise", "user_key"))
"""Columns with the name of a user."""


def masked(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Masked copy of a row, for anybody who may see rows."""

    def shown(column: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if column in OF_USERS:
            return mask_name(value, names)
        return MASKS[column](value) if column in MASKS else value

    return {column: shown(column, value) for column, value in row.items()}
