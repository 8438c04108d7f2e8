"""Machine metrics: the same values from every thread."""

from __future__ import annotations

import threading
import time

import psutil

from faxcloud.services.monitoring.machine import CPU_PAUSE_S, Machine


def test_a_thread_that_never_asked_before_gets_the_time_since_the_last_question() -> None:
    machine = Machine()
    machine.system()
    _work(CPU_PAUSE_S + 0.1)
    found: list[float] = []
    asked = threading.Event()

    def ask() -> None:
        found.append(machine.system().cpu_percent)
        asked.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert asked.wait(30)
    thread.join()
    assert 50 / (psutil.cpu_count() or 1) <= found[0] <= 100  # one processor was at work all the time


def _work(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(1_000))
