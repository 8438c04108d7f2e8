"""Result tables of benchmarks/README.md, replaced between markers by `--write`."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import Line

README = Path(__file__).with_name("README.md")
_COLUMNS = ("what", "FaxCloud", "beside it", "ratio", "target", "met")
_LIBRARIES = ("duckdb", "pyarrow", "deltalake", "polars", "pandas", "streamlit")


def table(lines: Sequence[Line]) -> str:
    """Markdown table of results."""
    rows = [_COLUMNS, ("---",) * len(_COLUMNS)]
    for line in lines:
        met = "" if line.met is None else "yes" if line.met else "**no**"
        rows.append((line.what, line.ours, line.beside, line.ratio, line.target, met))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(name: str, lines: Sequence[Line], rounds: int) -> None:
    """Replace one table.

    Raises:
        SystemExit: the README has no place for it.
    """
    text = README.read_text("utf-8")
    body = f"<!-- bench:{name} -->\n{_circumstances(rounds)}\n\n{table(lines)}\n<!-- /bench:{name} -->"
    replaced, count = re.subn(
        rf"<!-- bench:{name} -->.*?<!-- /bench:{name} -->", lambda _: body, text, flags=re.DOTALL
    )
    if count != 1:
        raise SystemExit(f"{README} has no markers for {name}")
    README.write_text(replaced, "utf-8")


def _circumstances(rounds: int) -> str:
    today = dt.datetime.now(tz=dt.UTC).date()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    return (
        f"{today:%Y-%m-%d}, {_processor()}, {os.cpu_count()} processors, {_memory()}, {platform.system()},"
        f" Python {platform.python_version()}, {versions}. Median of {rounds}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if names:
            return names[0].partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> str:
    import psutil

    return f"{psutil.virtual_memory().total / 2**30:.0f} GB of memory"
