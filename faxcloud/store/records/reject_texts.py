"""Texts of rejected records, searched for an erasure: they quote what stood in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from faxcloud.store.catalogue.tables import rejects

_AT_ONCE = 500
Quoted = Sequence[tuple[str, int]]
"""Report and line of each."""


def rejects_quoting(conn: sa.Connection, is_quoted: Callable[[str], bool]) -> Quoted:
    """Rejected records whose text holds a subject; every text is read."""
    query = sa.select(rejects.c.report_id, rejects.c.line, rejects.c.text).where(rejects.c.text != "")
    found = conn.execute(query, execution_options={"yield_per": _AT_ONCE})
    return [(report_id, line) for report_id, line, text in found if is_quoted(text)]


def blank_rejects(conn: sa.Connection, quoted: Quoted) -> int:
    """Blank the text of rejected records; returns how many.

    Line and reason stay, so the report's counts do.
    """
    one = rejects.update().where(
        rejects.c.report_id == sa.bindparam("of_report"), rejects.c.line == sa.bindparam("at_line")
    )
    values = [{"of_report": report_id, "at_line": line, "text": ""} for report_id, line in quoted]
    for start in range(0, len(values), _AT_ONCE):
        conn.execute(one, values[start : start + _AT_ONCE])
    return len(values)


def per_report(quoted: Quoted) -> dict[str, int]:
    """Number of rejected records by report."""
    return dict(Counter(report_id for report_id, _ in quoted))
