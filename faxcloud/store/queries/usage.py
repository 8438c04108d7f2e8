"""Usage and cost queries: a selection counted by user, month, billing type and destination in one scan.

domain/prices.py defines the cost. Here it is integer arithmetic on HUGEINT, since DuckDB divides decimals as
floating point.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa

from faxcloud.domain.blanks import name_sql, user_sql
from faxcloud.domain.prices import AMOUNTS, PLACES, UNIT, Price, PriceList, scaled_price
from faxcloud.store.cache.cache import Cache
from faxcloud.store.queries.cube import MEASURES, OVER_CUBE, OVER_ROWS, columns_sql
from faxcloud.store.queries.engine import Engine
from faxcloud.store.queries.filters import Selection

UsageKey = Literal["user", "reseller", "month", "billing_type", "destination", "report"]

_KEYS: Mapping[UsageKey, str] = {
    "user": "user_name",
    "reseller": "reseller",
    "month": "month",
    "billing_type": "billing_type",
    "destination": "destination",
    "report": "report_id",
}
_DIMENSIONS = (
    *("user_name", "reseller", "report_id", "month", "billing_type", "destination"),
    *("is_international", "is_internal"),
)
_COUNTED = {
    **MEASURES,
    "first_at": "min(sent_at)",
    "last_at": "max(sent_at)",
    "units": "CAST(sum(units) AS DECIMAL(38,0))",
    "without_price": "count(*) FILTER (WHERE line IS NULL)",
    "without_amount": "count(*) FILTER (WHERE line IS NOT NULL AND units IS NULL)",
}
USUAL_PAGES, USUAL_SECONDS, USUAL_PRICE = 10_000, 1_000_000, 10**9
"""Up to these (the price in millionths) twice the scaled cost is 3.2e17, and a BIGINT holds 9.2e18."""

USED = ("faxes", "pages", "billed_pages", "duration_s", "internal", "international")
"""Published numbers (domain/metrics.py) of a usage table."""

_NUMBERS = {
    **{key: OVER_CUBE[key] for key in USED},
    "first_at": "min(first_at)",
    "last_at": "max(last_at)",
    "units": "sum(units)",
    **{key: f"CAST(coalesce(sum({key}), 0) AS BIGINT)" for key in ("without_price", "without_amount")},
}


class UsageReader:
    """Usage queries. Safe for threads; answers are cached per version and price list."""

    def __init__(self, engine: Engine, cache: Cache) -> None:
        self._engine = engine
        self._cache = cache

    def total(self, selection: Selection, prices: PriceList) -> dict[str, Any]:
        """Totals of the whole selection, without a key."""
        return self._over_cube(selection, prices, f"SELECT {columns_sql(_NUMBERS)} FROM cube")[0]

    def groups(self, selection: Selection, prices: PriceList, by: UsageKey) -> list[dict[str, Any]]:
        """Usage by `key`, one row each, in the order of the key; the month is None of undated faxes."""
        numbers = columns_sql(_NUMBERS)
        sql = f"SELECT {_KEYS[by]} AS key, {numbers} FROM cube GROUP BY key ORDER BY key NULLS LAST"
        return self._over_cube(selection, prices, sql)

    def compliance(self, selection: Selection, by: Literal["reseller"]) -> list[dict[str, Any]]:
        """Compliance by user: the same numbers as `FaxReader.groups`, those with most invalid faxes first."""
        numbers = columns_sql(OVER_ROWS, by_verdict=bool(selection.by_verdict))
        sql = (
            f"SELECT {name_sql(_KEYS[by])} AS key, {numbers} FROM {selection.rows}"
            " GROUP BY key ORDER BY invalid DESC, faxes DESC, key"
        )
        return self._cache.get(
            (f"compliance-by-{by}", *selection.key),
            lambda: self._engine.rows(sql, selection.values),
            depends=selection.depends,
        )

    def unpriced(self, selection: Selection, prices: PriceList) -> list[dict[str, Any]]:
        """Faxes without a price: one row per billing type and destination, most first."""
        sql = (
            "SELECT billing_type, destination, CAST(sum(without_price) AS BIGINT) AS faxes FROM cube"
            " WHERE without_price > 0 GROUP BY ALL ORDER BY faxes DESC, billing_type, destination"
        )
        return self._over_cube(selection, prices, sql)

    def _over_cube(self, selection: Selection, prices: PriceList, sql: str) -> list[dict[str, Any]]:
        rows = self._engine.rows(sql, cube=self._cube(selection, prices))
        return [_with_cost(row) if "units" in row else row for row in rows]

    def _cube(self, selection: Selection, prices: PriceList) -> pa.Table:
        def ask() -> pa.Table:
            ordered = prices.ordered()
            sql, values = _cube_sql(selection, ordered, prices.prefixes())
            return self._engine.table(sql, values, prices=_price_table(ordered))

        key = ("usage", prices, *selection.key)
        return self._cache.get(key, ask, depends=selection.depends)


def _with_cost(row: dict[str, Any]) -> dict[str, Any]:
    """`units` as `cost`; None where no fax of the row has one."""
    units = row.pop("units")
    return row | {"cost": None if units is None else Decimal(units).scaleb(-PLACES)}


def _cube_sql(
    selection: Selection, ordered: tuple[Price, ...], prefixes: tuple[str, ...]
) -> tuple[str, dict[str, Any]]:
    values = {
        **selection.values,
        **{f"prefix_{place}": prefix for place, prefix in enumerate(prefixes)},
        **{f"type_{line}": price.billing_type for line, price in enumerate(ordered) if price.billing_type},
        **{f"place_{line}": price.destination for line, price in enumerate(ordered) if price.destination},
    }
    measures = ", ".join(f'{sql} AS "{name}"' for name, sql in _COUNTED.items())
    sql = f"""
      SELECT {", ".join(_DIMENSIONS)}, {measures} FROM (
        SELECT *, {_units_sql()} AS units FROM (
          SELECT *, {_line_sql(ordered)} AS line FROM (
            SELECT {user_sql()} AS user_name, {name_sql("reseller")} AS reseller, report_id,
              CAST(date_trunc('month', sent_at) AS DATE) AS month, billing_type,
              {_destination_sql(len(prefixes))} AS destination, is_international, is_internal,
              pages, duration_s, billed_pages, sent_at
            FROM {selection.rows}))
        LEFT JOIN prices USING (line))
      GROUP BY ALL"""
    return sql, values


def _destination_sql(prefixes: int) -> str:
    """`PriceList.destination`."""
    digits = "CASE WHEN starts_with(number, '00') THEN number[3:] ELSE number END"
    listed = "".join(
        f" WHEN starts_with({digits}, $prefix_{place}) THEN '+' || $prefix_{place}"
        for place in range(prefixes)
    )
    return (
        "CASE WHEN is_internal THEN 'internal' WHEN is_international IS NOT TRUE THEN 'national'"
        f"{listed} ELSE 'international' END"
    )


def _line_sql(ordered: tuple[Price, ...]) -> str:
    """SQL for the price line that applies to a fax: `Price.is_for` in list order; null for none."""
    cases = []
    for line, price in enumerate(ordered):
        conditions = [f"billing_type = $type_{line}"] if price.billing_type else []
        if price.destination == "international":
            conditions.append(f"(destination = $place_{line} OR starts_with(destination, '+'))")
        elif price.destination:  # no class is the beginning of another one; a prefix may be of a longer one
            conditions.append(f"starts_with(destination, $place_{line})")
        cases.append(f" WHEN {' AND '.join(conditions) or 'TRUE'} THEN {line}")
    return f"CAST(CASE{''.join(cases)} END AS INTEGER)" if cases else "CAST(NULL AS INTEGER)"


def _units_sql() -> str:
    """`Price.cost` in units of its last decimal, half up away from zero; null where it is None.

    Ordinary amounts are computed in BIGINT, in which they cannot overflow, at a third of HUGEINT's time.
    """
    usual = _scaled_sql("BIGINT")
    any_size = _scaled_sql("HUGEINT")
    return f"""CASE
      WHEN line IS NULL OR page > 0 AND billed_pages IS NULL OR minute > 0 AND duration_s IS NULL THEN NULL
      WHEN is_usual AND coalesce(billed_pages, 0) BETWEEN 0 AND {USUAL_PAGES}
        AND coalesce(duration_s, 0) BETWEEN 0 AND {USUAL_SECONDS}
        THEN (2 * {usual} + {UNIT}) // {2 * UNIT}
      ELSE sign({any_size}) * ((2 * abs({any_size}) + {UNIT}) // {2 * UNIT}) END"""


def _scaled_sql(integer: str) -> str:
    return (
        f"(CAST(coalesce(billed_pages, 0) * 100 AS {integer}) * page * 60 + CAST(call AS {integer}) * 6000"
        f" + CAST(coalesce(duration_s, 0) AS {integer}) * minute * 100)"
    )


def _price_table(ordered: tuple[Price, ...]) -> pa.Table:
    """The lines in their order, prices in millionths."""
    rows = [
        {
            "line": line,
            "is_usual": all(scaled_price(getattr(price, name)) <= USUAL_PRICE for name in AMOUNTS),
            "page": scaled_price(price.per_page),
            "call": scaled_price(price.per_call),
            "minute": scaled_price(price.per_minute),
        }
        for line, price in enumerate(ordered)
    ]
    amounts = [pa.field(name, pa.int64()) for name in ("page", "call", "minute")]
    names = [pa.field("line", pa.int32()), pa.field("is_usual", pa.bool_()), *amounts]
    return pa.Table.from_pylist(rows, schema=pa.schema(names))
