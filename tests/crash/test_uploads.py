"""kill -9 of the server during an upload: nothing half-written, and the file can be sent again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from faxcloud.services.sample.export import write_sample
from tests.live_store import opened, stored_rows, stray_files
from tests.waiting import wait_until

pytestmark = pytest.mark.crash

ROOT = Path(__file__).parents[2]
CAMPAIGN = "CAMPAIGN" in os.environ
ROWS = 120_000 if CAMPAIGN else 20_000
DELAYS_S = (0.0, 0.15, 0.4, 0.7) if CAMPAIGN else (0.0, 0.4)
"""From the moment when the process of the import has begun; it takes about a second."""

WAIT_S = 180


class Running:
    """A server in a process of its own."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "tests.crash.uploading", str(home)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def imports(self) -> list[psutil.Process]:
        """Its children that import."""
        children = psutil.Process(self.process.pid).children()
        return [each for each in children if "faxcloud.import_job" in each.cmdline()]

    def kill(self) -> None:
        """kill -9; then wait until what it has started is gone too."""
        children = self.imports()
        self.process.kill()
        self.process.communicate()
        _, alive = psutil.wait_procs(children, WAIT_S)
        assert not alive, "an import outlives its server"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_sample(tmp_path_factory.mktemp("exports") / "large.csv", ROWS).path.read_bytes()


def assert_can_be_sent_again(home: Path, export: bytes, key: str) -> None:
    """Whatever the killed server had done, the store is whole, and then holds every row once."""
    with opened(home) as services:
        services.uploads.sweep()
        reports = services.reports.list()
        assert [report["state"] for report in reports] in ([], ["ready"])
        assert len(stored_rows(home)) == ROWS * len(reports)
        assert stray_files(home) == []
        assert not list(services.settings.uploads_folder.glob("*"))
    server = Running(home)
    try:
        headers = {"Idempotency-Key": key}
        answer = httpx.post(f"{server.url}/api/v3/reports", content=export, headers=headers, timeout=WAIT_S)
        if reports:  # it was killed between the end of the import and the answer
            assert (answer.status_code, answer.json()["report_id"]) == (409, reports[0]["report_id"])
        else:
            assert (answer.status_code, answer.json()["imported"]) == (201, ROWS)
        assert len(stored_rows(home)) == ROWS
    finally:
        server.kill()


@pytest.mark.parametrize("delay_s", DELAYS_S)
def test_a_server_killed_while_it_imports_leaves_nothing_half_done(
    delay_s: float, tmp_path: Path, export: bytes
):
    home = tmp_path / "store"
    server = Running(home)

    def post() -> None:
        try:
            headers = {"Idempotency-Key": "the-upload"}
            httpx.post(f"{server.url}/api/v3/reports", content=export, headers=headers, timeout=WAIT_S)
        except httpx.TransportError:
            pass  # killed, as it was meant to be

    sending = threading.Thread(target=post)
    sending.start()
    try:
        wait_until(server.imports)
        time.sleep(delay_s)
    finally:
        server.kill()
        sending.join()
    assert_can_be_sent_again(home, export, "the-upload")


def test_a_server_killed_while_it_receives_leaves_a_part_that_the_next_one_sweeps(
    tmp_path: Path, export: bytes
):
    home = tmp_path / "store"
    server = Running(home)
    address = urlsplit(server.url)
    try:
        with socket.create_connection((address.hostname, address.port)) as connection:
            head = (
                f"POST /api/v3/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(export)}\r\n\r\n"
            )
            connection.sendall(head.encode() + export[: len(export) // 2])
            wait_until(lambda: any(part.stat().st_size for part in home.glob("uploads/*/content")))
            server.kill()
    finally:
        server.process.kill()
    assert list(home.glob("uploads/*/content"))
    assert_can_be_sent_again(home, export, "another")
