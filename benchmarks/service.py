"""Server load benchmark: one process, 1 million rows stored, load from a second process."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.data import Bench
from benchmarks.first_page import free_port, server, until_open
from benchmarks.measuring import Answer, Line, median, rows_text, run, say, seconds_text

STATS_PER_S, STATS_P99_S = 1_000, 0.05
SEARCH_PER_S, SEARCH_P99_S = 100, 0.2
PAGE_P95_S, IMPORT_RATIO = 1.0, 1.5
EXPORT_ROWS_PER_S, EXPORT_GROWTH_MB = 500_000, 100
SESSIONS = 20
CONNECTIONS = 8
SOAK_S = 60.0


def measure(bench: Bench) -> list[Line]:
    """Cached figures, uncached pages, an export, and visitors during an import."""
    rows = bench.small_rows
    with bench.copy_of_store(rows) as home, _served(home) as running:
        return [
            *_stats(running, bench),
            *_search(running, bench, home),
            *_export(running, bench, rows),
            *_visitors(running, bench, home, rows),
        ]


def soak(bench: Bench) -> list[Line]:
    """Soak test: mixed traffic for a minute; errors, latencies, memory growth."""
    rows = bench.small_rows
    with bench.copy_of_store(rows) as home, _served(home) as running:
        paths = _mixed(home)
        run("benchmarks.load:drive", port=running.port, paths=paths, connections=CONNECTIONS, seconds=10)
        before = running.memory_mb()
        found = run(
            "benchmarks.load:drive", port=running.port, paths=paths, connections=CONNECTIONS, seconds=SOAK_S
        )
        grown = running.memory_mb() - before
    wrong = {status: count for status, count in found["statuses"].items() if status not in ("200", "304")}
    return [
        Line(
            what=f"{SOAK_S:.0f} s of mixed traffic over {rows_text(rows)} rows, {CONNECTIONS} connections",
            ours=f"{found['per_second']:,.0f} requests/s, p99 {seconds_text(found['p99'])}",
            target="no error",
            met=not wrong,
        ),
        Line(what="memory that it has grown by", ours=f"{grown:,.0f} MB", target="< 100 MB", met=grown < 100),
    ]


@dataclass(frozen=True, slots=True)
class _Running:
    port: int
    pid: int

    def memory_mb(self) -> float:
        import psutil

        return float(psutil.Process(self.pid).memory_info().rss) / 2**20


@contextmanager
def _served(home: Path) -> Iterator[_Running]:
    port = free_port()
    with server(home, port, {"FAXCLOUD_RATE_LIMIT": "1000000/second"}) as process:
        until_open(port)
        run("benchmarks.load:drive", port=port, paths=["/api/v3/stats"], connections=1, seconds=1)
        yield _Running(port, process.pid)


def _stats(running: _Running, bench: Bench) -> list[Line]:
    answers = [
        run(
            "benchmarks.load:drive",
            port=running.port,
            paths=["/api/v3/stats"],
            connections=CONNECTIONS,
            seconds=5,
        )
        for _ in range(bench.rounds)
    ]
    return _rates("cached GET /api/v3/stats", answers, STATS_PER_S, STATS_P99_S)


def _search(running: _Running, bench: Bench, home: Path) -> list[Line]:
    paths = _searches(home, 4_000)
    share = len(paths) // bench.rounds
    answers = [
        run(
            "benchmarks.load:drive",
            port=running.port,
            paths=paths[at * share : (at + 1) * share],
            connections=CONNECTIONS,
            seconds=8,
            repeats=False,
        )
        for at in range(bench.rounds)
    ]
    return _rates("uncached GET /api/v3/search, no question twice", answers, SEARCH_PER_S, SEARCH_P99_S)


def _rates(what: str, answers: list[Answer], per_s: float, p99_s: float) -> list[Line]:
    for answer in answers:
        say(f"  {answer['per_second']:,.0f}/s, p99 {seconds_text(answer['p99'])}, {answer['statuses']}")
        if set(answer["statuses"]) != {"200"}:
            raise SystemExit(f"{what}: answers other than 200: {answer['statuses']}")
    rate, p99 = median(answers, "per_second"), median(answers, "p99")
    return [
        Line(what, f"{rate:,.0f} requests/s", target=f"≥ {per_s:,} requests/s", met=rate >= per_s),
        Line("of these, 99 % within", seconds_text(p99), target=f"< {seconds_text(p99_s)}", met=p99 < p99_s),
    ]


def _export(running: _Running, bench: Bench, rows: int) -> list[Line]:
    answers = []
    for _ in range(bench.rounds):
        before, peak, over = running.memory_mb(), 0.0, threading.Event()

        def watch(over: threading.Event = over) -> None:
            nonlocal peak
            while not over.wait(0.02):
                peak = max(peak, running.memory_mb())

        watching = threading.Thread(target=watch)
        watching.start()
        answer = run("benchmarks.service:download", port=running.port)
        over.set()
        watching.join()
        if answer["rows"] != rows:
            raise SystemExit(f"the export has {answer['rows']} rows, not {rows}")
        answers.append({**answer, "grown_mb": max(0.0, peak - before)})
        say(f"  export {rows / answer['seconds']:,.0f} rows/s, {answers[-1]['grown_mb']:,.0f} MB more")
    rate = rows / median(answers)
    grown = max(answer["grown_mb"] for answer in answers)
    return [
        Line(
            f"CSV export of {rows_text(rows)} rows over HTTP",
            f"{rate:,.0f} rows/s",
            target=f"≥ {EXPORT_ROWS_PER_S:,} rows/s",
            met=rate >= EXPORT_ROWS_PER_S,
        ),
        Line(
            "memory of the server that it takes",
            f"{grown:,.0f} MB",
            target=f"< {EXPORT_GROWTH_MB} MB",
            met=grown < EXPORT_GROWTH_MB,
        ),
    ]


def download(port: int) -> Answer:
    """In the child process: download an export without storing it; `rows` are its lines without header."""
    from benchmarks.child import Clock

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    lines = size = 0
    with Clock() as clock:
        connection.request("GET", "/api/v3/export/csv")
        answer = connection.getresponse()
        while block := answer.read(1 << 20):
            lines += block.count(b"\n")
            size += len(block)
    connection.close()
    return clock.answer(rows=lines - 1, bytes=size)


def _visitors(running: _Running, bench: Bench, home: Path, rows: int) -> list[Line]:
    """Duration of the same import with and without visitors; each time another export."""
    exports = [bench.export(rows, seed=100 + at) for at in range(2)]
    alone = _import(running.port, exports[0])
    stop = home / "stop"
    found: dict[str, Answer] = {}

    def look() -> None:
        found["visits"] = run(
            "benchmarks.sessions:visit", port=running.port, sessions=SESSIONS, every_s=5.0, stop=stop
        )

    looking = threading.Thread(target=look)
    looking.start()
    time.sleep(8)  # every visitor has opened the page once
    crowded = _import(running.port, exports[1])
    time.sleep(6)  # and sees the new figures
    stop.touch()
    looking.join()
    visits = found["visits"]
    say(f"  import {alone:.2f} s alone, {crowded:.2f} s with visitors; {visits}")
    if visits["failed"]:
        raise SystemExit(f"pages failed: {visits['failed'][:3]}")
    return [
        Line(
            f"{SESSIONS} sessions on the dashboard while {rows_text(rows)} rows come in: 95 % within",
            seconds_text(visits["p95"]),
            beside=f"median {seconds_text(visits['p50'])}, worst {seconds_text(visits['worst'])}",
            target=f"< {seconds_text(PAGE_P95_S)}",
            met=visits["p95"] < PAGE_P95_S,
        ),
        Line(
            "that import",
            seconds_text(crowded),
            beside=f"without visitors: {seconds_text(alone)}",
            ratio=f"{crowded / alone:.2f}",
            target=f"≤ {IMPORT_RATIO:g} ×",
            met=crowded <= IMPORT_RATIO * alone,
        ),
    ]


def _import(port: int, file: Path) -> float:
    """Upload to the server, which imports in a separate process: seconds from first byte to response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    started = time.perf_counter()
    with file.open("rb") as body:
        fields = {"Content-Type": "text/csv", "Content-Length": str(file.stat().st_size)}
        connection.request("POST", f"/api/v3/reports?name={file.name}", body, fields)
        answer = connection.getresponse()
        text = answer.read()
    seconds = time.perf_counter() - started
    connection.close()
    if answer.status != 201:
        raise SystemExit(f"the import was answered with {answer.status}: {text[:300]!r}")
    return seconds


