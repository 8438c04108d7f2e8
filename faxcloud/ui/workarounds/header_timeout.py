"""Timeout for request headers (slow clients, Slowloris).

Symptom: 300 connections, each with half a request, were open after a minute, and would have stayed for ever.
uvicorn has no limit of its own (tried: 0.54), and Streamlit (1.67) starts it without a way to choose another
protocol class: it is chosen before the application is imported. So two methods of the class are wrapped.
"""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEADERS_S = 30.0
"""Seconds from a connection, or from the first byte of its next request, to the end of the request's headers.

Apache allows 20 to 40, nginx 60. Headers take one packet or two, even from a telephone.
"""


def limit_header_time(protocol: Any = AutoHTTPProtocol, limit_s: float = HEADERS_S) -> None:
    """Close connections of a uvicorn protocol class whose headers take longer than `HEADERS_S`.

    Unaffected: requests that are being answered, idle connections (uvicorn's `timeout_keep_alive`) and web
    sockets, which have a protocol of their own.
    """
    timers: dict[Any, TimerHandle] = {}
    connection_made, data_received = protocol.connection_made, protocol.data_received

    def close(connection: Any) -> None:
        del timers[connection]
        if not connection.transport.is_closing():
            connection.transport.close()

    def watch(connection: Any) -> None:
        is_awaited = connection.transport.get_protocol() is connection and (
            connection.cycle is None or connection.cycle.response_complete
        )
        if is_awaited and connection not in timers:
            timers[connection] = connection.loop.call_later(limit_s, close, connection)
        elif not is_awaited and connection in timers:
            timers.pop(connection).cancel()

    def connection_made_watched(connection: Any, transport: Any) -> None:
        connection_made(connection, transport)
        watch(connection)

    def data_received_watched(connection: Any, data: bytes) -> None:
        data_received(connection, data)
        watch(connection)

    protocol.connection_made, protocol.data_received = connection_made_watched, data_received_watched
