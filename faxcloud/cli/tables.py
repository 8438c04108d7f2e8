"""Text tables: aligned columns, uncut ids, no terminal control codes."""

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faxcloud.cli.output import printable, say

GAP = "  "
NARROWEST = 12
"""Minimum width of shrinkable columns; below it, lines wrap."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Table column.

    Attributes:
        right: Numbers, aligned by their last digit.
        shrinks: Free text that may be cut where a terminal is too narrow. Ids never are.
    """

    text: str
    right: bool = False
    shrinks: bool = False


def show_table(headings: Sequence[Heading], rows: Iterable[Sequence[object]]) -> None:
    """Print headings and rows. Cut to the width of a terminal, never when the output goes elsewhere."""
    cells = [[printable(cell) for cell in row] for row in rows]
    lines = [[heading.text for heading in headings], *cells]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    if sys.stdout.isatty():
        widths = fitted(widths, headings, shutil.get_terminal_size().columns)
    for line in lines:
        padded = [_padded(*cell) for cell in zip(line, widths, headings, strict=True)]
        say(GAP.join(padded).rstrip())


def show_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print one record: a line per field, the values aligned."""
    pairs = [(printable(name), printable(value)) for name, value in facts]
    widest = max((width(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        say(f"{name}{' ' * (widest - width(name))}{GAP}{value}".rstrip())


def width(text: str) -> int:
    """Display width of a text: two columns for wide East Asian characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def fitted(widths: Sequence[int], headings: Sequence[Heading], room: int) -> list[int]:
    """Column widths that fit into `room`, as far as shrinkable columns allow; the widest shrinks first."""
    fitting = list(widths)
    shrinking = [at for at, heading in enumerate(headings) if heading.shrinks and widths[at] > NARROWEST]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while excess > 0 and shrinking:
        widest = max(shrinking, key=lambda at: fitting[at])
        if fitting[widest] <= NARROWEST:
            break
        fitting[widest] -= 1
        excess -= 1
    return fitting


def _padded(text: str, room: int, heading: Heading) -> str:
    if width(text) > room:
        while width(text) > room - 1:
            text = text[:-1]
        text += "\N{HORIZONTAL ELLIPSIS}"
    space = " " * (room - width(text))
    return space + text if heading.right else text + space
