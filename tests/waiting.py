"""Waiting for a condition that another thread or process brings about."""

from __future__ import annotations

import time
from collections.abc import Callable

WAIT_S = 60.0


def wait_until(condition: Callable[[], object], every_s: float = 0.01) -> None:
    """Ask until a condition holds; fails after a minute."""
    ends = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(every_s)
