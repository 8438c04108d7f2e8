"""Search benchmark: one page per kind of query, after a data change and again with another text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.child import Clock
from benchmarks.data import CP1252, Bench, lake_files, sql_list, write_export
from benchmarks.measuring import Answer, Line, median, rows_text, run, seconds_text

if TYPE_CHECKING:
    from faxcloud.wiring import Services

EXACT_S, PART_S = 0.15, 0.4
LIMITS: dict[str, float | None] = {
    "exact number": EXACT_S,
    "exact fax id": EXACT_S,
    "part of a number": PART_S,
    "part of a fax id": PART_S,
    "part of a name": PART_S,
    "part of an e-mail address": PART_S,
    "no hit, letters": PART_S,
    "no hit, digits": PART_S,
    "newest page": None,
    "page 1000": None,
    "invalid, one rule": None,
}
ARRIVING_ROWS = 1_000


def measure(bench: Bench) -> list[Line]:
    """Every kind of query; the limits hold right after a data change and later."""
    with bench.copy_of_store(bench.rows) as home:
        found = run("benchmarks.search:faxcloud", home=home, rounds=max(3, bench.rounds))
    database = bench.sqlite(bench.rows)
    beside = run("benchmarks.search:sqlite", database=database, home=bench.store(bench.rows))
    return [
        _line(kind, bench.rows, found["times"][kind], beside["times"].get(kind), limit)
        for kind, limit in LIMITS.items()
    ]


def _line(kind: str, rows: int, times: list[Answer], beside: float | None, limit: float | None) -> Line:
    moved, still, again = (median(times, key) for key in ("moved", "still", "again"))
    return Line(
        what=f"search over {rows_text(rows)} rows, {kind}",
        ours=f"{seconds_text(moved)} moved, {seconds_text(still)} next, {seconds_text(again)} again",
        beside="" if beside is None else f"SQLite: {seconds_text(beside)}",
        target="" if limit is None else f"< {seconds_text(limit)}",
        met=None if limit is None else max(moved, still) < limit,
    )


def faxcloud(home: str, rounds: int) -> Answer:
    """In the child process: per kind, import a few rows, then query A, query B, query A again."""
    from faxcloud.config import Settings
    from faxcloud.wiring import build

    services = build(Settings(home=Path(home)))
    asked = questions(home, 2 * rounds)
    _seconds(services, {}, {})
    times: dict[str, list[dict[str, float]]] = {kind: [] for kind in LIMITS}
    for number in range(rounds):
        for place, kind in enumerate(LIMITS):
            path = Path(home, "arriving.csv")
            write_export(str(path), ARRIVING_ROWS, CP1252, 1000 + number * len(LIMITS) + place)
            services.imports.import_file(path)
            first, second = asked[kind][2 * number : 2 * number + 2]
            times[kind].append(
                {
                    "moved": _seconds(services, *first),
                    "still": _seconds(services, *second),
                    "again": _seconds(services, *second),
                }
            )
    services.close()
    return {"seconds": 0.0, "times": times, "asked": asked}


def _seconds(services: Services, filters: dict[str, Any], paging: dict[str, Any]) -> float:
    from faxcloud.domain.filters import Filters, Paging

    with Clock() as clock:
        services.search.page(Filters(**filters), Paging(**paging))
    return clock.seconds


Question = tuple[dict[str, Any], dict[str, Any]]


def questions(home: str, count: int) -> dict[str, list[Question]]:
    """Queries of each kind, all different, with texts from the whole store: filters and paging."""
    import duckdb

    source = f"read_parquet({sql_list(lake_files(Path(home)))})"

    def texts(sql: str, column: str) -> list[str]:
        found = duckdb.sql(
            f"SELECT text FROM (SELECT DISTINCT {sql} AS text FROM {source} WHERE length({column}) >= 9)"
            f" ORDER BY hash(text) LIMIT {count}"
        ).fetchall()
        return [found[at % len(found)][0] for at in range(count)]

    def searches(found: Sequence[str]) -> list[Question]:
        return [({"q": text}, {}) for text in found]

    rules = [row["key"] for row in _rules(source)]
    return {
        "exact number": searches(texts("number", "number")),
        "exact fax id": searches(texts("fax_id", "fax_id")),
        "part of a number": searches(texts("substring(number, 4, 5)", "number")),
        "part of a fax id": searches(texts("substring(fax_id, 2, 7)", "fax_id")),
        "part of a name": searches(texts("substring(user_name, 3, 5)", "user_name")),
        "part of an e-mail address": searches(texts("substring(user_email, 1, 6)", "user_email")),
        "no hit, letters": searches([f"zzqx{at}w" for at in range(count)]),
        "no hit, digits": searches([f"9876543210{at:03d}" for at in range(count)]),
        "newest page": [({}, {"per_page": 50 + at}) for at in range(count)],
        "page 1000": [({}, {"page": 1000 + at}) for at in range(count)],
        "invalid, one rule": [
            ({"status": "invalid", "rule": rules[at % len(rules)]}, {}) for at in range(count)
        ],
    }


def _rules(source: str) -> list[dict[str, str]]:
    import duckdb

    found = duckdb.sql(
        f"SELECT DISTINCT unnest(string_split(violations, '|')) FROM {source}"
        " WHERE violations <> '' ORDER BY 1"
    ).fetchall()
    return [{"key": rule} for (rule,) in found]


def sqlite(database: str, home: str) -> Answer:
    """In the child process: the newest fifty rows and their count, with an index where one helps."""
    import sqlite3
    import statistics
    from contextlib import closing

    asked = questions(home, 3)
    anywhere = ("number", "called_text", "sender_number", "fax_id", "user_name", "user_email")
    contains = " OR ".join(f"{name} LIKE '%' || ?1 || '%'" for name in anywhere)
    where = {kind: contains for kind in asked if "part" in kind or "no hit" in kind}
    where |= {"exact number": "number = ?1", "exact fax id": "fax_id = ?1"}
    times = {}
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA mmap_size = 8000000000")
        for kind, condition in where.items():
            seconds = []
            # For a substring SQLite reads every row, for many seconds: once is enough.
            for filters, _ in asked[kind][: 1 if condition == contains else None]:
                with Clock() as clock:
                    connection.execute(
                        f"SELECT count(*) FROM faxes WHERE {condition}", (filters["q"],)
                    ).fetchone()
                    connection.execute(
                        f"SELECT * FROM faxes WHERE {condition} ORDER BY sent_at DESC LIMIT 50",
                        (filters["q"],),
                    ).fetchall()
                seconds.append(clock.seconds)
            times[kind] = statistics.median(seconds)
    return {"seconds": 0.0, "times": times}
