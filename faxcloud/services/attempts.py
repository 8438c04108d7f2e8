"""Wrong keys, counted by address: guessing is slowed, and cannot fill the audit log."""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

MOST_WRONG = "10/minute"
"""Short enough to stop guessing at an administrator's hand-made key, long enough for a typist."""


class Attempts:
    """The wrong keys of the last minute; each server counts for itself."""

    def __init__(self, most: str = MOST_WRONG) -> None:
        self._limit = parse(most)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, address: str) -> int:
        """Seconds until this address may try again; 0 when it may now."""
        if self._limiter.test(self._limit, address):
            return 0
        reset = self._limiter.get_window_stats(self._limit, address).reset_time
        return max(1, math.ceil(reset - time.time()))

    def failed(self, address: str) -> bool:
        """Count one; False once there were too many, which need not be written down any more."""
        return self._limiter.hit(self._limit, address)
