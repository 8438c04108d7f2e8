"""Rejected records of a file: found while reading, stored in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reject:
    """Record that could not be imported.

    Attributes:
        line: Its record number, 1 = first after the header.
        reason: A stable code such as `columns.few`, see `reading.records.REASONS`.
        text: The source text.
    """

    line: int
    reason: str
    text: str
