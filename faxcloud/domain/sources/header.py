"""Header matching: which header of a file holds which source column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from faxcloud.domain.columns import EXPORT_HEADERS, RAW, SOURCE_NAMES
from faxcloud.domain.sources.format import SourceFormat

EXTRA_NAMES = ("sent_time", "kind")
"""Columns that reading uses up: the time beside a date, and what tells faxes from other records."""

_IN_WORDS = frozenset(("Ll", "Lu", "Lt", "Lo", "Nd", "Nl", "No"))
_LOOSE_RANK = 1_000
"""A name that matches only loosely loses to any that matches as it is written."""

_SMALL_WORDS = frozenset(
    ["a", "au", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "un", "une", "the", "of", "in"]
)
_ABBREVIATIONS: Mapping[str, str] = {
    "nb": "nombre", "nbr": "nombre", "nbre": "nombre", "qte": "nombre",
    "n": "numero", "no": "numero", "num": "numero", "nr": "numero", "tel": "numero", "telephone": "numero",
    "fact": "facturee", "factu": "facturee", "facture": "facturee", "facturable": "facturee",
    "util": "utilisateur", "pag": "page", "pg": "page", "p": "page",
    "dest": "destinataire", "exp": "expediteur", "emett": "emetteur",
    "inter": "international", "intl": "international", "int": "interne",
    "reelle": "reel", "dur": "duree", "msg": "messagerie", "mel": "messagerie",
}  # fmt: skip
_UNIT = re.compile(
    r"[(\[]\s*(?:s|sec\w*|min\w*|mn|h|hh?:mm(?::ss)?|mm:ss|€|eur)\.?\s*[)\]]\s*$", re.IGNORECASE
)
MINUTES = re.compile(r"(?:[(\[]\s*(?:min\w*|mn)\.?\s*[)\]]|\ben minutes|\bin minutes)\s*$", re.IGNORECASE)
"""A header that says that its durations are minutes."""


def header_key(header: str) -> str:
    """Normalise a header: ignore case, accents, apostrophes, punctuation and spacing.

    Everything that is neither letter nor digit separates words, so a BOM left in front, surrounding
    quotes, U+00A0 and `Date/heure` need no case of their own.

    >>> header_key('\\ufeff"Numéro\\u00a0 d’envoi" ')
    'numero d envoi'
    """
    decomposed = unicodedata.normalize("NFKD", header.replace("\u00ef\u00bb\u00bf", " ").casefold())
    plain = (char for char in decomposed if not unicodedata.combining(char))
    # The apostrophe U+02BC is a modifier letter (Lm): it separates words.
    return " ".join(
        "".join(char if unicodedata.category(char) in _IN_WORDS else " " for char in plain).split()
    )


@lru_cache(maxsize=4096)
def loose_key(header: str) -> str:
    """Normalise a header further: ignore units, small words, plurals, abbreviations and the words' order.

    >>> loose_key("Nb. de pages fact.") == loose_key("Nombre de pages facturées")
    True
    """
    words = header_key(_UNIT.sub("", header)).replace("n o ", "no ").split()
    words = [word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in words]
    return " ".join(sorted(_ABBREVIATIONS.get(word, word) for word in words if word not in _SMALL_WORDS))


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """Result of header matching: which header holds which source column.

    Attributes:
        columns: Source column to its position in the file; of `RAW_NAMES` too in one of our own exports, and
            of `EXTRA_NAMES`.
        unknown: Headers that hold no column of ours, as written, in file order; the losers of
            `duplicates` are among them. Blank headers are left out.
        missing: The service's names of the required columns that were not found.
        duplicates: Source column to the headers that lost it to a better one.
        ambiguous: Of these, required columns that two equally good headers claim.
    """

    columns: Mapping[str, int]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    duplicates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ambiguous: tuple[str, ...] = ()


def match_header(headers: Sequence[str], source: SourceFormat) -> HeaderMatch:
    """Match a file's header by name, in any order.

    Where two headers claim one column, an earlier name of the source beats a later one, a name as written
    beats one that matches loosely, and of two equal ones the first in the file wins; the losers are
    reported, and a tie for a required column too: whichever were taken, half of the numbers could be wrong.
    """
    known, loosely_known = _names_of(source)
    claims: dict[str, list[tuple[int, int]]] = {}
    unclaimed: set[int] = set()
    for position, header in enumerate(headers):
        named = known.get(header_key(header)) or loosely_known.get(loose_key(header))
        if named is None:
            unclaimed.add(position)
        for column, rank in named or ():
            claims.setdefault(column, []).append((rank, position))
    columns = {name: min(claims[name])[1] for name in _ALL_NAMES if name in claims}
    losers = {name: sorted(at for _, at in claims[name] if at != columns[name]) for name in columns}
    unclaimed.update(position for lost in losers.values() for position in lost)
    unclaimed.difference_update(columns.values())
    return HeaderMatch(
        columns=columns,
        unknown=tuple(headers[at].strip() for at in sorted(unclaimed) if header_key(headers[at])),
        missing=tuple(EXPORT_HEADERS[name] for name in source.required if name not in columns),
        duplicates={name: tuple(headers[at].strip() for at in lost) for name, lost in losers.items() if lost},
        ambiguous=tuple(name for name in source.required if _is_tie(claims.get(name, []))),
    )


_ALL_NAMES = (*SOURCE_NAMES, *(column.name for column in RAW), *EXTRA_NAMES)
_Names = dict[str, list[tuple[str, int]]]
_NAMES_BY_SOURCE: dict[str, tuple[SourceFormat, _Names, _Names]] = {}


def _names_of(source: SourceFormat) -> tuple[_Names, _Names]:
    """Exact and loose keys of a source's header names, with the column and rank of each."""
    cached = _NAMES_BY_SOURCE.get(source.name)
    if cached is None or cached[0] is not source:
        named = [*source.columns.items(), *((column.name, (column.header,)) for column in RAW)]
        exact: _Names = {}
        loose: _Names = {}
        for column, names in named:
            for rank, name in enumerate(names):
                exact.setdefault(header_key(name), []).append((column, rank))
                loose.setdefault(loose_key(name), []).append((column, _LOOSE_RANK + rank))
        cached = source, exact, {key: value for key, value in loose.items() if key}
        _NAMES_BY_SOURCE[source.name] = cached
    return cached[1], cached[2]


def _is_tie(claims: Sequence[tuple[int, int]]) -> bool:
    ranks = sorted(rank for rank, _ in claims)
    return len(ranks) > 1 and ranks[0] == ranks[1]
