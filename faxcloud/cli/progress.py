"""Progress line on stderr: updated in place on a terminal, a line every few seconds elsewhere."""

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from faxcloud.cli.output import printable

QUIET_FOR_S = 1.0
"""Delay before the first output: shorter work shows no progress."""

ON_A_TERMINAL_S = 0.2
IN_A_LOG_S = 5.0


class ProgressLine:
    """Progress display. Leaving its context clears the line, before other output follows.

    During long steps without new progress (a commit, a group of files) a thread repeats the last text.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, beat_s: float | None = 0.5) -> None:
        self._clock = clock
        self._beat_s = beat_s
        self._on_terminal = sys.stderr.isatty()
        self._due = clock() + (QUIET_FOR_S if self._on_terminal else IN_A_LOG_S)
        self._length = 0
        self._text: Callable[[], str] | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._heart: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def show(self, text: Callable[[], str]) -> None:
        """Show a progress text if it is due; `text` is called only then, so frequent calls are cheap."""
        self._text = text
        self.beat()
        if self._heart is None and self._beat_s is not None:
            self._over = threading.Event()
            self._heart = threading.Thread(target=self._go_on, args=(self._over,), daemon=True)
            self._heart.start()

    def beat(self) -> None:
        """Repeat the last text if it is due."""
        with self._lock:
            now = self._clock()
            if self._text is None or now < self._due:
                return
            self._write(printable(self._text()))
            self._due = now + (ON_A_TERMINAL_S if self._on_terminal else IN_A_LOG_S)

    def clear(self) -> None:
        """Clear the line; the next text draws it again."""
        if self._heart is not None:
            self._over.set()
            if self._heart.is_alive():  # Ctrl-C may have come before the thread started
                self._heart.join()
            self._heart = None
        self._text = None
        if self._length:
            sys.stderr.write("\r" + " " * self._length + "\r")
            sys.stderr.flush()
            self._length = 0

    def _write(self, line: str) -> None:
        if self._on_terminal:
            sys.stderr.write("\r" + line.ljust(self._length))
            self._length = len(line)
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def _go_on(self, over: threading.Event) -> None:
        while not over.wait(self._beat_s):
            self.beat()
