"""Settings and services of one command."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faxcloud.wiring import Services


@contextlib.contextmanager
def services(*, to_delete: bool = False) -> Iterator[Services]:
    """Services over the store that the environment names, closed at the end.

    Args:
        to_delete: The command frees space, and has to work on a full disk.

    Raises:
        SettingUnknown, SettingInvalid: the environment.
        StoreError: the store cannot be opened.
    """
    # Late: pydantic, DuckDB, Arrow and SQLAlchemy take a second that --help should not wait for.
    from faxcloud.config import load_settings

    settings = load_settings()
    from faxcloud.wiring import build

    with for_the_audit_log(), contextlib.closing(build(settings, to_delete=to_delete)) as built:
        yield built


@contextlib.contextmanager
def for_the_audit_log() -> Iterator[None]:
    """Run a block as the operating system's account that called the command."""
    from faxcloud.services.actors import Actor, acting

    try:
        account = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's number without a name
        account = "unknown"
    with acting(Actor(f"cli:{account}")):
        yield


def process_started_at() -> float:
    """Unix time at which this process started: the user also waits for Python to load the program."""
    import psutil

    return psutil.Process().create_time()
