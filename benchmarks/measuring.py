"""Comparative measurements: fresh processes in turn (ABAB…), medians, one table line each."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """Line of a result table, as text.

    Attributes:
        ours: FaxCloud's figure; `beside` is the rival with its figure.
        met: None where there is no target.
    """

    what: str
    ours: str
    beside: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def run(target: str, /, **arguments: object) -> Answer:
    """Call `MODULE:FUNCTION` in a fresh process.

    Returns:
        The function's result, with `peak_mb`, and `process_seconds` from the start of Python to its end.
    """
    settle()
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", target, json.dumps(arguments, default=str)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{target} ended with {done.returncode}")
    return {**json.loads(done.stdout.splitlines()[-1]), "process_seconds": seconds}


def environment() -> dict[str, str]:
    """Environment of a child process, without the user's FaxCloud settings."""
    dropped = (
        "FAXCLOUD_",
        "PYTHONDONTWRITEBYTECODE",
    )  # without bytecode files, every start compiles all modules
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"PYTHONUTF8": "1"}


def settle() -> None:
    """Wait until the disk has written the previous run's data, so that the next run does not pay for it."""
    if hasattr(os, "sync"):
        os.sync()


def alternate(contenders: Mapping[str, Callable[[], Answer]], rounds: int) -> dict[str, list[Answer]]:
    """Run the contenders in turn, `rounds` times: a slow phase of the machine affects all of them."""
    found: dict[str, list[Answer]] = {name: [] for name in contenders}
    for number in range(1, rounds + 1):
        for name, ask in contenders.items():
            answer = ask()
            found[name].append(answer)
            say(f"  {number}/{rounds} {name}: {seconds_text(answer['seconds'])}")
    return found


def median(answers: Sequence[Answer], key: str = "seconds") -> float:
    """Median of one figure."""
    return statistics.median(answer[key] for answer in answers)


def most(answers: Sequence[Answer], key: str) -> float:
    """Maximum of one figure."""
    return max(answer[key] for answer in answers)


def must_agree(what: str, first: object, second: object) -> None:
    """Check that a rival computed the same result."""
    if first != second:
        raise SystemExit(f"{what} do not agree:\n{first}\n{second}")


def seconds_text(seconds: float) -> str:
    """Duration as text.

    >>> seconds_text(8.442), seconds_text(0.0123)
    ('8.44 s', '12 ms')
    """
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1000:.{0 if seconds >= 0.01 else 1}f} ms"


def rows_text(rows: int) -> str:
    """Row count as text.

    >>> rows_text(10_000_000)
    '10,000,000'
    """
    return f"{rows:,}"


def ratio_line(what: str, ours: float, beside: float, rival: str, most_ratio: float) -> Line:
    """Table line whose target is a ratio of times."""
    return Line(
        what=what,
        ours=seconds_text(ours),
        beside=f"{rival}: {seconds_text(beside)}",
        ratio=f"{ours / beside:.2f}",
        target=f"≤ {most_ratio:g} ×",
        met=ours <= most_ratio * beside,
    )


def limit_line(what: str, ours: float, limit: float, unit: str = "s") -> Line:
    """Table line whose target is a limit, in seconds or MB."""
    if unit == "s":
        return Line(what, seconds_text(ours), target=f"< {seconds_text(limit)}", met=ours < limit)
    return Line(what, f"{ours:,.0f} {unit}", target=f"< {limit:,.0f} {unit}", met=ours < limit)


def ahead_line(what: str, ours: float, beside: float, rival: str, times: float = 1.0) -> Line:
    """Table line whose target is a factor by which FaxCloud is faster than a rival."""
    return Line(
        what=what,
        ours=seconds_text(ours),
        beside=f"{rival}: {seconds_text(beside)}",
        ratio=f"{ours / beside:.2f}" if ours / beside >= 0.1 else f"{ours / beside:.3f}",
        target="ahead" if times == 1 else f"{times:g} × faster",
        met=ours * times < beside,
    )


def say(text: str) -> None:
    """Print progress."""
    print(text, file=sys.stderr, flush=True)
