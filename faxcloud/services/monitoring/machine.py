"""System metrics of the machine and of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

CPU_SAMPLE_S = 0.1
"""How long the processor is watched for the first percentage."""

CPU_PAUSE_S = 1.0
"""A percentage over less than that is noise."""


@dataclass(frozen=True, slots=True)
class System:
    """System metrics: percentages are 0 to 100, of the machine as a whole.

    Attributes:
        memory_mb: Resident memory of this process, in MiB; `memory_percent` is its share of the machine's.
        open_files: Open descriptors or handles of this process, connections included.
    """

    cpu_percent: float
    cpu_count: int
    memory_mb: float
    memory_percent: float
    machine_memory_percent: float
    num_threads: int
    open_files: int
    uptime_seconds: float


class Machine:
    """Measures repeatedly, without waiting except for the first time. Safe for threads."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._lock = threading.Lock()
        self._cpu_percent: float | None = None
        self._measured = 0.0
        self._busy_s = self._passed_s = 0.0

    def system(self) -> System:
        """Current metrics; CPU usage covers the time since the last call, at least a second ago."""
        process = self._process
        with process.oneshot():
            return System(
                cpu_percent=self._cpu(),
                cpu_count=psutil.cpu_count() or 1,
                memory_mb=round(process.memory_info().rss / 2**20, 1),
                memory_percent=round(process.memory_percent(), 2),
                machine_memory_percent=psutil.virtual_memory().percent,
                num_threads=process.num_threads(),
                open_files=_open_files(process),
                uptime_seconds=self.uptime_s(),
            )

    def uptime_s(self) -> float:
        """Seconds since this process began."""
        return round(time.time() - self._process.create_time(), 1)

    def _cpu(self) -> float:
        # Not psutil.cpu_percent: it remembers the last time for each thread, and servers answer from many.
        with self._lock:
            if self._cpu_percent is None:
                self._busy_s, self._passed_s = _processor_s()
                time.sleep(CPU_SAMPLE_S)
            elif time.monotonic() - self._measured < CPU_PAUSE_S:
                return self._cpu_percent
            busy_s, passed_s = _processor_s()
            share = (busy_s - self._busy_s) / max(passed_s - self._passed_s, 0.001)
            self._cpu_percent, self._measured = round(100 * min(max(share, 0.0), 1.0), 1), time.monotonic()
            self._busy_s, self._passed_s = busy_s, passed_s
            return self._cpu_percent


def _processor_s() -> tuple[float, float]:
    """Seconds that all processors were busy since the machine started, and those that passed for them."""
    times = psutil.cpu_times()
    # Linux counts what a guest has used among the user's as well; some systems know neither.
    guests_s = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    passed_s = sum(times) - guests_s
    return passed_s - times.idle - getattr(times, "iowait", 0.0), passed_s


def _open_files(process: psutil.Process) -> int:
    # Descriptors, or what Windows has in their place; psutil describes those of the platform it is on alone.
    count: Callable[[], int] = getattr(process, "num_handles" if psutil.WINDOWS else "num_fds")
    return count()
