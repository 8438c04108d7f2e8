"""Pre-aggregated cube: a selection counted by hour, mode and verdict, in one scan of the lake.

Ten million rows become some ten thousand. Summary, timeline, heat map and rules all follow from them, each by
the metric's own definition: `metric_over_cube` rewrites it for rows that stand for many faxes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import sqlglot
from sqlglot import exp

from faxcloud.domain.metrics import BY_KEY, METRICS

DIMENSIONS = ("mode", "is_valid", "violations", "warnings", "is_international", "is_internal")
MEASURES: Mapping[str, str] = MappingProxyType(
    {
        "rows": "count(*)",
        "with_pages": "count(*) FILTER (WHERE pages > 0)",
        "pages": "CAST(sum(pages) AS BIGINT)",
        "duration_s": "CAST(sum(duration_s) AS BIGINT)",
        "billed_pages": "CAST(sum(billed_pages) AS DECIMAL(18,2))",
    }
)
"""Summed columns; `rows` is how many faxes a row of the cube stands for."""

NOT_ADDITIVE = frozenset(("users",))
"""Metrics that the cube cannot compute: the same user is in many of its rows."""


def cube_sql(rows: str) -> str:
    """Query that counts the selection; `hour` is the start of the hour in local time, or null."""
    measures = ", ".join(f'{sql} AS "{name}"' for name, sql in MEASURES.items())
    return (
        f"SELECT date_trunc('hour', sent_at) AS hour, {', '.join(DIMENSIONS)}, {measures}"
        f" FROM {rows} GROUP BY ALL"
    )


def metric_over_cube(sql: str) -> str:
    """Rewrite an aggregate over `faxes` as the same aggregate over the cube.

    A row of the cube holds the totals of many faxes, so a measure (pages, duration) can only be added up as
    it is: neither a filter nor an expression can be asked of the pages of each fax.

    Raises:
        ValueError: the cube cannot answer it.

    >>> metric_over_cube("count(*) FILTER (WHERE is_valid)")
    'COALESCE(SUM("rows") FILTER(WHERE is_valid), 0)'
    """
    tree: exp.Expr = sqlglot.parse_one(sql, read="duckdb").transform(_measured)
    for filtered in tree.find_all(exp.Filter):
        if not _names(filtered.expression) <= set(DIMENSIONS):
            raise ValueError(f"no filter over the cube: {sql}")
    counted: list[exp.Expr] = []
    for aggregate in list(tree.find_all(exp.AggFunc)):
        if isinstance(aggregate, exp.Count) and isinstance(aggregate.this, exp.Star):
            total: exp.Expr = exp.Sum(this=exp.column("rows", quoted=True))
            aggregate.replace(total)
            counted.append(total)
            tree = total if aggregate is tree else tree
        elif isinstance(aggregate, exp.Sum):
            is_measure = isinstance(aggregate.this, exp.Column) and aggregate.this.name in MEASURES
            is_distinct = isinstance(aggregate.this, exp.Distinct)
            if not is_measure and (is_distinct or not _names(aggregate) <= set(DIMENSIONS)):
                raise ValueError(f"no sum over the cube: {sql}")
            if not is_measure:
                weighted = exp.Mul(this=exp.paren(aggregate.this), expression=exp.column("rows", quoted=True))
                aggregate.set("this", weighted)
        else:
            raise ValueError(f"not additive: {sql}")
    for total in counted:
        whole = total.parent if isinstance(total.parent, exp.Filter) else total
        number = exp.Coalesce(this=whole.copy(), expressions=[exp.Literal.number(0)])
        tree = number if whole is tree else tree
        whole.replace(number)
    return tree.sql(dialect="duckdb")


_COUNTED = sqlglot.parse_one(MEASURES["with_pages"], read="duckdb")


def _measured(node: exp.Expr) -> exp.Expr:
    """A count that the cube holds as a measure, as the sum of that measure."""
    return exp.Sum(this=exp.column("with_pages", quoted=True)) if node == _COUNTED else node


def _names(tree: exp.Expr) -> set[str]:
    """The columns that an expression reads."""
    return {column.name for column in tree.find_all(exp.Column)}


OVER_CUBE: Mapping[str, str] = MappingProxyType(
    {metric.key: metric_over_cube(metric.sql) for metric in METRICS if metric.key not in NOT_ADDITIVE}
)
"""Each published number, by key, as an aggregate over the cube."""


def columns_sql(aggregates: Mapping[str, str], *, by_verdict: bool = False) -> str:
    """Named columns of a SELECT, one per aggregate.

    Args:
        by_verdict: The rows were selected by validation result: they have no compliance then, since of the
            invalid ones it would be 0 % by definition.
    """
    if by_verdict and "compliance_rate" in aggregates:
        aggregates = {**aggregates, "compliance_rate": "CAST(NULL AS DOUBLE)"}
    return ", ".join(f'{sql} AS "{key}"' for key, sql in aggregates.items())


OVER_ROWS: Mapping[str, str] = MappingProxyType(
    {
        key: BY_KEY[key].sql
        for key in ("faxes", "valid", "invalid", "compliance_rate", "violations", "sent", "received", "pages")
    }
)
"""The numbers of a group that the cube does not know, such as a user."""
