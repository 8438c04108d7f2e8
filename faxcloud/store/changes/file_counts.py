"""Row counts of lake files, read from the files themselves: for an import's report and for checks."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faxcloud.domain.metrics import METRICS
from faxcloud.domain.rulesets.conditions import violation_ids
from faxcloud.store.queries.engine import Engine, file_list


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over rows.

    Attributes:
        numbers: Each published number by its key.
        violations: Rows per violated error rule; a row may count for several.
        warnings: Likewise for warnings.
        first_at: Earliest fax, local time; None when no row has a date.
        last_at: Latest fax, likewise.
    """

    numbers: Mapping[str, Any]
    violations: Mapping[str, int]
    warnings: Mapping[str, int]
    first_at: dt.datetime | None
    last_at: dt.datetime | None


def tally_files(engine: Engine, paths: Sequence[str], report_id: str | None = None) -> Tally:
    """Count the rows of files below the engine's folder, of one report where it is given.

    Raises:
        LakeUnavailable: a file cannot be read.
    """
    source = f"read_parquet({file_list(engine.folder, paths)})"
    condition = "report_id = $report_id" if report_id else "TRUE"
    values = {"report_id": report_id} if report_id else {}
    numbers = ", ".join(f"{metric.sql} AS {metric.key}" for metric in METRICS)
    row = engine.rows(
        f"SELECT {numbers}, min(sent_at) AS first_at, max(sent_at) AS last_at"
        f" FROM {source} WHERE {condition}",
        values,
    )[0]
    verdicts = engine.rows(
        f"SELECT violations, warnings, count(*) AS faxes FROM {source}"
        f" WHERE {condition} AND (violations <> '' OR warnings <> '') GROUP BY ALL",
        values,
    )
    first_at, last_at = row.pop("first_at"), row.pop("last_at")
    return Tally(
        numbers=row,
        violations=rule_counts((verdict["violations"], verdict["faxes"]) for verdict in verdicts),
        warnings=rule_counts((verdict["warnings"], verdict["faxes"]) for verdict in verdicts),
        first_at=first_at,
        last_at=last_at,
    )


def rows_per_report(engine: Engine, paths: Sequence[str]) -> dict[str, int]:
    """Number of rows per report in files below the engine's folder; every row is read.

    Raises:
        LakeUnavailable: a file cannot be read.
    """
    if not paths:
        return {}
    rows = engine.rows(
        "SELECT report_id, count(*) AS faxes, max(hash(COLUMNS(*))) AS read"
        f" FROM read_parquet({file_list(engine.folder, paths)}, union_by_name = true) GROUP BY report_id"
    )
    return {row["report_id"]: row["faxes"] for row in rows}


def rule_counts(verdicts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Rows per rule from rows per verdict, most violated first.

    >>> rule_counts([("mode.missing|pages.zero", 2), ("pages.zero", 3), ("", 9)])
    {'pages.zero': 5, 'mode.missing': 2}
    """
    counts: Counter[str] = Counter()
    for verdict, rows in verdicts:
        for rule_id in violation_ids(verdict):
            counts[rule_id] += rows
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
