"""nginx with TLS on free ports, in front of a server under test."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
WAIT_S = 20

CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
{servers}
}}
"""


@contextmanager
def nginx(folder: Path, *locations: str) -> Iterator[list[str]]:
    """The addresses of a server for each of the `location` blocks; the certificate is signed by itself."""
    if NGINX is None or shutil.which("openssl") is None:
        pytest.skip("nginx or openssl not found: what a proxy does is not tested")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-keyout", folder / "key.pem",
         "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    with contextlib.ExitStack() as probes:
        sockets = [probes.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in locations]
        ports = [each.getsockname()[1] for each in sockets]
    servers = "".join(
        f"server {{ listen 127.0.0.1:{port} ssl; {location} }}"
        for port, location in zip(ports, locations, strict=True)
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, servers=servers))
    process = subprocess.Popen([NGINX, "-c", configuration, "-e", folder / "error.log", "-p", folder])
    try:
        _wait_for(ports[-1], process, folder / "error.log")
        yield [f"https://127.0.0.1:{port}" for port in ports]
    finally:
        process.terminate()
        process.wait(WAIT_S)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + WAIT_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(log.read_text("utf-8") if log.exists() else "nginx does not start")
