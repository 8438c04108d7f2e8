"""Process identity and liveness: which process owns a piece of work, and whether it is alive."""

import datetime as dt
import functools
import os
import platform
import re

import psutil

# The boot time of Linux is rounded to a second and may step by one; no pid is used again that fast.
_SAME_START_S = 2.0


def this_process() -> str:
    """Identity of this process: `host|pid|start`.

    More parts may be appended; `is_alive` reads the first three.
    """
    pid = os.getpid()
    return f"{_host()}|{pid}|{_start_s(pid):.2f}"


def is_alive(owner: str, heartbeat_at: dt.datetime, ttl_s: float, now: dt.datetime) -> bool:
    """Whether the process of an owner is alive.

    A process of this host is looked up, which decides at once; one of another host counts as alive until its
    heartbeat is older than `ttl_s`.
    """
    of_this_host = re.fullmatch(rf"{re.escape(_host())}\|(\d+)\|(\d+\.\d+)(\|.*)?", owner)
    if of_this_host is not None:
        known = _is_running(int(of_this_host[1]), float(of_this_host[2]))
        if known is not None:
            return known
    return now - heartbeat_at <= dt.timedelta(seconds=ttl_s)


@functools.cache
def _host() -> str:
    return platform.node().replace("|", "_") or "localhost"


def _is_running(pid: int, start_s: float) -> bool | None:
    """Whether the process is running; None where the system does not say."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and abs(_start_s(pid) - start_s) < _SAME_START_S
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return None


def _start_s(pid: int) -> float:
    created = psutil.Process(pid).create_time()
    # On Linux psutil adds the boot time, which moves with every correction of the clock; without it the
    # start of a process never changes, and a living owner is never taken for another process.
    return created - psutil.boot_time() if psutil.LINUX else created
