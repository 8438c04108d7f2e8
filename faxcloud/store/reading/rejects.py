"""Records of a file that did not become rows: found while reading, kept in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be imported.

    Attributes:
        line: Its record number, 1 = first after the header.
        reason: A stable code such as `columns.few`, see `reading.records.REASONS`.
        text: The source text.
    """

    line: int
    reason: str
    text: str
