"""Re-validation benchmark: all stored rows, with no row changed and with one in ten changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.child import Clock
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
)

MOST_PEAK_MB = 2048
TENTH = """
id = "one-in-ten"
extends = "faxcloud-3"
[title]
en = "One in ten"
fr = "Un sur dix"
[description]
en = "Refuses one number in ten."
fr = "Refuse un numéro sur dix."
[[rules]]
id = "number.seven"
field = "number"
severity = "error"
when = "ends_with(number, '7')"
label = { en = "Ends with 7", fr = "Finit par 7" }
explanation = { en = "The called number ends with 7.", fr = "Le numéro appelé finit par 7." }
remedy = { en = "None.", fr = "Aucun." }
"""


def measure(bench: Bench) -> list[Line]:
    """Each run has its own copy of the store, with the files of the same import."""
    home = bench.store(bench.rows)

    def ours(ruleset: str | None) -> Answer:
        with bench.copy_of_store(bench.rows) as copy:
            return run("benchmarks.revalidation:faxcloud", home=copy, ruleset=ruleset)

    def theirs() -> Answer:
        with bench.scratch("rewritten") as folder:
            return run("benchmarks.revalidation:duckdb_rewrites", home=home, folder=folder)

    def judging() -> Answer:
        return run("benchmarks.revalidation:duckdb_judges", home=home)

    same = alternate({"faxcloud": lambda: ours(None), "duckdb": judging}, bench.rounds)
    tenth = alternate({"faxcloud": lambda: ours("one-in-ten"), "duckdb": theirs}, bench.rounds)
    found = same["faxcloud"][0]
    must_agree("the invalid rows of FaxCloud and DuckDB", found["invalid"], same["duckdb"][0]["invalid"])
    must_agree("changed rows and none", found["changed"], 0)
    changed = tenth["faxcloud"][0]
    share = f"{changed['changed'] / changed['scanned']:.1%} changed, {changed['files']} files rewritten"
    what = f"re-validation of {rows_text(bench.rows)} rows"
    evaluating, rewriting = "DuckDB evaluating the conditions", "DuckDB rewriting the same files"
    return [
        ratio_line(
            f"{what}, nothing changed", median(same["faxcloud"]), median(same["duckdb"]), evaluating, 1.4
        ),
        ratio_line(f"{what}, {share}", median(tenth["faxcloud"]), median(tenth["duckdb"]), rewriting, 1.5),
        Line(
            f"{what}, {share}: processor time",
            f"{median(tenth['faxcloud'], 'cpu'):.2f} s",
            f"DuckDB: {median(tenth['duckdb'], 'cpu'):.2f} s",
        ),
        limit_line(f"{what}: peak memory", most(tenth["faxcloud"], "peak_mb"), MOST_PEAK_MB, "MB"),
    ]


def faxcloud(home: str, ruleset: str | None) -> Answer:
    """In the child process: `validate all`, with the list of changes and the history that it writes."""
    from faxcloud.config import Settings
    from faxcloud.wiring import build

    settings = Settings(home=Path(home))
    settings.rulesets_folder.mkdir(exist_ok=True)
    (settings.rulesets_folder / "one-in-ten.toml").write_text(TENTH, "utf-8")
    services = build(settings)
    with Clock() as clock:
        result = services.validation.run(ruleset)
    invalid = services.summaries.summary(_everything()).values["invalid"]
    services.close()
    return clock.answer(
        scanned=result.scanned, changed=result.changed, files=result.files_rewritten, invalid=invalid
    )


def _everything() -> Any:
    from faxcloud.domain.filters import Filters

    return Filters()


def duckdb_judges(home: str) -> Answer:
    """In the child process: evaluate the compiled conditions over every row, without writing."""
    import duckdb

    from faxcloud.domain.rulesets.conditions import compile_ruleset
    from faxcloud.domain.rulesets.parser import builtin_ruleset

    ruleset = compile_ruleset(builtin_ruleset("faxcloud-3"))
    connection = duckdb.connect()
    with Clock() as clock:
        found: Any = connection.execute(
            f"SELECT count(*) FILTER (({ruleset.violations_sql}) <> ''),"
            f" count(*) FILTER (({ruleset.warnings_sql}) <> '')"
            f" FROM read_parquet({sql_list(lake_files(Path(home)))})"
        ).fetchone()
    return clock.answer(invalid=found[0])


def duckdb_rewrites(home: str, folder: str) -> Answer:
    """In the child process: read and rewrite each file unchanged, one per processor at a time.

    Rewriting one file after the other takes longer, since the end of each file is written by one thread.
    """
    import os
    from concurrent.futures import ThreadPoolExecutor

    import duckdb

    Path(folder).mkdir()
    connection = duckdb.connect()

    def rewrite(numbered: tuple[int, str]) -> None:
        number, file = numbered
        connection.cursor().execute(
            f"COPY (FROM read_parquet({sql_list([file])})) TO '{folder}/{number}.parquet'"
            " (FORMAT parquet, COMPRESSION zstd)"
        )

    with Clock() as clock, ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(rewrite, enumerate(lake_files(Path(home)))))
    return clock.answer()
