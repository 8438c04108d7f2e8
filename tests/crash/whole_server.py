"""Complete server in a separate process, started as users start it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import httpx
import psutil

from tests.api.serving import NO_TLS

ROOT = Path(__file__).parents[2]
ADMIN_KEY = "an-administrator-of-the-tests"
ADMIN = {"X-API-Key": ADMIN_KEY}
WAIT_S = 180


class WholeServer:
    """`streamlit run` over a store; it is closed: `ADMIN` is the key that opens it."""

    def __init__(self, home: Path, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FAXCLOUD_")}
        ours = {"FAXCLOUD_HOME": str(home), "FAXCLOUD_ADMIN_KEY": ADMIN_KEY, "PYTHONUNBUFFERED": "1"}
        self.url = f"http://127.0.0.1:{port}"
        self.log = home.with_name(f"{home.name}-{port}.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)],
                cwd=ROOT,
                env=kept | ours | settings,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        # It prints its address once it listens, and nothing more.
        assert any(str(port).encode() in line for line in self._said()), self.log.read_text("utf-8")

    def _said(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One request, by the administrator unless the headers say otherwise."""
        return httpx.request(
            method, self.url + path, verify=NO_TLS, **{"headers": ADMIN, "timeout": WAIT_S, **request}
        )

    def imports(self) -> list[psutil.Process]:
        """Its children that import."""
        children = psutil.Process(self.process.pid).children()
        return [each for each in children if "faxcloud.import_job" in each.cmdline()]

    def kill(self) -> None:
        """kill -9; then wait until what it has started is gone too. Once is enough."""
        if self._said().closed:
            return
        children = self.imports() if self.process.poll() is None else []
        self.process.kill()
        self.process.communicate()
        _, alive = psutil.wait_procs(children, WAIT_S)
        assert not alive, "an import outlives its server"
