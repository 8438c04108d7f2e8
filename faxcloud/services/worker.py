"""Background worker: a thread that repeats a task until it is stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from faxcloud.errors import FaxCloudError
from faxcloud.services.actors import SYSTEM, Actor, acting

log = logging.getLogger(__name__)

LONGEST_BACK_OFF_S = 60.0


class Worker:
    """Repeats a task in its own thread; `with worker:` does so for the length of the block.

    An error is logged and ends nothing: the next call comes after a pause that doubles with each failure.

    Args:
        name: Name of the thread, and in the log.
        task: True as its answer asks for the next call at once; a long one checks `is_stopping` meanwhile.
        interval_s: Pause between two calls.
        actor: Actor of the task.
        finish: Called once the last call has ended.
    """

    def __init__(
        self,
        name: str,
        task: Callable[[], object],
        interval_s: float,
        *,
        actor: Actor = SYSTEM,
        finish: Callable[[], object] = lambda: None,
    ) -> None:
        self._name = name
        self._task = task
        self._interval_s = interval_s
        self._actor = actor
        self._finish = finish
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._woken = threading.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Start the thread; the first call comes at once."""
        self._thread = threading.Thread(target=self._run, name=self._name)
        self._thread.start()

    def wake(self) -> None:
        """End the current pause."""
        self._woken.set()

    def stop(self) -> None:
        """Let the current call be the last one; `join` waits for it."""
        self._stopping.set()
        self._woken.set()

    def join(self) -> None:
        """Wait until a stopped worker has ended."""
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()
        self.join()

    def _run(self) -> None:
        failures = 0
        while not self.is_stopping:
            has_more = False
            try:
                with acting(self._actor):
                    has_more = self._task() is True
                failures = 0
            except FaxCloudError as error:  # such as a store that is away or busy
                failures += 1
                log.warning("worker %s waits: %s %s", self._name, error.message, error.hint)
            except Exception:
                failures += 1
                log.exception("worker %s failed", self._name)
            if not has_more:
                self._woken.wait(pause_s(self._interval_s, failures))
                self._woken.clear()
        self._finish()


def pause_s(interval_s: float, failures: int) -> float:
    """Pause after a call, in seconds.

    >>> [pause_s(1.0, failures) for failures in (0, 1, 2, 9)], pause_s(600.0, 3)
    ([1.0, 2.0, 4.0, 60.0], 600.0)
    """
    return min(interval_s * (1 << min(failures, 16)), max(interval_s, LONGEST_BACK_OFF_S))
