"""Import benchmark: every step of FaxCloud, and rivals that do a part or all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.child import Clock
from benchmarks.data import UTF8, Bench
from benchmarks.measuring import (
    Answer,
    Line,
    ahead_line,
    alternate,
    limit_line,
    median,
    most,
    must_agree,
    ratio_line,
    rows_text,
    run,
)

SHARE = 20
"""Row-by-row Python processes 1/`SHARE` of the rows; its time is multiplied."""

MOST_PEAK_MB = 2048


def measure_large(bench: Bench) -> list[Line]:
    """Ten million rows, against DuckDB's bare copy."""
    found = alternate(_contenders(bench, bench.rows), bench.rounds)
    what = f"import of {rows_text(bench.rows)} rows"
    return [
        *_beside_duckdb(what, found, 1.3),
        limit_line(f"{what}: peak memory", _peak(found), MOST_PEAK_MB, "MB"),
    ]


def measure_small(bench: Bench) -> list[Line]:
    """One million rows, against rivals that do the whole job too."""
    rows = bench.small_rows
    source = bench.export(rows)
    contenders = _contenders(bench, rows)
    for name in ("polars", "pandas", "python"):
        contenders[name] = _rival(bench, f"benchmarks.import_rivals:by_{name}", source)
    found = alternate(contenders, bench.rounds)
    for name in ("polars", "pandas"):
        for key in ("valid", "invalid", "violations"):
            must_agree(f"FaxCloud's and {name}'s {key}", found["faxcloud"][0][key], found[name][0][key])
    must_agree(
        "row-by-row Python's counts and those of the first rows",
        found["python"][0]["invalid"],
        run("benchmarks.imports:first_rows", home=bench.store(rows), rows=found["python"][0]["rows"])[
            "invalid"
        ],
    )
    ours = median(found["faxcloud"])
    what = f"import of {rows_text(rows)} rows"
    python = f"row-by-row Python, 1 row in {SHARE}, times {SHARE}"
    return [
        *_beside_duckdb(what, found, 1.5),
        ahead_line(f"{what}, Polars doing the same", ours, median(found["polars"]), "Polars"),
        ahead_line(f"{what}, vectorised pandas", ours, median(found["pandas"]), "pandas", 4),
        ahead_line(f"{what}, row by row", ours, median(found["python"]), python, 40),
        limit_line(f"{what}: peak memory", _peak(found), MOST_PEAK_MB, "MB"),
    ]


def _contenders(bench: Bench, rows: int) -> dict[str, Callable[[], Answer]]:
    source, twin = bench.export(rows), bench.export(rows, UTF8)

    def ours() -> Answer:
        with bench.scratch("home") as home:
            return run("benchmarks.imports:faxcloud", file=source, home=home)

    return {"faxcloud": ours, "duckdb": _rival(bench, "benchmarks.imports:duckdb_copy", twin)}


def _rival(bench: Bench, target: str, file: Path) -> Callable[[], Answer]:
    def ask() -> Answer:
        with bench.scratch("rival.parquet") as parquet:
            return run(target, file=file, target=parquet)

    return ask


def _beside_duckdb(what: str, found: dict[str, list[Answer]], most_ratio: float) -> list[Line]:
    ours, bare = found["faxcloud"], found["duckdb"]
    copy = "DuckDB's bare COPY of the UTF-8 twin"
    whole = Line(
        what=f"{what}: the process from start to end",
        ours=f"{median(ours, 'process_seconds'):.2f} s",
        beside=f"{copy}: {median(bare, 'process_seconds'):.2f} s",
        ratio=f"{median(ours, 'process_seconds') / median(bare, 'process_seconds'):.2f}",
    )
    cpu = Line(
        what=f"{what}: processor time",
        ours=f"{median(ours, 'cpu'):.2f} s",
        beside=f"{copy}: {median(bare, 'cpu'):.2f} s",
        ratio=f"{median(ours, 'cpu') / median(bare, 'cpu'):.2f}",
    )
    return [ratio_line(f"{what}, all steps", median(ours), median(bare), copy, most_ratio), whole, cpu]


def _peak(found: dict[str, list[Answer]]) -> float:
    return most(found["faxcloud"], "peak_mb")


def faxcloud(file: str, home: str) -> Answer:
    """In the child process: import one file into a new store."""
    from faxcloud.config import Settings
    from faxcloud.wiring import build

    services = build(Settings(home=Path(home)))
    with Clock() as clock:
        result = services.imports.import_file(Path(file))
    services.close()
    return clock.answer(
        rows=result.imported,
        valid=result.valid,
        invalid=result.invalid,
        violations=dict(sorted(result.violations.items())),
    )


def duckdb_copy(file: str, target: str) -> Answer:
    """In the child process: copy texts from CSV to Parquet with a known dialect, nothing else."""
    import duckdb

    connection = duckdb.connect()
    with Clock() as clock:
        connection.execute(
            f"COPY (FROM read_csv('{file}', all_varchar = true, header = true, delim = ';', quote = '\"',"
            f" escape = '\"')) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
    return clock.answer()


def first_rows(home: str, rows: int) -> Answer:
    """In the child process: FaxCloud's verdicts of the first rows of an export."""
    import duckdb

    from benchmarks.data import lake_files, sql_list

    files = sql_list(lake_files(Path(home)))
    sql = f"SELECT count(*) FROM read_parquet({files}) WHERE line <= {rows} AND NOT is_valid"
    found: Any = duckdb.connect().execute(sql).fetchone()
    return {"seconds": 0.0, "invalid": found[0]}
