"""Sanitised text for print: names and numbers from an export, made safe without losing them."""

from __future__ import annotations

import re

LONGEST = 300
LONGEST_WORD = 24
"""Characters of a word after which a line may break: a name without a space must not leave its column."""

ZERO_WIDTH_SPACE = "\u200b"
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Also what turns the writing direction: one name must not mirror the line that it stands in."""
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")


def printable(text: str) -> str:
    """Remove control characters and bidirectional overrides, and join the text to one line."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def on_paper(text: str, most: int = LONGEST) -> str:
    """Printable line of at most so many characters, with places to break it.

    >>> on_paper("Accueil\\tEst")
    'Accueil�Est'
    """
    line = printable(text).strip()
    line = line if len(line) <= most else line[: most - 1].rstrip() + "…"
    return _LONG_WORD.sub(lambda found: found[0] + ZERO_WIDTH_SPACE, line)
