"""Owner of a lease whose process has died."""

from faxcloud.store.catalogue.owners import this_process

BEYOND_THE_LARGEST_PID = 2**22 + 1


def dead_process() -> str:
    """Owner text of a process of this host that does not run."""
    host, _, start = this_process().split("|")
    return f"{host}|{BEYOND_THE_LARGEST_PID}|{start}"
