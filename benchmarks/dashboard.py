"""Dashboard benchmark: all queries of the page after a data change, from the cache, and by rivals."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.child import Clock
from benchmarks.data import CP1252, Bench, write_export
from benchmarks.measuring import (
    Answer,
    Line,
    ahead_line,
    limit_line,
    median,
    must_agree,
    rows_text,
    run,
    say,
    seconds_text,
)

if TYPE_CHECKING:
    from faxcloud.domain.filters import Filters
    from faxcloud.services.analytics.summaries import Dashboard
    from faxcloud.wiring import Services

MOVED_S, STILL_S = 0.6, 0.02
ARRIVING_ROWS = 1_000
GRAIN = "day"
TOTALS = (
    *("faxes", "valid", "invalid", "violations", "sent", "received", "unknown_mode", "pages", "pages_sent"),
    *("pages_received", "duration_s", "users", "internal", "international", "billed_pages"),
)


def measure(bench: Bench) -> list[Line]:
    """Compute the same figures with FaxCloud, pandas and SQLite; equality is asserted."""
    store = bench.store(bench.rows)
    with bench.copy_of_store(bench.rows) as home:
        ours = run("benchmarks.dashboard:faxcloud", home=home, moves=max(3, bench.rounds))
    pandas = run("benchmarks.dashboard_rivals:by_pandas", home=store, rounds=bench.rounds)
    database = bench.sqlite(bench.rows)
    sqlite = run("benchmarks.dashboard_rivals:by_sqlite", database=database, rounds=bench.rounds)
    for name, rival in (("pandas", pandas), ("SQLite", sqlite)):
        for part, figures in rival["figures"].items():
            must_agree(f"FaxCloud's and {name}'s {part}", ours["figures"][part], figures)
        say(f"  {name}: {rival['parts']}")
    moved = median(ours["moved"])
    what = f"dashboard over {rows_text(bench.rows)} rows"
    loading = f"{seconds_text(pandas['loading'])} to load and {pandas['peak_mb']:,.0f} MB not counted"
    return [
        limit_line(f"{what}: the data has just moved", moved, MOVED_S),
        limit_line(f"{what}: the data stands still", median(ours["still"]), STILL_S),
        limit_line(f"{what}: a period and the one before, data just moved", median(ours["period"]), MOVED_S),
        Line(f"{what}: the first question of a process", seconds_text(ours["first"])),
        ahead_line(f"{what}, beside pandas", moved, median(pandas["times"]), f"pandas in memory ({loading})"),
        ahead_line(f"{what}, beside SQLite", moved, median(sqlite["times"]), "SQLite with covering indexes"),
    ]


def faxcloud(home: str, moves: int) -> Answer:
    """In the child process: the page's queries, then again after each import of a few rows."""
    from faxcloud.config import Settings
    from faxcloud.domain.filters import Filters
    from faxcloud.wiring import build

    services = build(Settings(home=Path(home)))
    everything = Filters()
    with Clock() as first:
        dashboard = _ask(services, everything)
    figures = figures_of(dashboard)
    last = max(row["start"] for row in dashboard.timeline).date()
    period = Filters(start_date=last - dt.timedelta(days=20), end_date=last)
    moved, still, dated = [], [], []
    for number in range(moves):
        _arrive(services, Path(home), 2 * number)
        with Clock() as clock:
            _ask(services, everything)
        moved.append(clock.answer())
        with Clock() as clock:
            _ask(services, everything)
        still.append(clock.answer())
        _arrive(services, Path(home), 2 * number + 1)
        with Clock() as clock:
            _ask(services, period)
        dated.append(clock.answer())
    services.close()
    return {
        "seconds": median(moved),
        "first": first.seconds,
        "moved": moved,
        "still": still,
        "period": dated,
        "figures": figures,
    }


def _ask(services: Services, filters: Filters) -> Dashboard:
    """Queries of pages/dashboard.py: the reports, and everything it draws."""
    services.summaries.version()
    services.reports.list()
    return services.summaries.dashboard(filters, GRAIN)


def _arrive(services: Services, home: Path, number: int) -> None:
    """Import another report of a few rows."""
    path = home / "arriving.csv"
    write_export(str(path), ARRIVING_ROWS, CP1252, 1000 + number)
    services.imports.import_file(path)


def figures_of(dashboard: Dashboard) -> dict[str, Any]:
    """Figures that every contender computes, in one format."""
    values = dashboard.summary.values
    return {
        "totals": {key: round(float(values[key] or 0), 2) for key in TOTALS},
        "timeline": [
            [row["start"].date().isoformat(), row["faxes"], row["valid"], row["pages"]]
            for row in dashboard.timeline
            if row["faxes"]
        ],
        "rules": sorted([row["key"], row["violations"]] for row in dashboard.rules),
        "heatmap": sorted(
            [row["weekday"], row["hour"], row["faxes"], row["invalid"]] for row in dashboard.heatmap
        ),
        "users": sorted([row["key"], row["faxes"], row["invalid"], row["pages"]] for row in dashboard.users),
    }
