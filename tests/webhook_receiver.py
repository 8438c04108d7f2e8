"""Webhook receiver for tests: it checks signatures with the reference library, or misbehaves."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

LOOPBACK = "127.0.0.0/8"

Behaviour = Callable[["Handler"], None]


@dataclass
class Received:
    """One request; `verified` is None while no secret is known."""

    message_id: str
    headers: dict[str, str]
    body: str
    verified: bool | None

    @property
    def message(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What came in, and what to do with what comes next.

    Attributes:
        behaviours: One for each request to come, then `otherwise`.
        port: Of 127.0.0.1.
    """

    port: int
    secret: str | None = None
    behaviours: list[Behaviour] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    otherwise: Behaviour = field(default_factory=lambda: status(204))
    _came: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [request.message_id for request in self.received]

    def wait_for(self, count: int, timeout_s: float = 30) -> list[Received]:
        """Until that many requests came in."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.received) >= count, timeout_s), self.received
            return list(self.received)

    def take(self, handler: Handler) -> Behaviour:
        body = handler.rfile.read(int(handler.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._came:
            self.received.append(
                Received(headers["webhook-id"], headers, body, self._verified(body, headers))
            )
            self._came.notify_all()
            return self.behaviours.pop(0) if self.behaviours else self.otherwise

    def _verified(self, body: str, headers: dict[str, str]) -> bool | None:
        if self.secret is None:
            return None
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            return False
        return True


class Handler(BaseHTTPRequestHandler):
    """Hands everything to the receiver of its server."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        behaviour = self.server.receiver.take(self)
        with contextlib.suppress(OSError):  # the sender does not stay to the end of a huge answer
            behaviour(self)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the library's
        pass


def status(code: int, **headers: str) -> Behaviour:
    """Answer with a status and no body."""

    def answer(handler: Handler) -> None:
        handler.send_response(code)
        for name, value in {**headers, "Content-Length": "0"}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


def hang(handler: Handler) -> None:
    """Answer nothing until the test is over."""
    handler.server.receiver.released.wait(60)
    handler.close_connection = True


def trickle(handler: Handler) -> None:
    """Send the head of an answer that never ends, a byte at a time."""
    released = handler.server.receiver.released
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not released.wait(0.05):
        handler.wfile.write(b"a")
        handler.wfile.flush()
    handler.close_connection = True


def die(handler: Handler) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def flood(handler: Handler) -> None:
    """Answer with a body without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not handler.server.receiver.released.is_set():
        handler.wfile.write(b"100000\r\n" + b"a" * 0x100000 + b"\r\n")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    receiver: Receiver


@contextlib.contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver on a free port; by HTTPS with a context."""
    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        receiver = server.receiver = Receiver(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.released.set()
            server.shutdown()
            thread.join()
