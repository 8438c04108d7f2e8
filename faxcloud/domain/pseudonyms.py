"""Pseudonyms: a keyed hash per text, the same throughout an installation.

Nobody without the installation's key can recover the text.

A plain hash would not do: there are so few phone numbers that all of them can be hashed in minutes.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from faxcloud.domain.blanks import trim
from faxcloud.domain.columns import RAW_NAMES
from faxcloud.domain.numbers import normalised

Kind = Literal["n", "u", "e", "f", "s"]
"""What a pseudonym stands for: a number, a user, an e-mail address, a fax id, the subject of an erasure."""

LENGTH = 24
"""Hexadecimal digits, 96 bits: of a billion texts no two share one."""

PSEUDONYMISED: Mapping[str, Kind] = MappingProxyType(
    {
        "fax_id": "f",
        "user_name": "u",
        "user_email": "e",
        "sender_number": "n",
        "called_text": "n",
        "number": "n",
    }
)
"""Columns of a fax that say who, and the kind of their pseudonyms."""

LEFT_OUT = (*RAW_NAMES, "user_key")
"""Source texts that could not be read: they may hold anything, a name that slipped a column included."""


def pseudonym(key: bytes, kind: Kind, text: str) -> str:
    """The keyed pseudonym of a text, such as `n_…`; a blank text gets none, since it names nobody.

    A number has one pseudonym however it is written, and keeps none of its digits: `number_type`, `country`
    and the verdict say what an analysis needs of them.

    >>> pseudonym(b"key", "n", "01 45 22 11 34") == pseudonym(b"key", "n", "33145221134")
    True
    >>> pseudonym(b"key", "u", ""), pseudonym(b"key", "u", " ")
    ('', '')
    """
    if not trim(text):
        return ""
    meant = (normalised(text) or text) if kind == "n" else text
    digest = hmac.digest(key, f"{kind}:{meant}".encode("utf-8", "surrogatepass"), "sha256")
    return f"{kind}_{digest.hex()[:LENGTH]}"
