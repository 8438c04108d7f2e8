"""Outgoing connection filter: every connection of a thread is refused unless its address is admitted.

It is for libraries that choose and resolve their hosts themselves: Python's audit event is raised with the
address that is connected to, whatever the URL said and whatever the name server answers the second time.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Admits = Callable[[str, int], bool]
"""Whether a host, an address or a name, may be connected to at a port."""


class _Thread(threading.local):
    admits: Admits | None = None
    refused = 0


_THREAD = _Thread()


@contextmanager
def admitted_only(admits: Admits) -> Iterator[Callable[[], bool]]:
    """Refuse connections of this thread that are not admitted.

    Returns a function that says if any was refused.
    """
    _install()
    _THREAD.admits, _THREAD.refused = admits, 0
    try:
        yield lambda: bool(_THREAD.refused)
    finally:
        _THREAD.admits = None


@functools.cache
def _install() -> None:
    sys.addaudithook(_on_event)  # for good: a hook cannot be removed


def _on_event(event: str, args: tuple[Any, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto") or (admits := _THREAD.admits) is None:
        return
    address = args[1]
    _THREAD.admits = None  # a name has to be resolved, which may connect to a name server
    try:
        is_admitted = isinstance(address, tuple) and admits(str(address[0]), int(address[1]))
    finally:
        _THREAD.admits = admits
    if not is_admitted:
        _THREAD.refused += 1
        raise ConnectionRefusedError("the address is not admitted")
