"""Parts of the server that are loaded when they are first asked for.

Importing the API, the databases and the door takes a second. A browser uses it to load the pages' scripts.
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
"""What a page consists of before it has any data, besides its scripts: the same for everybody."""


class Late:
    """An application that is made at the first request, or when `load` is called. Safe for threads."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._app: ASGIApp | None = None

    def load(self) -> ASGIApp:
        """The application; made at the first call."""
        with self._lock:
            app = self._app
            if app is None:
                app = self._app = self._make()
            return app

    @property
    def is_loaded(self) -> bool:
        """Whether requests are answered without waiting for it."""
        return self._app is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if app is None:
            app = await run_in_threadpool(self.load)
        await app(scope, receive, send)


class LateDoor:
    """A middleware (`AccessMiddleware`), made at the first request for anything but a page's empty shell.

    Args:
        make: Gives the middleware around an application.
        shell_first: Let the shell in before it is known whether anybody needs a key.
    """

    def __init__(self, app: ASGIApp, make: Callable[[ASGIApp], ASGIApp], *, shell_first: bool) -> None:
        self._app = app
        self._door = Late(lambda: make(app))
        self._shell_first = shell_first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif self._shell_first and not self._door.is_loaded and _is_shell(scope):
            with acting(nobody("")):
                await self._app(scope, receive, send)
        else:
            await self._door(scope, receive, send)


def _is_shell(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    return scope["path"] in SHELL or scope["path"].startswith("/static/")


def mounted(api: ASGIApp) -> Mount:
    """The application under `/api`; Starlette's own mount overlooks paths with a line break."""
    mount = Mount("/api", api)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount
