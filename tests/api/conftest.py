"""API server fixture: a store with one report of 400 generated faxes, for tests that only read."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.serving import Server, served, with_sample


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("api") / "store"
    with_sample(home)
    with served(home) as running:
        yield running


@pytest.fixture
def api(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def report_id(server: Server) -> str:
    return str(server.services.reports.list()[0]["report_id"])
