"""Connections whose request headers take too long, on a real server with a short limit."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.sync.client import connect

from faxcloud.ui.workarounds.header_timeout import limit_header_time
from tests.live_server import serving

LIMIT_S = 0.2
REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers a body, or the first message of a web socket, once it has come."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": (await receive())["text"]})
        await receive()
        return
    body = b""
    while len(body) < 2:
        body += (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module", params=[HttpToolsProtocol, H11Protocol])
def address(request: pytest.FixtureRequest) -> Any:
    class Limited(request.param):  # type: ignore[misc,name-defined]
        """The class itself stays as it is for other tests."""

    limit_header_time(Limited, LIMIT_S)
    with serving(echo, http=Limited) as url:
        yield urlsplit(url)


def opened(address: Any, sent: bytes) -> socket.socket:
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.sendall(sent)
    return connection


def pass_the_limit(address: Any) -> None:
    """A connection that was opened later than others is closed."""
    with opened(address, b"") as later:
        assert later.recv(1) == b""


@pytest.mark.parametrize("sent", [b"", REQUEST[:-2]], ids=["nothing", "half a request"])
def test_a_connection_without_complete_headers_is_closed(address: Any, sent: bytes) -> None:
    with opened(address, sent) as connection:
        assert connection.recv(1) == b""


def test_headers_that_come_line_by_line_get_no_more_time(address: Any) -> None:
    with opened(address, REQUEST[:-2]) as connection:
        connection.settimeout(LIMIT_S / 4)
        for _ in range(200):
            try:
                connection.sendall(b"X: y\r\n")
                assert connection.recv(1) == b""
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("still open")


def test_bodies_that_take_longer_and_idle_connections_stay(address: Any) -> None:
    with opened(address, REQUEST) as connection:
        for answer in (b"ok", b"hi"):
            pass_the_limit(address)
            connection.sendall(answer)
            assert connection.recv(1000).endswith(answer)
            pass_the_limit(address)
            connection.sendall(REQUEST)
        connection.sendall(b"no")
        assert connection.recv(1000).endswith(b"no")
        connection.sendall(REQUEST[:-2])
        assert connection.recv(1) == b""


def test_web_sockets_stay(address: Any) -> None:
    with connect(f"ws://{address.netloc}/") as stream:
        pass_the_limit(address)
        stream.send("ok")
        assert stream.recv(timeout=30) == "ok"


def test_the_server_of_the_pages_limits_the_time_of_headers(tmp_path: Path) -> None:
    program = """
from uvicorn.protocols.http.auto import AutoHTTPProtocol
import streamlit_app
assert AutoHTTPProtocol.data_received.__module__ == "faxcloud.ui.workarounds.header_timeout"
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env={"FAXCLOUD_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
