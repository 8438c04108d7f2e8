"""Benchmark runner: `python -m benchmarks [NAME…] [--rows N] [--quick] [--write] [--data FOLDER]`."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from benchmarks import readme
from benchmarks.data import Bench
from benchmarks.measuring import ROOT, say

BENCHMARKS = {
    "import": "benchmarks.imports:measure_large",
    "import-million": "benchmarks.imports:measure_small",
    "dashboard": "benchmarks.dashboard:measure",
    "search": "benchmarks.search:measure",
    "export": "benchmarks.exports:measure",
    "revalidation": "benchmarks.revalidation:measure",
    "first-page": "benchmarks.first_page:measure",
    "clicks": "benchmarks.clicks:measure",
    "paper": "benchmarks.papers:measure",
    "service": "benchmarks.service:measure",
    "soak": "benchmarks.service:soak",
    "sample": "benchmarks.sample:measure",
}
QUICK_ROWS = 200_000


def main() -> None:
    """Run the selected benchmarks; print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast FaxCloud is.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default"
    )
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the large measurements")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender runs")
    parser.add_argument("--quick", action="store_true", help="few rows, once: does it work at all?")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    parser.add_argument(
        "--data", type=Path, default=ROOT / "benchmarks" / "data", help="where exports are kept"
    )
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    rows = QUICK_ROWS if asked.quick else asked.rows
    bench = Bench(asked.data.resolve(), rows, min(rows, 1_000_000), 1 if asked.quick else asked.rounds)
    missed = 0
    for name in asked.names or BENCHMARKS:
        say(name)
        module, _, function = BENCHMARKS[name].partition(":")
        lines = getattr(importlib.import_module(module), function)(bench)
        print(f"\n## {name}\n\n{readme.table(lines)}\n", flush=True)
        if asked.write:
            readme.write(name, lines, bench.rounds)
        missed += sum(line.met is False for line in lines)
    say(f"{missed} targets missed" if missed else "every target met")


if __name__ == "__main__":
    main()
