"""Login throttling: failed sign-ins of the last minute slow guessing and cannot fill the audit log.

Failures count by address together with the beginning of the key, so that guesses at one key do not block
another key from the same address; and by address alone, with a higher limit, against guesses at many keys.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW_S = 60.0
MOST_WRONG = 10
"""Failures allowed for one key from one address: enough for typing errors."""

MOST_WRONG_BY_ADDRESS = 10 * MOST_WRONG

MOST_REMEMBERED = 20_000
"""Maximum number of counters; the least recently changed one is evicted."""

OTHER_PREFIX = 4
"""Characters that tell apart keys that FaxCloud did not make (FAXCLOUD_ADMIN_KEY)."""


class LoginThrottle:
    """Counters of failed sign-ins in this process; each server counts for itself. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str, key: str = "", allowed: int = MOST_WRONG) -> int:
        """Whole seconds until this key may be tried again from this address; 0 when it may be now."""
        now = self._clock()
        with self._lock:
            until = max(self._free_at(name, most, now) for name, most in _counters(address, key, allowed))
        return max(0, math.ceil(until - now))

    def failed(self, address: str, key: str = "", allowed: int = MOST_WRONG) -> bool:
        """Count a failure; False where this address already had `MOST_WRONG`, which are enough for a log."""
        now = self._clock()
        with self._lock:
            for name, most in _counters(address, key, allowed):
                times = self._wrong.setdefault(name, deque(maxlen=most))
                self._wrong.move_to_end(name)
                times.append(now)
            while len(self._wrong) > MOST_REMEMBERED:
                self._wrong.popitem(last=False)
            return sum(at > now - WINDOW_S for at in self._wrong[address]) <= MOST_WRONG

    def _free_at(self, name: str, most: int, now: float) -> float:
        times = self._wrong.get(name)
        return now if times is None or len(times) < most else times[0] + WINDOW_S


def _counters(address: str, key: str, allowed: int) -> tuple[tuple[str, int], ...]:
    """The counters of a key shown from an address, and how many failures each allows."""
    length = len("fc_0123456789ab") if key.startswith("fc_") else OTHER_PREFIX
    return (address, 10 * allowed), (f"{address} {key[:length]}", allowed)
