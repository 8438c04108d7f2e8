"""Sample generation benchmark."""

from __future__ import annotations

from benchmarks.data import CP1252, Bench
from benchmarks.measuring import Line, alternate, median, rows_text, run, seconds_text


def measure(bench: Bench) -> list[Line]:
    """Write a million rows. The target is "in a few seconds"."""
    rows = bench.small_rows

    def write() -> dict[str, object]:
        with bench.scratch("sample.csv") as path:
            return run("benchmarks.data:write_export", path=path, rows=rows, encoding=CP1252, seed=3)

    seconds = median(alternate({"faxcloud": write}, bench.rounds)["faxcloud"])
    what = f"sample of {rows_text(rows)} rows"
    return [
        Line(
            what,
            seconds_text(seconds),
            f"{rows / seconds / 1e6:.2f} million rows/s",
            "",
            "a few seconds",
            seconds < 3,
        )
    ]
