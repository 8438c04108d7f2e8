"""Security headers, and the sub-path under which a proxy publishes the server.

`SecurityHeaders` adds what an answer does not set itself: Content-Security-Policy, nosniff,
Referrer-Policy, Permissions-Policy, and over TLS HSTS and Secure cookies. `SubPath` serves under the path
of FAXCLOUD_PUBLIC_URL.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

YEAR_S = 31_536_000

# Streamlit's scripts need inline code, eval and workers from blobs; nothing comes from another site.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "media-src 'self' data: blob:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "frame-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
REFUSED_FEATURES = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone",
    "midi", "payment", "usb",
)  # fmt: skip
FIXED = {
    "X-Content-Type-Options": "nosniff",
    # Addresses hold filters. `no-referrer` would have browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in REFUSED_FEATURES),
}


class SecurityHeaders:
    """ASGI middleware for security headers, the outermost.

    Args:
        framed_by: Sites that may show the pages in a frame, besides our own (FAXCLOUD_FRAME_ANCESTORS).
    """

    def __init__(self, app: ASGIApp, framed_by: Sequence[str] = ()) -> None:
        self._app = app
        self._headers = FIXED | {"Content-Security-Policy": " ".join((POLICY, *framed_by))}
        if not framed_by:
            self._headers["X-Frame-Options"] = "SAMEORIGIN"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # The access middleware has read the headers of a configured proxy already.
                if scope.get("scheme") in ("https", "wss"):
                    headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_S}")
                    message["headers"] = [_only_over_tls(field) for field in message["headers"]]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class SubPath:
    """ASGI middleware to serve under a path, such as `/fax`, whether or not the proxy strips it."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._path or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if (
            scope["path"] == self._path and scope["type"] == "http"
        ):  # relative links begin after the last slash
            await RedirectResponse(f"{self._path}/")(scope, receive, send)
            return
        if scope["path"].startswith(f"{self._path}/"):
            scope["path"] = scope["path"].removeprefix(self._path)

        async def send_under_path(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if (location := headers.get("location", "")).startswith("/"):
                    headers["location"] = self._path + location
                if "link" in headers:
                    headers["link"] = headers["link"].replace("</", f"<{self._path}/")
            await send(message)

        await self._app(scope, receive, send_under_path)


def _only_over_tls(field: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    name, value = field
    attributes = [part.strip().lower() for part in value.split(b";")]
    return (name, value + b"; Secure") if name == b"set-cookie" and b"secure" not in attributes else field
