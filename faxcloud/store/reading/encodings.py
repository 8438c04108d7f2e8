"""Encoding detection: UTF-8 value by value, otherwise the single-byte encoding that makes French words."""

from __future__ import annotations

import re
from functools import cache

SINGLE_BYTE = ("windows-1252", "iso-8859-15", "cp850", "mac-roman")
"""By preference, where several fit equally well."""

UNDECIDED = "utf-8"

_CODECS = {"mac-roman": "mac_roman", "windows-1252": "cp1252"}

_TYPICAL_UTF8 = re.compile(
    rb"(?:\xc2[\xa0-\xbf]|\xc3[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xe2\x80[\x80-\xaf]|\xe2\x82\xac)+"
)
"""Sequences that French text has in UTF-8; in a single-byte encoding they would read `Ã©`."""

_LOWER = frozenset("éèêëàâäçîïôöùûüÿœæñáíóúß")
_UPPER = frozenset("ÉÈÊËÀÂÄÇÎÏÔÖÙÛÜŸŒÆÑÁÍÓÚ")
_MARKS = frozenset("’‘“”«»–—…€°ºª²³·•\u00a0§©®µ")
_SAMPLE = 2_000
"""Bytes beyond ASCII that are looked at: a few hundred decide."""


@cache
def codec_name(encoding: str) -> str:
    """Python's name of an encoding."""
    return _CODECS.get(encoding, encoding)


def decode(value: bytes, encoding: str) -> str:
    """Decode one value: UTF-8 where it is (in a file of another encoding: typical UTF-8), else `encoding`.

    A byte that has no meaning becomes U+FFFD. `utf-8` stands for Windows-1252 where a value is no UTF-8:
    files are joined by hand from several.

    >>> decode(b"B\\xc3\\xa9", "windows-1252"), decode(b"B\\xe9", "utf-8"), decode(b"B\\x82", "cp850")
    ('Bé', 'Bé', 'Bé')
    """
    if encoding == UNDECIDED or not _ANY_BEYOND_ASCII.search(_TYPICAL_UTF8.sub(b"", value)):
        try:
            return _without_mojibake(value.decode("utf-8"))
        except UnicodeDecodeError:
            encoding = SINGLE_BYTE[0] if encoding == UNDECIDED else encoding
    return value.decode(codec_name(encoding), "replace")


_ANY_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_MOJIBAKE = re.compile(
    "[ÃÂ][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2122]|â€"
)


def _without_mojibake(text: str) -> str:
    """UTF-8 that was taken for Windows-1252 and encoded again (`Ã©` for `é`), put right.

    >>> _without_mojibake("Agn\u00c3\u00a8s"), _without_mojibake("São")
    ('Agnès', 'São')
    """
    if not _MOJIBAKE.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def is_mojibake(value: bytes) -> bool:
    """Whether `decode` puts a doubly encoded value right."""
    return b"\xc3" in value and _MOJIBAKE.search(value.decode("utf-8", "ignore")) is not None


def find_encoding(data: bytes) -> str:
    """Detect the encoding of a file from a part of it; `utf-8` for ASCII.

    Some bytes of a UTF-8 file may be damaged; a single-byte encoding is hardly ever UTF-8 by accident.
    """
    if data.isascii():
        return UNDECIDED
    text = data.decode("utf-8", "surrogateescape")
    beyond_ascii = [character for character in text if character > "\x7f"]
    foreign = sum("\udc80" <= character <= "\udcff" for character in beyond_ascii)
    if 2 * foreign <= len(beyond_ascii):
        return UNDECIDED
    return _best_single_byte(_TYPICAL_UTF8.sub(b"", data))


def _best_single_byte(data: bytes) -> str:
    contexts = [(data[max(at - 1, 0) : at], data[at : at + 1], data[at + 1 : at + 2]) for at in _places(data)]
    scores = {encoding: _score(contexts, codec_name(encoding)) for encoding in SINGLE_BYTE}
    # max takes the first of equals.
    return max(SINGLE_BYTE, key=scores.__getitem__)


def _places(data: bytes) -> list[int]:
    places = []
    for found in _ANY_BEYOND_ASCII.finditer(data):
        places.append(found.start())
        if len(places) == _SAMPLE:
            break
    return places


def _score(contexts: list[tuple[bytes, bytes, bytes]], codec: str) -> float:
    score = 0.5 if codec == codec_name(SINGLE_BYTE[0]) else 0.0
    for before, byte, after in contexts:
        character = byte.decode(codec, "replace")
        in_word = before.isalpha() or after.isalpha()
        if character in _LOWER:
            score += 2 if in_word or before > b"\x7f" or after > b"\x7f" else 0.5
        elif character in _UPPER:
            score += -2 if before.islower() else 1.5 if in_word else -0.5
        elif character in _MARKS:
            score += 0.5
        else:
            score -= 1 if character.isprintable() and character != "\ufffd" else 3
    return score
