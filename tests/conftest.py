"""Fixtures of all tests: the default actor, another process on the same store."""

from collections.abc import Iterator

import pytest

from faxcloud.services.actors import SYSTEM, acting
from tests.other_process import OtherProcess, other_process


@pytest.fixture(scope="session", autouse=True)
def _acting_as_system() -> Iterator[None]:
    # `current_actor()` raises without one.
    # In this thread only: threads and processes that the product starts have to set their own.
    with acting(SYSTEM):
        yield


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[OtherProcess]:
    """A process of its own that runs commands."""
    with other_process() as process:
        yield process
