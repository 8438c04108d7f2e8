"""Query timeouts: one thread ends what takes too long.

A timer per query would cost as much as a small query.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Watchdog:
    """Timeout thread: calls a function when a block is not left within `seconds`. Safe for threads.

    Its thread starts with the first block and sleeps until the oldest one is due.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._changed = threading.Condition()
        self._watched: OrderedDict[object, tuple[float, Callable[[], object]]] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def watching(self, bark: Callable[[], object]) -> Iterator[None]:
        """Call `bark`, once and from another thread, when the block runs longer; never after it was left."""
        block = object()
        with self._changed:
            was_idle = not self._watched
            self._watched[block] = time.monotonic() + self.seconds, bark
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
                self._thread.start()
            elif was_idle:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._watched.pop(block, None)

    def close(self) -> None:
        """End its thread; blocks that are still watched run on without a timeout."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                if not self._watched:
                    self._changed.wait()
                    continue
                block, (due, bark) = next(iter(self._watched.items()))
                if (left := due - time.monotonic()) > 0:
                    # Blocks may end and begin meanwhile: no new one is due earlier.
                    self._changed.wait(left)
                    continue
                del self._watched[block]
                bark()  # under the lock: the block is not left, nor its cursor closed, meanwhile
