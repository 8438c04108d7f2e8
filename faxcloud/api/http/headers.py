"""Middleware for all API responses: headers, compression, HEAD, limits of URL and body length."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faxcloud.api.http.compression import LEAST_BYTES, compressed, takes_gzip
from faxcloud.api.http.problems import HeadIsDone, problem_response

LONGEST_ADDRESS = 16_384
"""Bytes of path and query: a filter of 200 characters in each parameter, escaped, is a fifth of it."""

LARGEST_BODY_BYTES = 1 << 20
"""Maximum size of a JSON document."""

UPLOADS = "/v3/reports"
"""Endpoint with bodies of any size: they are streamed to the disk."""

LARGE_BYTES = 100_000
"""Compression of larger bodies takes milliseconds and is done in a thread, not on the event loop."""

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
)


class CommonHeaders:
    """ASGI middleware around all other parts of the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        outgoing = _Outgoing(send, is_head=is_head, gzip=takes_gzip(_accepted(scope)))
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
            answer = problem_response(
                414,
                "request.address_too_long",
                "Address too long",
                f"The address has more than {LONGEST_ADDRESS} bytes.",
                "Leave filters out, or shorten them.",
            )
            await answer(scope, receive, outgoing.send)
            return
        try:
            takes_any = scope["path"].removeprefix(scope.get("root_path", "")) == UPLOADS
            taken = receive if takes_any else _limited(receive)
            await self._app({**scope, "method": "GET"} if is_head else scope, taken, outgoing.send)
        except HeadIsDone:
            return


def _limited(receive: Receive) -> Receive:
    """Body of a request, with an error beyond the size limit."""
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY_BYTES:
            raise HTTPException(413, f"The body has more than {LARGEST_BODY_BYTES} bytes.")
        return message

    return limited


class _Outgoing:
    """One response in progress."""

    def __init__(self, send: Send, *, is_head: bool, gzip: bool) -> None:
        self._send = send
        self._is_head = is_head
        self._gzip = gzip
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            set_already = {name for name, _ in message["headers"]}
            missing = (pair for pair in HEADERS if pair[0] not in set_already)
            message["headers"] = [*message["headers"], *missing]
            if self._gzip and not self._is_head and _is_plain_document(message):
                self._start = message
            else:
                await self._send(message)
            return
        if self._is_head:
            await self._send({"type": "http.response.body", "body": b""})
            raise HeadIsDone
        if self._start is not None:
            start, self._start = self._start, None
            if len(message.get("body", b"")) >= LEAST_BYTES and not message.get("more_body"):
                message = await _gzipped(start, message)
            await self._send(start)
        await self._send(message)


async def _gzipped(start: Message, message: Message) -> Message:
    """Gzip of the body, with its headers adjusted."""
    body: bytes = message["body"]
    small = await run_in_threadpool(compressed, body) if len(body) > LARGE_BYTES else compressed(body)
    headers = MutableHeaders(raw=start["headers"])
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(small))
    headers.add_vary_header("Accept-Encoding")
    start["headers"] = headers.raw
    return {**message, "body": small}


def _is_plain_document(message: Message) -> bool:
    headers = Headers(raw=message["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    is_text = kind.endswith("json") or kind.startswith("text/")
    return is_text and "content-encoding" not in headers and "content-disposition" not in headers


def _accepted(scope: Scope) -> str:
    return next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-encoding"), ""
    )
