"""Progress on stderr: a line that changes on a terminal, a line every few seconds elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from faxcloud.cli.output import printable

QUIET_FOR_S = 1.0
"""What is done by then shows nothing at all."""

ON_A_TERMINAL_S = 0.2
IN_A_LOG_S = 5.0


class ProgressLine:
    """Shows how far something is. Leaving its context takes the line away, before anything else is said."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._on_terminal = sys.stderr.isatty()
        self._due = clock() + (QUIET_FOR_S if self._on_terminal else IN_A_LOG_S)
        self._length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def show(self, text: Callable[[], str]) -> None:
        """Say it if it is time to; `text` is only asked for then, so that this may be called often."""
        now = self._clock()
        if now < self._due:
            return
        line = printable(text())
        if self._on_terminal:
            sys.stderr.write("\r" + line.ljust(self._length))
            self._length = len(line)
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()
        self._due = now + (ON_A_TERMINAL_S if self._on_terminal else IN_A_LOG_S)

    def clear(self) -> None:
        """Take the line away."""
        if self._length:
            sys.stderr.write("\r" + " " * self._length + "\r")
            sys.stderr.flush()
            self._length = 0
