"""Running totals: cumulative counts at the end of each period."""

from collections.abc import Mapping, Sequence
from typing import Any


def running_totals(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Cumulative rows: `start`, the period's own `faxes` as `added`, and the sum of each key so far.

    Before the first fax and after the last one nothing is known, so these are None: a line at zero, or one
    that runs on level into days to come, would claim otherwise. Between the two a period without faxes adds
    nothing, and the total is known all the same.

    >>> rows = [{"start": day, "faxes": faxes} for day, faxes in enumerate((0, 2, 0, 3, 0))]
    >>> [row["faxes"] for row in running_totals(rows, ["faxes"])]
    [None, 2, 2, 5, None]
    """
    with_faxes = [index for index, row in enumerate(rows) if row["faxes"]]
    first, last = (with_faxes[0], with_faxes[-1]) if with_faxes else (0, -1)
    totals = dict.fromkeys(keys, 0)
    running: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        known = first <= index <= last
        if known:
            totals = {key: total + (row[key] or 0) for key, total in totals.items()}
        values = totals if known else dict.fromkeys(keys)
        running.append({"start": row["start"], "added": row["faxes"], **values})
    return running
