"""Default actor of tests that set none: `current_actor()` raises without one."""

from collections.abc import Iterator

import pytest

from faxcloud.services.actors import SYSTEM, acting


@pytest.fixture(scope="session", autouse=True)
def _acting_as_system() -> Iterator[None]:
    # In this thread only: threads and processes that the product starts have to set their own.
    with acting(SYSTEM):
        yield
