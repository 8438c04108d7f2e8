"""Export benchmark: CSV against DuckDB's own COPY, and the other formats."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from benchmarks.child import Clock, resident_mb
from benchmarks.data import Bench, lake_files, sql_list
from benchmarks.measuring import (
    Answer,
    Line,
    alternate,
    limit_line,
    median,
    most,
    must_agree,
    ratio_line,
    rows_text,
    run,
    seconds_text,
)

LEAST_ROWS = 2_000_000
MOST_GROWTH_MB = 200
OTHER_FORMATS = ("xlsx", "parquet", "json")


def measure(bench: Bench) -> list[Line]:
    """Export as many whole days as hold two million rows; of a smaller store, all of it."""
    home = bench.store(bench.rows)
    days = run("benchmarks.exports:days_of", home=home, least=LEAST_ROWS)["days"]

    def ours() -> Answer:
        with bench.scratch("ours.csv") as target:
            return run("benchmarks.exports:faxcloud", home=home, target=target, format="csv", days=days)

    def theirs() -> Answer:
        with bench.scratch("theirs.csv") as target:
            return run("benchmarks.exports:duckdb_copy", home=home, target=target, days=days)

    found = alternate({"faxcloud": ours, "duckdb": theirs}, bench.rounds)
    rows = found["faxcloud"][0]["rows"]
    must_agree("the rows of FaxCloud's and DuckDB's CSV", rows, found["duckdb"][0]["rows"])
    what = f"CSV export of {rows_text(rows)} rows"
    seconds, bare = median(found["faxcloud"]), median(found["duckdb"])
    lines = [
        ratio_line(what, seconds, bare, "DuckDB's COPY of the same rows and columns", 1.5),
        Line(
            f"{what}: rows a second",
            f"{rows / seconds / 1e6:.2f} million",
            f"DuckDB: {rows / bare / 1e6:.2f} million",
        ),
        limit_line(f"{what}: memory growth", most(found["faxcloud"], "growth_mb"), MOST_GROWTH_MB, "MB"),
    ]
    for name in OTHER_FORMATS:
        with bench.scratch(f"ours.{name}") as target:
            last = days if name != "xlsx" else [days[0], days[0]]
            answer = run("benchmarks.exports:faxcloud", home=home, target=target, format=name, days=last)
        speed = f"{answer['rows'] / answer['seconds'] / 1e6:.2f} million rows/s"
        lines.append(
            Line(
                f"{name} export of {rows_text(answer['rows'])} rows, {answer['growth_mb']:,.0f} MB of growth",
                seconds_text(answer["seconds"]),
                speed,
            )
        )
    return lines


def days_of(home: str, least: int) -> Answer:
    """In the child process: first and last day of the shortest period from the start with that many rows."""
    import duckdb

    found = duckdb.sql(
        f"SELECT sent_at::DATE AS day, sum(count(*)) OVER (ORDER BY sent_at::DATE)"
        f" FROM read_parquet({sql_list(lake_files(Path(home)))}) GROUP BY day ORDER BY day"
    ).fetchall()
    last = next((day for day, rows in found if rows >= least), found[-1][0])
    return {"seconds": 0.0, "days": [found[0][0].isoformat(), last.isoformat()]}


def faxcloud(home: str, target: str, format: str, days: list[str]) -> Answer:  # noqa: A002
    """In the child process: `entries export`; it makes formulas harmless, which DuckDB does not."""
    from faxcloud.config import Settings
    from faxcloud.domain.filters import Filters
    from faxcloud.wiring import build

    services = build(Settings(home=Path(home)))
    first, last = map(dt.date.fromisoformat, days)
    before = resident_mb()
    with Clock() as clock:
        kind: Any = format
        rows = services.exports.write(Filters(start_date=first, end_date=last), kind, Path(target))
    from benchmarks.child import peak_mb

    growth = peak_mb() - before
    services.close()
    return clock.answer(rows=rows, growth_mb=growth, bytes=Path(target).stat().st_size)


def duckdb_copy(home: str, target: str, days: list[str]) -> Answer:
    """In the child process: the same columns of the same rows."""
    import duckdb

    from faxcloud.domain.entries import ENTRY

    columns = ", ".join(f"{column.column} AS {column.name}" for column in ENTRY)
    first, last = days
    with Clock() as clock:
        (rows,) = duckdb.execute(  # type: ignore[misc]  # COPY always answers with a count
            f"COPY (SELECT {columns} FROM read_parquet({sql_list(lake_files(Path(home)))})"
            f" WHERE sent_at >= DATE '{first}' AND sent_at < DATE '{last}' + 1)"
            f" TO '{target}' (FORMAT csv, HEADER)"
        ).fetchone()
    return clock.answer(rows=rows)
