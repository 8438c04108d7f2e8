"""Child process for one measurement: `python -m benchmarks.child MODULE:FUNCTION JSON`.

A fresh process has cold caches and its own memory peak. The function measures its own time
(`Clock`); its answer is printed as one line of JSON.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import time
from pathlib import Path
from types import TracebackType

_MB = 1 << 20

OURS = ("faxcloud", "papers")
"""Benchmark functions that call FaxCloud itself and need an actor."""


class Clock:
    """Stopwatch for a `with` block: wall time and processor time of the whole process."""

    seconds = cpu = 0.0

    def __enter__(self) -> Clock:
        self._started, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._started
        self.cpu = time.process_time() - self._cpu

    def answer(self, **more: object) -> dict[str, object]:
        """Result document that the parent reads."""
        return {"seconds": self.seconds, "cpu": self.cpu, **more}


def resident_mb() -> float:
    """Current memory (RSS) of this process."""
    import psutil

    return psutil.Process().memory_info().rss / _MB


def peak_mb() -> float:
    """Peak memory of this process."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux that remembers the process this one was forked from.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / _MB
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MB


def main() -> None:
    """Run the function that the parent process named."""
    target, arguments = sys.argv[1:3]
    module, _, name = target.partition(":")
    with contextlib.ExitStack() as actor:
        if name in OURS:  # a rival's time must not include our imports
            from faxcloud.services.actors import SYSTEM, acting

            actor.enter_context(acting(SYSTEM))
        answer = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    print(json.dumps({**answer, "peak_mb": peak_mb()}, default=str))


if __name__ == "__main__":
    main()
