"""Real server of an ASGI application, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

GRACE_S, PATIENCE_S = 10, 60


@contextmanager
def serving(app: ASGIApp, **options: Any) -> Iterator[str]:
    """Its address for as long as the block runs; a connection that does not end by itself is cut then."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, lifespan="off", log_level="critical", timeout_graceful_shutdown=GRACE_S, **options
        )
    )
    # It listens from here on: what is asked before the server runs waits in its queue.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the server does not end"
