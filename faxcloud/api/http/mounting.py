"""Lazy loading: parts of the server that are imported at the first request for them.

Importing the API, the databases and the access check takes a second, in which a browser loads scripts.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from faxcloud.services.actors import acting, nobody

SHELL = frozenset(("/", "/favicon.png", "/manifest.json", "/_stcore/health", "/_stcore/host-config"))
"""Paths of a page's static HTML and icons, besides its scripts: the same for everybody."""


class LazyApp:
    """ASGI application built at the first request, or by `load`. Thread-safe."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._app: ASGIApp | None = None

    def load(self) -> ASGIApp:
        """The application, built at the first call."""
        with self._lock:
            app = self._app
            if app is None:
                app = self._app = self._make()
            return app

    @property
    def is_loaded(self) -> bool:
        """Whether requests are answered without waiting for the import."""
        return self._app is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if app is None:
            app = await run_in_threadpool(self.load)
        await app(scope, receive, send)


class LazyAccess:
    """Middleware (`AccessMiddleware`) built at the first request.

    A request for a page's empty HTML may pass before that.

    Args:
        make: Builds the middleware around an application.
        html_first: Serve a page's empty HTML before it is known whether a key is needed.
    """

    def __init__(self, app: ASGIApp, make: Callable[[ASGIApp], ASGIApp], *, html_first: bool) -> None:
        self._app = app
        self._access = LazyApp(lambda: make(app))
        self._shell_first = html_first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif self._shell_first and not self._access.is_loaded and _is_plain_html(scope):
            with acting(nobody("")):
                await self._app(scope, receive, send)
        else:
            await self._access(scope, receive, send)


def _is_plain_html(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    return scope["path"] in SHELL or scope["path"].startswith("/static/")


def mounted(api: ASGIApp) -> Mount:
    """Application under `/api`; Starlette's own mount ignores paths with a line break."""
    mount = Mount("/api", api)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount
