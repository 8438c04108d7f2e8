"""Process priority for background work."""

import contextlib
import os
import sys

import psutil

BEHIND_THE_PAGES = 10
"""Niceness of background work: with both busy, the server gets nine tenths of a processor."""


def work_in_the_background() -> None:
    """Lower the priority of this process for the rest of its life; idle cores are used fully."""
    with contextlib.suppress(psutil.AccessDenied, OSError):  # a matter of courtesy, never of success
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        elif os.getpriority(os.PRIO_PROCESS, 0) < BEHIND_THE_PAGES:
            os.setpriority(os.PRIO_PROCESS, 0, BEHIND_THE_PAGES)