def _searches(home: Path, count: int) -> list[str]:
    """Search requests of an analyst: pages, filters, numbers and ids, all different, in random order."""
    found = run("benchmarks.service:texts", home=home, count=count // 4)
    pages = [{"page": 1 + at} for at in range(count // 4)]
    users = [{"user": text, "page": 1 + at % 3} for at, text in enumerate(found["users"])]
    invalid = [{"status": "invalid", "page": 1 + at} for at in range(count // 4)]
    exact = [{"q": text} for text in found["exact"]]
    asked = [*pages, *users, *invalid, *exact]
    random.Random(3).shuffle(asked)
    return [f"/api/v3/search?{urlencode(params)}" for params in asked]


def texts(home: str, count: int) -> Answer:
    """In the child process: users, full numbers and ids, all different, from the whole store."""
    import duckdb

    from benchmarks.data import lake_files, sql_list

    source = f"read_parquet({sql_list(lake_files(Path(home)))})"

    def distinct(column: str, most: int) -> list[str]:
        rows = duckdb.sql(
            f"SELECT text FROM (SELECT DISTINCT {column} AS text FROM {source} WHERE is_valid)"
            f" WHERE text <> '' ORDER BY hash(text) LIMIT {most}"
        ).fetchall()
        return [text for (text,) in rows]

    exact = [*distinct("number", count // 2), *distinct("fax_id", count // 2)]
    return {"seconds": 0.0, "users": distinct("user_name", count), "exact": exact}


def _mixed(home: Path) -> list[str]:
    figures = [
        "/api/v3/stats",
        "/api/v3/timeline?grain=day",
        "/api/v3/breakdown?by=user",
        "/api/v3/breakdown?by=rule",
        "/api/v3/health",
        "/api/v3/reports",
        "/api/v3/realtime",
        "/api/metrics",
        "/api/v3/export/csv?status=invalid&start_date=2026-03-01&end_date=2026-03-02",
    ]
    paths = [*_searches(home, 1_200), *figures * 40]  # no more than a command line holds
    random.Random(5).shuffle(paths)
    return paths
