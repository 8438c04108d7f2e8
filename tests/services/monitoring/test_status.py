"""Status of the store, the machine and a running server."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from faxcloud.config import Settings
from faxcloud.services.sample.export import sample_path
from faxcloud.wiring import Services, build


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = build(Settings(home=tmp_path / "store"))
    yield opened
    opened.close()


class Healthy(BaseHTTPRequestHandler):
    """Answers as Streamlit does, and no API."""

    health: tuple[int, bytes] = 404, b""

    def do_GET(self) -> None:
        status, body = (200, b"ok") if self.path == "/_stcore/health" else self.health
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


def server_of(services: Services, handler: type[Healthy]) -> dict[str, Any]:
    """What `status` knows of a server that answers so."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        found: dict[str, Any] = services.status.report(f"http://127.0.0.1:{server.server_port}")["server"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    return found


def test_a_server_that_answers_is_named_with_its_uptime(services: Services) -> None:
    server = server_of(services, Healthy)
    assert server["pid"] == os.getpid()
    assert server["uptime_seconds"] > 0
    assert (server["status"], server["version"]) == (None, None)


@pytest.mark.parametrize(("code", "state"), [(200, "degraded"), (503, "unhealthy")])
def test_a_server_tells_its_health(services: Services, code: int, state: str) -> None:
    class Telling(Healthy):
        health = code, json.dumps({"status": state, "version": "3.0", "checks": {}}).encode()

    server = server_of(services, Telling)
    assert (server["status"], server["version"]) == (state, "3.0")


def test_an_answer_that_is_no_health_is_not_believed(services: Services) -> None:
    class Odd(Healthy):
        health = 200, b"<html>"

    assert server_of(services, Odd)["status"] is None


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
