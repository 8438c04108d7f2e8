"""The state of the store and the machine, and of a server that answers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from faxcloud.config import Settings
from faxcloud.services.sample import sample_path
from faxcloud.wiring import Services, build


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = build(Settings(home=tmp_path / "store"))
    yield opened
    opened.close()


class Healthy(BaseHTTPRequestHandler):
    """Answers as Streamlit does."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_stcore/health" else 404)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


def test_a_server_that_answers_is_named_with_its_uptime(services: Services) -> None:
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        status = services.status.report(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert status["server"]["pid"] == os.getpid()
    assert status["server"]["uptime_seconds"] > 0


def test_no_server_is_none(services: Services) -> None:
    unused = HTTPServer(("127.0.0.1", 0), Healthy)
    unused.server_close()
    assert services.status.report(f"http://127.0.0.1:{unused.server_port}")["server"] is None


def test_an_empty_store_has_no_compliance_rather_than_zero(services: Services) -> None:
    status = services.status.report()
    assert (status["reports"], status["faxes"], status["compliance_rate"]) == (0, 0, None)


def test_the_store_is_measured(services: Services) -> None:
    services.imports.import_file(sample_path())
    status = services.status.report()
    assert (status["reports"], status["faxes"], status["invalid"]) == (1, 4800, 174)
    assert status["store"]["lake_files"] >= 1
    assert status["store"]["lake_bytes"] > 50_000
    assert status["system"]["memory_mb"] > 10
