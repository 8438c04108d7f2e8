"""Rate limiter storage for the library `limits`: bounded memory, or a Redis that several servers share.

The library's own memory shifts a list at every request, starts a thread for most of them, and never forgets
an address: a client that changes addresses could fill it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from limits.storage import RedisStorage, Storage
from limits.storage.base import MovingWindowSupport, SlidingWindowCounterSupport

MOST_WINDOWS = 20_000
"""Maximum number of counted clients and endpoints; the least recently seen is evicted first."""

ANSWER_S = 0.25
PREFIX = "faxcloud:limits"


@dataclass(slots=True)
class _Window:
    """One client at one endpoint.

    Attributes:
        times: Of the requests in the moving window, oldest first.
        turn: Number of the current window since the beginning of time, of the sliding counter.
        before: Requests of the window before the current one.
    """

    expiry: int
    last: float
    times: deque[float] = field(default_factory=deque)
    turn: int = 0
    now: int = 0
    before: int = 0


class RequestWindows(Storage, MovingWindowSupport, SlidingWindowCounterSupport):
    """In-memory rate limiter storage of this process. Safe for threads.

    Times are the system's, advanced by the monotonic clock: setting the clock back blocks nobody.
    """

    STORAGE_SCHEME = ["faxcloud+memory"]  # noqa: RUF012 - as the library declares it

    def __init__(self, most: int = MOST_WINDOWS) -> None:
        super().__init__()
        self._most = most
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._offset = time.time() - time.monotonic()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a request in the moving window, unless that is full."""
        with self._lock:
            window, now = self._window(key, expiry)
            if len(window.times) + amount > limit:
                return False
            window.times.extend([now] * amount)
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """Time of the oldest request in the moving window, and the number of requests."""
        with self._lock:
            window, now = self._window(key, expiry)
            return (window.times[0] if window.times else now), len(window.times)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a request in the sliding counter, unless that is full."""
        with self._lock:
            window, now = self._window(key, expiry)
            share = 1 - now / expiry % 1  # of the window before that still counts
            if window.before * share + window.now + amount > limit:
                return False
            window.now += amount
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Sliding counter of the previous and of the current window.

        For each, the number of requests and the seconds for which they still count.
        """
        with self._lock:
            window, now = self._window(key, expiry)
            left_s = (1 - now / expiry % 1) * expiry
            return window.before, left_s, window.now, left_s + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:  # noqa: ARG002 - the library's signature
        self.clear(key)

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def reset(self) -> int:
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
            return count

    def check(self) -> bool:
        return True

    @property
    def size(self) -> int:
        """Number of stored windows."""
        return len(self._windows)

    @property
    def base_exceptions(self) -> type[Exception]:
        return MemoryError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        raise NotImplementedError("fixed windows are not used")

    def get(self, key: str) -> int:
        raise NotImplementedError("fixed windows are not used")

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("fixed windows are not used")

    def _window(self, key: str, expiry: int) -> tuple[_Window, float]:
        now = self._offset + time.monotonic()
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(expiry, now)
            self._forget(now)
        else:
            self._windows.move_to_end(key)
        window.last = now
        while window.times and window.times[0] <= now - expiry:
            window.times.popleft()
        if (turn := int(now // expiry)) != window.turn:
            window.before = window.now if turn == window.turn + 1 else 0
            window.turn, window.now = turn, 0
        return window, now

    def _forget(self, now: float) -> None:
        """Evict expired windows, a few at each new window, and what exceeds the maximum."""
        for _ in range(2):
            key = next(iter(self._windows))
            oldest = self._windows[key]
            if len(self._windows) > self._most or oldest.last < now - 2 * oldest.expiry:
                del self._windows[key]


def shared_windows(redis_url: str) -> Storage:
    """Rate limiter storage in Redis, shared by all servers.

    It raises `limits.errors.StorageError` when Redis is unreachable.
    """
    from redis.backoff import NoBackoff  # late: few servers have a Redis, and its library loads slowly
    from redis.retry import Retry

    url = redis_url.replace("unix://", "redis+unix://", 1)
    return RedisStorage(
        url,
        key_prefix=PREFIX,
        wrap_exceptions=True,
        socket_timeout=ANSWER_S,
        socket_connect_timeout=ANSWER_S,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # handed on to redis, which takes it
    )
